"""A therapist's flows from Today, counted in clicks and keys: by mouse, by keyboard, and without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.detection.reassess import reassess
from ratings.models import Rating
from sessions.models import PrivateNote, TherapySession
from tests.courses import consent
from tests.e2e.conftest import photograph
from tests.factories import days_ago, make_episode, make_therapy_session

MOST_CLICKS = 6  # to log a session
ONLY_TASKS = [3, 3, 0, 1, 3, 3]


@pytest.fixture
def short_form(millrace, instruments):
    millrace.therapist_form = "three"
    millrace.save()


@pytest.fixture
def at_noon(millrace):
    """The practice is where it is noon now, so that what is today does not follow the hour of the run."""
    hours = 12 - timezone.now().hour
    millrace.zone = f"Etc/GMT{-hours:+d}" if hours else "UTC"  # the signs of these zones are turned
    millrace.save()


@pytest.fixture
def planned(dana, live_through, short_form, at_noon):
    """A session of Juniper's that ended a moment ago, and is not logged."""
    juniper = make_episode(dana, "Juniper")
    consent(juniper.client)
    reassess(juniper)
    at = timezone.now() - timedelta(minutes=55)
    return make_therapy_session(juniper, starts_at=at, ends_at=at + timedelta(minutes=50), mode="phone")


class Hand:
    """Counts the clicks on a page."""

    def __init__(self, page):
        self.page, self.clicks = page, 0

    def click(self, locator):
        self.clicks += 1
        locator.click()

    def answer(self, *digits):
        for question, digit in zip(self.page.locator("[data-digits]").all(), digits, strict=True):
            self.click(question.locator("label").nth(digit - 1))


def log_by_hand(page, open_log):
    hand = Hand(page)
    hand.click(open_log)
    hand.answer(4, 3, 5)
    hand.click(page.locator(".pick label", has_text="Nothing"))
    hand.click(page.get_by_role("button", name="Save"))
    page.wait_for_url("**/today/")
    return hand.clicks


def is_logged_with(planned, goal, task, bond):
    planned.refresh_from_db()
    rating = Rating.objects.current().get(therapy_session=planned)
    scores = (rating.goal_pomp, rating.task_pomp, rating.bond_pomp)
    return (planned.attendance, planned.mode, scores) == ("attended", "phone", (goal, task, bond))


@pytest.mark.parametrize("script", [True, False])
def test_a_planned_session_is_logged_in_six_clicks_and_undone_in_one(
    script, page, plain, live_server, planned, dana, sign_in
):
    sign_in(dana)
    page = page if script else plain
    page.goto(live_server.url + "/today/")
    assert log_by_hand(page, page.get_by_role("link", name="Log Juniper")) <= MOST_CLICKS
    assert page.url == live_server.url + "/today/"
    assert is_logged_with(planned, 75, 50, 100)
    notice = page.get_by_role("status")
    assert "Juniper, session 1, attended." in notice.inner_text()
    box = notice.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 200, "in sight, first thing under the bar"
    notice.get_by_role("button", name="Undo").click()
    planned.refresh_from_db()
    assert planned.attendance == "planned"
    assert page.get_by_role("link", name="Log Juniper").count() == 1


LOG_SECONDS = 20  # what a log may take


def estimated_seconds(*, keys, decisions):
    """How long somebody who knows the page takes, by the keystroke-level model of Card, Moran & Newell (1980).

    A key of an average typist takes .28 s, getting ready for a step 1.35 s. Here each step but the way to the link is
    one. The time to read a page for the first time, and to think about a client, is not in it.
    """
    return 0.28 * keys + 1.35 * decisions


def test_a_planned_session_is_logged_by_keyboard(page, live_server, planned, dana, sign_in, complaints):
    heard = complaints(page)
    sign_in(dana)
    page.goto(live_server.url + "/today/")
    tabs = 0
    while page.evaluate("document.activeElement.textContent.trim()") != page.get_by_role(
        "link", name="Log Juniper"
    ).evaluate("link => link.textContent.trim()"):
        page.keyboard.press("Tab")
        tabs += 1
        assert tabs < 20, "the link to the log is not among the first things on the page"
    keys = ["Enter", "4", "3", "5", "Space", "Enter"]
    assert estimated_seconds(keys=tabs + len(keys), decisions=len(keys)) <= LOG_SECONDS
    for key in keys:
        if key == "4":
            page.wait_for_url("**/log/")
        page.keyboard.press(key)
    page.wait_for_url(live_server.url + "/today/")
    assert is_logged_with(planned, 75, 50, 100)
    assert Rating.objects.get(therapy_session=planned).noticed == "nothing"
    assert heard == []


def test_the_digits_are_digits_where_somebody_writes(page, live_server, planned, dana, sign_in):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:planned-session-log", args=[planned.code]))
    page.get_by_label("Private note").press_sequentially("2 of 3")
    assert page.get_by_label("Private note").input_value() == "2 of 3"
    assert page.locator("[data-digits] :checked").count() == 0


def test_a_session_that_was_not_planned_is_logged_from_its_case(page, live_server, planned, dana, sign_in):
    sorrel = make_episode(dana, "Sorrel")
    before = days_ago(8)
    make_therapy_session(sorrel, starts_at=before, attendance="attended", logged_at=before)
    reassess(sorrel)
    sign_in(dana)
    TherapySession.objects.filter(pk=planned.pk).delete()
    page.goto(live_server.url + reverse("ratings:case", args=[sorrel.code]))
    assert log_by_hand(page, page.get_by_role("link", name="Log session")) <= MOST_CLICKS
    row = TherapySession.objects.latest("starts_at")
    assert row.starts_at - before.replace(second=0, microsecond=0) == timedelta(days=7), "the usual slot"
    assert "Sorrel, session 2, attended." in page.get_by_role("status").inner_text()


