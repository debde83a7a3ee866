"""A practice of one: what nobody read in a case that is out of sight is read in a new one, in a browser."""

from django.urls import reverse

from alliance.models import Episode, Membership
from tests.factories import days_ago


def test_what_waits_in_an_old_case_is_read_in_a_new_case_of_yours(
    page, live_server, settings, dana, juniper, live_through, sign_in, look
):
    settings.BASE_URL = live_server.url
    live_through(juniper, [3, 3, 1], comment="A nightingale sang.", bring_up="gently")
    Membership.objects.filter(pk=dana.pk).update(is_manager=True)
    days = juniper.client.practice.ended_visible_days
    ended = {"starts_at": days_ago(days + 90), "ends_at": days_ago(days + 1), "end_reason": "completed"}
    Episode.objects.filter(pk=juniper.pk).update(**ended)
    sign_in(dana)
    page.goto(live_server.url + reverse("alliance:people"))
    look("people-read-by-nobody")
    page.goto(live_server.url + reverse("ratings:cases-settle", args=[dana.practice.code]))
    look("cases-settle-own")
    page.get_by_label("What happens to case").select_option("Read it in a new case of yours")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    look("cases-settled-own")
    following = Episode.objects.get(previous=juniper)
    page.goto(live_server.url + reverse("ratings:today"))
    look("today-read-before")
    page.goto(live_server.url + reverse("ratings:case-earlier", args=[following.code]))
    assert page.get_by_text("A nightingale sang.").first.is_visible()
    look("case-earlier-own")
