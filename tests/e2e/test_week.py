"""The week in a browser: plan, move, cancel ahead, take leave; by mouse, by keyboard, and without JavaScript."""

import re
from datetime import time, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from alliance.crypto import Sealed
from ratings.week.leave import LeaveChoice, take_leave
from sessions.models import Leave, TherapySession
from tests.e2e.conftest import PHONE
from tests.factories import days_ago, make_episode, make_therapy_session
from tests.ratings.delivery.conftest import run
from tests.ratings.week.conftest import ZONE, coming

WEEK = reverse("ratings:week")


@pytest.fixture
def cases(live_server, settings, millrace, dana, instruments):
    settings.BASE_URL = live_server.url
    return [make_episode(dana, name) for name in ("Bracken", "Juniper")]


def press(page, locator):
    """Clicks without a mouse: the thing takes the focus, and Enter does the rest."""
    locator.focus()
    page.keyboard.press("Enter")


def click(page, locator):
    locator.click()


def plan_move_cancel_and_leave(page, url, do):
    """The whole way. What was planned stands in the database at the end."""
    page.goto(f"{url}{WEEK}?day={coming(1)}")
    plan = page.locator("#plan")
    plan.get_by_label("Client").select_option(label="Juniper")
    plan.get_by_label("Day").fill(coming(1).strftime("%d %b %Y"))
    plan.get_by_label("Start").fill("14:00")
    plan.get_by_label("Repeat").select_option(label="Every week")
    plan.get_by_label("How many times").fill("4")
    do(page, plan.get_by_role("button"))
    page.get_by_text("Juniper: 4 sessions planned").wait_for()

    do(page, page.get_by_role("link", name="Juniper"))
    change = page.locator("#change")
    within_the_week = -1 if coming(1).isoweekday() == 7 else 1
    change.get_by_label("Move to").fill(coming(1, within_the_week).isoformat())
    change.get_by_label("Start").fill("15:30")
    do(page, change.get_by_role("button", name="Move", exact=True))
    page.get_by_text("The session has moved.").wait_for()

    page.goto(f"{url}{WEEK}?day={coming(2)}")
    do(page, page.get_by_role("link", name="Juniper"))
    page.locator("#change").get_by_label("Cancelled by").select_option(label="The client, ahead")
    do(page, page.locator("#change").get_by_role("button", name="Cancel it"))
    page.get_by_text("cancelled by Juniper").wait_for()

    leave = page.locator("#leave")
    leave.get_by_label("From").fill(coming(3).isoformat())
    leave.get_by_label("To", exact=True).fill(coming(3).isoformat())
    leave.get_by_label("The sessions that fall into it").select_option(label="Cancel them")
    do(page, leave.get_by_role("button"))
    page.get_by_text("One session is cancelled.").wait_for()
    assert page.get_by_text("On leave").first.is_visible()

    rows = TherapySession.objects.order_by("starts_at")
    assert [(timezone.localtime(row.starts_at, ZONE).strftime("%Y-%m-%d %H:%M"), row.attendance) for row in rows] == [
        (f"{coming(1, within_the_week)} 15:30", "planned"),
        (f"{coming(2)} 14:00", "cancelled"),
        (f"{coming(3)} 14:00", "cancelled"),
        (f"{coming(4)} 14:00", "planned"),
    ]
    assert Leave.objects.count() == 1


def test_by_mouse(page, live_server, cases, dana, sign_in, complaints):
    heard = complaints(page)
    sign_in(dana)
    plan_move_cancel_and_leave(page, live_server.url, click)
    assert heard == []


def test_by_keyboard(page, live_server, cases, dana, sign_in):
    sign_in(dana)
    plan_move_cancel_and_leave(page, live_server.url, press)


def test_without_javascript_on_a_phone(plain, live_server, cases):
    plain.set_viewport_size(PHONE)
    plan_move_cancel_and_leave(plain, live_server.url, click)


def test_the_tab_key_meets_sessions_and_actions_and_no_empty_hour(page, live_server, cases, dana, sign_in):
    sign_in(dana)
    make_therapy_session(cases[1], starts_at=timezone.now() + timedelta(weeks=1))
    page.goto(f"{live_server.url}{WEEK}?day={coming(1)}")
    assert page.locator(".week a").count() == page.locator(".week > li:not(.hours)").count() + 1
    assert page.locator(".free a, .free button").count() == 0


def test_how_the_week_looks_full_empty_and_in_error(page, live_server, cases, dana, sign_in, look):
    sign_in(dana)
    page.goto(live_server.url + WEEK)
    look("week-empty")
    at = timezone.now() + timedelta(weeks=1)
    for number, attendance in enumerate(["planned", "planned", "cancelled"]):
        make_therapy_session(
            cases[1], starts_at=at + timedelta(hours=number), ends_at=at + timedelta(hours=number, minutes=50),
            attendance=attendance,
        )  # fmt: skip
    make_therapy_session(cases[0], starts_at=days_ago(7))
    take_leave(therapist=dana, first=coming(1), last=coming(1), zone=ZONE, choice=LeaveChoice.KEEP)
    page.goto(f"{live_server.url}{WEEK}?day={coming(-1)}")
    look("week-not-logged")
    first = TherapySession.objects.filter(attendance="planned", starts_at__gt=timezone.now()).earliest("starts_at")
    page.goto(live_server.url + reverse("ratings:planned-session", args=[first.code]))
    look("week-change")
    page.locator("#plan").get_by_label("Day").fill("03/05/2026")
    page.locator("#plan").get_by_label("Start").fill("10:00")
    page.locator("#plan").get_by_role("button").click()
    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.locator("#errors")).to_be_focused()
    assert page.locator("#plan").get_by_label("Day").input_value() == "03/05/2026"
    look("week-error")


def reach(episode, email):
    """The client can be written to."""
    client = episode.client
    client.email = Sealed(email, client.data_key)
    client.save()
    for purpose in ("check_in", "email"):
        client.consents.create(purpose=purpose, text_version="2026-11")
    return episode


def test_what_was_not_logged_is_asked_about_and_a_no_show_is_not(page, live_server, cases, dana, sign_in, millrace):
    millrace.crisis_phone, millrace.live_at, millrace.quiet_from = "01632 960 117", days_ago(30), time(0)
    millrace.quiet_to = time(0)
    millrace.save()
    sign_in(dana)
    over = {"starts_at": timezone.now() - timedelta(hours=5), "ends_at": timezone.now() - timedelta(hours=4)}
    make_therapy_session(reach(cases[0], "bracken@example.org"), **over)
    away = make_therapy_session(reach(cases[1], "juniper@example.org"), **over)
    page.goto(live_server.url + reverse("ratings:planned-session-log", args=[away.code]))
    page.get_by_label("No-show").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/today/**")
    run()
    assert [message.to for message in mail.outbox] == [["bracken@example.org"]]
