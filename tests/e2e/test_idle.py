"""The warning before an idle sign-in ends, with the clocks of the browser and of the program moved together."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from alliance.models import BrowserSession

NOTE = "She came back to the argument with her sister."


@pytest.fixture
def later(page, clock):
    page.clock.install()

    def pass_by(minutes):
        clock.shift(timedelta(minutes=minutes))
        page.clock.fast_forward(int(minutes * 60 * 1000))

    return pass_by


@pytest.fixture
def log(page, live_server, sign_in, dana, juniper, clock, live_through):
    live_through(juniper, [3, 3])

    def open_it():
        sign_in(dana)
        page.goto(live_server.url + reverse("ratings:session-log", args=[juniper.code]))

    return open_it


def warning(page):
    return page.get_by_role("alert").filter(has_text="you will soon be signed out")


def test_it_is_said_and_any_key_stays(page, log, later, look, complaints):
    heard = complaints(page)
    log()
    later(12)
    expect(warning(page)).to_be_hidden()
    later(1.1)
    expect(warning(page)).to_be_visible()
    look("idle-warning")
    focus = page.evaluate("document.activeElement.tagName")
    before = BrowserSession.objects.get().seen_at
    with page.expect_response("**/you/idle/"):
        page.keyboard.press("Shift")
    expect(warning(page)).to_be_hidden()
    assert BrowserSession.objects.get().seen_at > before
    assert page.evaluate("document.activeElement.tagName") == focus
    later(13.1)
    expect(warning(page)).to_be_visible()
    page.get_by_role("button", name="Stay signed in").click()
    expect(warning(page)).to_be_hidden()
    assert heard == []


def test_who_does_nothing_is_led_to_the_door_and_keeps_what_was_typed(page, log, later, live_server, sign_in, dana):
    log()
    page.get_by_label("Private note").fill(NOTE)
    later(0.1)
    page.wait_for_load_state("networkidle")
    later(13.1)
    expect(warning(page)).to_be_visible()
    later(2.2)
    expect(page).to_have_url(re.compile("/accounts/login/[?]next=%2Fcases%2F"))
    assert NOTE not in page.content()
    log()
    assert page.get_by_label("Private note").input_value() == NOTE


def test_what_is_done_in_another_tab_counts_here(page, log, later, live_server):
    log()
    later(10)
    other = page.context.new_page()
    other.goto(live_server.url + "/you/")
    later(4)
    page.wait_for_load_state("networkidle")
    expect(warning(page)).to_be_hidden()
    later(9.2)
    expect(warning(page)).to_be_visible()
