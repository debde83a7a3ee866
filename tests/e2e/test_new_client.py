"""A new client and the first link: two clicks and eight fields at most, by mouse, by keyboard, without JavaScript."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from alliance.models import Episode
from ratings.delivery.by_plan import ask_by_plan
from ratings.models import Delivery
from sessions.models import TherapySession
from tests.factories import local_day

MOST_CLICKS, MOST_FIELDS = 2, 8
FIELDS = "main form :is(input, select, textarea):not([type=hidden])"


@pytest.fixture(params=["mouse", "no script"])
def desk(request, page, plain, sign_in, dana):
    sign_in(dana)
    return page if request.param == "mouse" else plain


def fill(page):
    page.get_by_label("Name or pseudonym").fill("Heron")
    page.get_by_role("textbox", name="E-mail").fill("heron@example.org")
    page.get_by_label("The client agreed to receive e-mail.").check()
    page.get_by_label("The client agreed to answer check-ins").check()
    page.get_by_label("First session").fill((local_day() + timedelta(days=1)).isoformat())
    page.get_by_label("Start").fill("10:00")


def the_first_link_goes_out_by_itself():
    """Once the session of tomorrow is over, and nobody has done anything more."""
    planned = TherapySession.objects.select_related("episode").get()
    ended = timezone.now() - timedelta(hours=3)
    TherapySession.objects.filter(pk=planned.pk).update(starts_at=ended - timedelta(minutes=50), ends_at=ended)
    Episode.objects.filter(pk=planned.episode_id).update(starts_at=ended - timedelta(days=1))
    return ask_by_plan() == 1 and Delivery.objects.waiting().count() == 1


def test_by_mouse(desk, live_server, instruments):
    desk.goto(live_server.url + reverse("ratings:cases"))
    clicks = [desk.get_by_role("link", name="New client"), desk.get_by_role("button", name="Open the case")]
    assert len(clicks) <= MOST_CLICKS
    clicks[0].click()
    assert desk.locator(FIELDS).count() <= MOST_FIELDS
    fill(desk)
    clicks[1].click()
    desk.get_by_text("The first session is planned for").wait_for()
    assert the_first_link_goes_out_by_itself()


def test_by_keyboard(page, live_server, dana, sign_in, instruments, look):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case-create"))
    look("new-client")
    day = (local_day() + timedelta(days=1)).isoformat()
    for label, typed in (
        ("Name or pseudonym", "Heron"),
        ("First session", day),
        ("Start", "1000"),
        ("The client agreed to receive e-mail.", " "),
        ("The client agreed to answer check-ins", " "),
    ):
        page.get_by_label(label).focus()
        page.keyboard.type(typed)
    page.get_by_role("textbox", name="E-mail").focus()
    page.keyboard.type("heron@example.org")
    page.keyboard.press("Enter")
    page.get_by_text("The first session is planned for").wait_for()
    assert the_first_link_goes_out_by_itself()


def test_without_a_name_the_page_says_so_and_not_the_browser(page, live_server, dana, sign_in, instruments):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case-create"))
    page.get_by_role("button", name="Open the case").click()
    page.get_by_role("alert").get_by_role("link", name="Name or pseudonym").wait_for()


def test_a_half_typed_time_is_shown_again_with_a_sentence(desk, live_server, dana, instruments):
    """Not taken for an empty box, which would open the case without the first session."""
    desk.goto(live_server.url + reverse("ratings:case-create"))
    desk.get_by_label("Name or pseudonym").fill("Heron")
    desk.get_by_label("Start").focus()
    desk.keyboard.type("14:")
    desk.get_by_role("button", name="Open the case").click()
    desk.get_by_role("alert").get_by_role("link", name="Start: Write a time, such as 14:30 or 1430.").click()
    expect(desk.get_by_label("Start")).to_be_focused()
    assert desk.get_by_label("Start").input_value() == "14:"
    assert not Episode.objects.exists()
