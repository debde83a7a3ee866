"""The record is set right in a browser: each field, removed, brought back, under the right client."""

import re

from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.conftest import settle
from tests.e2e.test_pages import house  # noqa: F401 -- a fixture
from tests.factories import days_ago, make_episode, make_therapy_session


def page_of(live_server, therapy_session):
    return live_server.url + reverse("ratings:session-page", args=[therapy_session.code])


def test_a_session_logged_wrong_is_set_right(page, live_server, house, dana, sign_in, look):  # noqa: F811 -- the fixture
    """From the case to the session, each field corrected, removed, brought back, moved to another client."""
    flagged = house["flagged"]
    row = flagged.therapy_sessions.filter(attendance="attended").order_by("starts_at").last()
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[flagged.code]))
    page.get_by_role("link", name="All sessions").click()
    look("sessions")
    page.goto(page_of(live_server, row))
    look("session")
    for field, what, words in (
        ("Attendance", lambda: page.get_by_label("no-show").check(), "Attendance: attended, now no-show."),
        ("Attendance", lambda: page.get_by_label("attended").check(), "Attendance: no-show, now attended."),
        ("Mode", lambda: page.get_by_label("video").check(), "Mode: in person, now video."),
        ("Start", lambda: page.get_by_label("Start").fill("07:30"), "Time: "),
        ("Own rating", lambda: page.locator("input[name=goal_matters]").nth(1).check(), "now A little."),
        ("Noticed", lambda: page.get_by_label("Pushing back").check(), "now Pushing back."),
        ("Note", lambda: page.get_by_label("Private note").fill("Ask next time."), "Private note added."),
    ):
        page.get_by_role("link", name="Correct this session").click()
        what()
        page.get_by_role("button", name="Save the correction").click()
        page.wait_for_url(page_of(live_server, row))
        assert page.get_by_role("status").inner_text() == "Saved. What stood before is kept.", field
        assert words in page.inner_text("main"), field
    look("session-corrected")
    page.get_by_role("link", name="Correct this session").click()
    look("session-correct")
    page.get_by_label("Day").fill("2031-01-01")
    page.get_by_role("button", name="Save the correction").click()
    page.get_by_role("alert").wait_for()
    expect(page).to_have_title(re.compile("^Error:"))
    assert page.get_by_label("Private note").input_value() == "Ask next time."
    look("session-correct-error")
    page.goto(page_of(live_server, row))
    page.get_by_role("link", name="Remove this session from the record").click()
    look("session-remove")
    page.get_by_label("Why").fill("Logged twice.")
    page.get_by_role("button", name="Remove this session").click()
    page.wait_for_url(page_of(live_server, row))
    assert "It does not count" in page.inner_text("main")
    look("session-removed")
    page.get_by_role("button", name="Bring this session back").click()
    page.get_by_text("back on record").wait_for()
    assert "back on record" in page.get_by_role("status").inner_text()
    other = make_episode(dana, "Lapwing")
    page.get_by_role("link", name="Move it to another client").click()
    look("session-refile")
    page.get_by_label("Lapwing").check()
    page.get_by_role("button", name="Move the session").click()
    page.get_by_text("It had been logged under another client.").wait_for()
    assert page.url == page_of(live_server, other.therapy_sessions.get())
    assert "It had been logged under another client." in page.inner_text("main")
    assert "Ask next time." in page.inner_text("main")
    page.goto(page_of(live_server, row))
    assert page.get_by_role("link", name="Open it there").is_visible()


def test_pages_with_little_on_them(page, live_server, house, dana, sign_in, look):  # noqa: F811 -- the fixture
    """A list without a session, a session without answers, and answers from paper set right."""
    episode = make_episode(dana, "Lapwing")
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:session-list", args=[episode.code]))
    look("sessions-none")
    bare = make_therapy_session(episode, attendance="attended", starts_at=days_ago(2))
    page.goto(page_of(live_server, bare))
    look("session-bare")
    check_in = house["flagged"].therapy_sessions.filter(check_in__isnull=False).latest("starts_at").check_in
    check_in.ratings.filter(rater="client").update(mode="paper")
    page.goto(live_server.url + reverse("ratings:check-in-correct", args=[check_in.code]))
    look("check-in-correct")


def test_a_point_of_a_chart_opens_its_session(page, live_server, house, dana, sign_in):  # noqa: F811 -- the fixture
    """By the mouse on the point, and by keyboard on the number in the table below."""
    flagged = house["flagged"]
    case = live_server.url + reverse("ratings:case", args=[flagged.code])
    row = flagged.therapy_sessions.filter(attendance="attended").order_by("starts_at").first()
    sign_in(dana)
    page.goto(case)
    settle(page)
    point = page.locator("[data-figure]").first.locator(".scatterlayer .points path").first
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(page_of(live_server, row))
    page.goto(case)
    page.locator(".pillar summary").first.press("Enter")
    page.locator(".pillar table tbody a").first.press("Enter")
    page.wait_for_url(page_of(live_server, row))


def test_a_supervisor_reads_a_session(page, live_server, house, sam, sign_in, look):  # noqa: F811 -- the fixture
    row = house["flagged"].therapy_sessions.filter(attendance="attended").order_by("starts_at").last()
    sign_in(sam)
    page.goto(page_of(live_server, row))
    assert "You can read this case as supervisor." in page.inner_text("main")
    assert page.locator("main button, main form").count() == 0
    look("session-read-only")
