"""Leaving a client's page in a hurry."""

import pytest
from django.urls import reverse

from ratings.check_in import links
from ratings.models import CheckIn
from tests.e2e.conftest import PHONE
from tests.factories import make_episode

SAID = "He must not read this."


@pytest.fixture
def link(live_server, settings, dana, live_through):
    settings.BASE_URL = live_server.url
    live_through(make_episode(dana, "Juniper"), [None])
    token = links.mint_check_in_link(check_in=CheckIn.objects.get(), editor=None, channel="screen")
    return live_server.url + reverse("links:check-in", args=[token])


def leave(page):
    page.get_by_role("link", name="Leave this page").click()
    page.wait_for_url("about:blank")


def has_left_nothing(page):
    """Going back shows nothing of ours, on whatever page it ends."""
    page.go_back()
    page.wait_for_url("about:blank")
    assert SAID not in page.content() and "session" not in page.content()
    return True


def test_one_press_leaves_and_going_back_shows_nothing(phone, link):
    phone.goto(link)
    phone.locator("textarea").fill(SAID)
    leave(phone)
    assert has_left_nothing(phone)


def test_nor_does_the_receipt_come_back_on_a_phone_of_their_own(phone, link):
    phone.goto(link)
    phone.locator("fieldset").first.get_by_role("radio").nth(3).check()
    phone.locator("textarea").fill(SAID)
    phone.get_by_label("This is my own phone").check()
    phone.get_by_role("button", name="Send").click()
    phone.wait_for_url("**/c/sent/")
    leave(phone)
    assert has_left_nothing(phone)
    phone.goto(link)  # opened anew, it is there
    assert phone.get_by_role("heading", level=1).inner_text() == "Thank you"


def test_escape_three_times_leaves_and_once_does_not(phone, link, live_server):
    phone.goto(link)
    phone.keyboard.press("Escape")
    phone.wait_for_timeout(100)
    assert phone.url == link
    phone.goto(live_server.url + "/c/privacy/")
    phone.locator("body").press("Escape")
    phone.locator("body").press("Escape")
    phone.keyboard.press("Escape")
    phone.wait_for_url("about:blank")


def test_without_javascript_the_link_leads_to_a_blank_page(browser, browser_context_args, link):
    context = browser.new_context(**browser_context_args | {"viewport": PHONE, "java_script_enabled": False})
    page = context.new_page()
    page.goto(link)
    leave(page)
    context.close()


def test_it_hides_no_answer_and_no_button(phone, link, look, complaints):
    heard = complaints(phone)
    phone.goto(link)
    exit_box = phone.get_by_role("link", name="Leave this page").bounding_box()
    assert exit_box["height"] >= 24 and exit_box["width"] <= PHONE["width"] / 4  # an answer is a whole row
    look("check-in-leave", phone)
    send = phone.get_by_role("button", name="Send")
    send.scroll_into_view_if_needed()
    send.click(trial=True)
    assert heard == []


def test_a_desk_reads_it_as_words(page, link):
    page.goto(link)
    assert page.locator("[data-leave]").inner_text().startswith("Leave this page")
