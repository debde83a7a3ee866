"""A case in other hands, in a browser: covered, handed over, and settled when somebody leaves."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from alliance.models import CaseOffer, Episode
from ratings.check_in.actions import mark_read
from tests.factories import days_ago, editor_of, local_day, make_episode, make_member


@pytest.fixture
def house(live_server, settings, dana, sam, juniper, live_through):
    """Three open cases of Dana's: Juniper's came down, with comments."""
    settings.BASE_URL = live_server.url
    live_through(juniper, [3, 3, 4, 3, 3, 1], comment="I was not sure what the sheet was for.")
    live_through(make_episode(dana, "Bramble", starts_at=days_ago(90)), [3, 3])
    live_through(make_episode(dana, "Heron", starts_at=days_ago(80)), [3])
    for episode in dana.episodes.all():
        mark_read(editor=editor_of(episode))


def test_a_case_is_covered(page, live_server, house, juniper, dana, noor, sign_in, look):
    """From the case to the colleague's: by mouse, with the errors on the way."""
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[juniper.code]))
    page.get_by_role("link", name="Have it covered").click()
    look("case-cover")
    page.get_by_role("button", name="Arrange the cover").click()
    expect(page).to_have_title(re.compile("^Error:"))
    look("case-cover-error")
    page.get_by_label("Colleague").select_option("Noor Haddad")
    page.get_by_label("Last day").fill((local_day() + timedelta(days=9)).isoformat())
    page.get_by_role("button", name="Arrange the cover").click()
    assert "Noor Haddad" in page.get_by_role("listitem").filter(has_text="this case").inner_text()
    look("case-cover-arranged")
    sign_in(noor)
    page.goto(live_server.url + reverse("ratings:cases"))
    look("cases-covering")
    page.get_by_role("link", name="Juniper").click()
    assert page.get_by_text("You cover for them").is_visible()
    look("case-covering")


def test_somebody_leaves_and_three_cases_find_hands(page, live_server, house, dana, noor, mona, sign_in, look):
    """Hand over, cover, end: by code, with the error of a case that was left out; and what goes along."""
    make_episode(make_member(mona.practice, "Lou Novak", ends_at=timezone.now() - timedelta(days=1)), "Rowan")
    sign_in(mona)
    page.goto(live_server.url + reverse("alliance:people"))
    page.get_by_role("link", name="Change Dana Whitlock").click()
    look("member")
    page.get_by_role("link", name="Remove access of Dana Whitlock").click()
    look("member-end")
    choices = page.get_by_role("combobox")
    assert choices.count() == 3
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_title(re.compile("^Error:"))
    look("member-end-error")
    choices.nth(0).select_option("Hand over to Noor Haddad")
    choices.nth(1).select_option("Cover by Noor Haddad")
    choices.nth(2).select_option("End the therapy")
    page.get_by_label("Last day of each cover").fill((local_day() + timedelta(days=20)).isoformat())
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Dana Whitlock no longer has access.").wait_for()
    look("people-left")
    page.get_by_role("link", name="Find somebody for them").click()
    look("cases-settle")
    assert page.get_by_text("offered to Noor Haddad, not accepted yet").count() == 2
    for case in Episode.objects.filter(ends_at__isnull=True, offers__isnull=True):
        page.get_by_label(f"What happens to case {str(case.code)[:8]}").select_option("End the therapy")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("2 open cases need somebody.").wait_for()
    sign_in(noor)
    page.goto(live_server.url + reverse("alliance:asked"))
    look("asked-cases")
    assert not page.get_by_role("button", name="Accept").count(), "before a day has passed"
    CaseOffer.objects.update(opens_at=days_ago(0.001))
    for words in ("To take over", "To cover"):
        page.goto(live_server.url + reverse("alliance:asked"))
        page.get_by_role("listitem").filter(has_text=words).get_by_role("button", name="Accept").click()
        page.get_by_text("You have taken the case on.").wait_for()
    following = Episode.objects.get(previous__isnull=False)
    page.goto(live_server.url + reverse("ratings:case", args=[following.code]))
    page.get_by_role("link", name="The therapy before").click()
    look("case-earlier-nothing")
    page.get_by_label("Everything, with comments and goals").check()
    page.get_by_role("button", name="Save what the client said").click()
    page.get_by_text("Saved.").first.wait_for()
    look("case-earlier")


def test_a_case_is_handed_over(page, live_server, house, juniper, dana, noor, sign_in, look):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[juniper.code]))
    page.get_by_role("link", name="Hand over").click()
    look("case-hand-over")
    page.get_by_role("button", name="Hand over now").click()
    expect(page).to_have_title(re.compile("^Error:"))
    look("case-hand-over-error")
    page.get_by_label("Colleague").select_option("Noor Haddad")
    page.get_by_role("button", name="Hand over now").click()
    page.get_by_text("Handed over. You can read the case under Ended.").wait_for()
    look("case-handed-over")
