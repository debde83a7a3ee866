"""The course of a therapy in a browser: from a poor fit to somebody else, to an ending, with and without JavaScript."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import make_episode


@pytest.fixture
def case(live_server, settings, juniper, first_sessions):
    """The address of Juniper's case: a style that does not fit, after three sessions."""
    settings.BASE_URL = live_server.url
    first_sessions(juniper, [2, 1, 2, 2], [3, 1, 2, 2], [3, 0, 3, 2])
    return live_server.url + reverse("ratings:case", args=[juniper.code])


def test_from_a_poor_fit_to_a_colleague(page, case, dana, noor, sign_in, look):
    sign_in(dana)
    page.goto(case)
    look("case-poor-fit")
    page.get_by_role("link", name="how to help them find somebody else").click()
    expect(page).to_have_title(re.compile("^The course with Juniper"))
    look("course")
    page.get_by_role("link", name="hand the case over").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand this case over")


def test_a_course_with_little_to_show(page, live_server, dana, live_through, sign_in, look):
    fresh = make_episode(dana, "Heron")
    live_through(fresh, [3])
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:course", args=[fresh.code]))
    look("course-few")
    page.get_by_role("link", name="Check-ins for this client").click()
    expect(page.get_by_label("ask the four questions about fit")).to_be_visible()


@pytest.mark.parametrize("has_javascript", [True, False])
def test_an_ending_says_whether_it_was_planned(
    has_javascript, browser, browser_context_args, client, live_server, case, dana
):
    client.force_login(dana.user)
    context = browser.new_context(**browser_context_args | {"java_script_enabled": has_javascript})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(case)
    page.get_by_role("link", name="End this therapy").click()
    page.get_by_label("The client ended it").check()
    page.get_by_role("group", name="Was the ending planned?").get_by_label("No").check()
    page.get_by_role("group", name="Did you both agree to end?").get_by_label("No").check()
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("This counts as dropping out.")).to_be_visible()
    page.get_by_role("link", name="The course so far").click()
    expect(page.get_by_text("This counts as dropping out.")).to_be_visible()
    expect(page.get_by_role("link", name="hand the case over")).to_have_count(0)
    context.close()