@pytest.mark.parametrize("script", [True, False])
def test_who_did_not_come_folds_the_sentences_away_and_keeps_the_note(
    script, page, plain, live_server, planned, dana, sign_in
):
    sign_in(dana)
    page = page if script else plain
    page.goto(live_server.url + reverse("ratings:planned-session-log", args=[planned.code]))
    Hand(page).answer(1, 1, 1)
    page.locator(".pick label", has_text="No-show").click()
    assert not page.locator("[data-digits]").first.is_visible()
    page.get_by_label("Private note").fill("Rang from the train.")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/today/")
    planned.refresh_from_db()
    assert (planned.attendance, planned.ratings.count()) == ("no_show", 0)
    note = PrivateNote.objects.get(therapy_session=planned)
    assert note.text.open(planned.episode.client.data_key) == "Rang from the train."


def test_the_log_fits_one_screen(page, live_server, planned, dana, sign_in, look):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:planned-session-log", args=[planned.code]))
    page.set_viewport_size({"width": 1280, "height": 720})
    save = page.get_by_role("button", name="Save")
    assert save.bounding_box()["y"] + save.bounding_box()["height"] <= 720
    page.set_viewport_size({"width": 360, "height": 640})
    assert save.bounding_box()["y"] + save.bounding_box()["height"] <= 640, "it sticks to the bottom of a phone"
    look("log")
    page.get_by_text("Change").click()
    page.get_by_label("Day").fill("2031-01-01")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Day").is_visible(), "what is wrong does not stay folded"
    look("log-error")


# --- Today ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def full_day(dana, live_through, at_noon):
    """A day with something in every list."""
    now = timezone.now()

    def plan(episode, **ahead):
        at = now + timedelta(**ahead)
        return make_therapy_session(episode, starts_at=at, ends_at=at + timedelta(minutes=50))

    juniper, fern, rowan, vetch = (make_episode(dana, name) for name in ("Juniper", "Fern", "Rowan", "Vetch"))
    live_through(juniper, [3, 3, 3, 3, ONLY_TASKS, ONLY_TASKS], bring_up="gently")
    live_through(fern, [3, 3, 3, 3, 0, 0], tension=True, tension_talked_about=False)
    live_through(rowan, [3, 3, None, None])
    live_through(vetch, [3, 3], comment="The breathing before the call did help. I still hung up first.")
    for episode, ahead in ((juniper, {"minutes": 40}), (vetch, {"minutes": 100}), (fern, {"days": 2})):
        plan(episode, **ahead)
    TherapySession.objects.filter(logged_at__isnull=False).update(logged_at=days_ago(2))
    return plan(rowan, days=-1)


def test_the_reason_is_on_the_first_screen(page, live_server, dana, full_day, sign_in, look, complaints):
    heard = complaints(page)
    sign_in(dana)
    for size in ({"width": 1280, "height": 720}, {"width": 360, "height": 640}):
        page.set_viewport_size(size)
        page.goto(live_server.url + "/today/")
        assert "Next: Juniper" in page.locator(".next-up").inner_text()
        for told in (".next-up h1", ".next-up .mark.below", ".next-up .mark.client", "#others .said"):
            box = page.locator(told).first.bounding_box()
            assert box["y"] + box["height"] <= size["height"], told
    headings = ["From other clients", "Rest of today", "Not logged", "New", "Open", "Not answered"]
    assert page.locator("h2").all_inner_texts() == headings
    look("today-full")
    assert heard == []


@pytest.mark.parametrize("script", [True, False])
def test_a_no_show_is_one_click_and_its_undo(script, page, plain, live_server, dana, full_day, sign_in):
    sign_in(dana)
    page = page if script else plain
    page.goto(live_server.url + "/today/")
    page.get_by_role("button", name=re.compile("No-show.*Rowan")).click()
    full_day.refresh_from_db()
    assert full_day.attendance == "no_show"
    assert "Rowan, no-show." in page.get_by_role("status").inner_text()
    photograph(page, "today-saved")
    page.get_by_role("button", name="Undo").click()
    full_day.refresh_from_db()
    assert full_day.attendance == "planned"
    assert "Undone." in page.get_by_role("status").inner_text()


def test_what_is_new_is_marked_in_one_click_and_a_wish_settled_in_one(page, live_server, dana, full_day, sign_in):
    sign_in(dana)
    page.goto(live_server.url + "/today/")
    names = page.locator("#new .who").all_inner_texts()
    assert list(dict.fromkeys(names))[:3] == ["Fern", "Juniper", "Vetch"]
    assert page.locator(".is-new").count() >= 3
    page.get_by_role("button", name="Mark all as seen").click()
    assert page.locator(".is-new").count() == 0
    page.get_by_role("link", name=re.compile("Start repair.*Fern")).click()
    assert page.url.startswith(live_server.url + "/ruptures/")
    page.goto(live_server.url + "/today/")
    page.get_by_role("link", name="Log session").first.click()
    page.locator(".pick label", has_text="They did").click()
    page.get_by_role("button", name="Save").click()
    assert "would like you to raise" not in page.locator(".bring").inner_text()
