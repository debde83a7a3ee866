"""In which browsers somebody is signed in: for how long, and how they end it."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from alliance.models import BrowserSession, FormDraft
from tests.signing_in import PASSWORD, give_password, sign_in

PAGE, END_OTHERS = "/you/browsers/", "/you/browsers/end/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"


@pytest.fixture
def clock(db):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture
def phone(known):
    browser = Client(headers={"user-agent": PHONE})
    sign_in(browser, known)
    return browser


def is_signed_in(browser):
    return browser.get("/you/").status_code == 200


def shown_on(page):
    return page.text.split('name="shown_form" value="')[1].split('"')[0]


def end_of(member):
    """The address that ends the only browser of this member."""
    return f"/you/browsers/{member.user.browser_sessions.get().code}/end/"


# --- How long it lasts ------------------------------------------------------------------------------------------------


def test_after_fifteen_idle_minutes_the_sign_in_has_ended(clock, http, known):
    sign_in(http, known)
    clock.shift(timedelta(minutes=15))
    assert http.get("/people/").url == "/accounts/login/?next=/people/"


def test_what_somebody_does_moves_the_fifteen_minutes_and_not_the_twelve_hours(clock, http, known):
    sign_in(http, known)
    for _time in range(12 * 5 - 1):
        clock.shift(timedelta(minutes=12))
        assert is_signed_in(http)
    clock.shift(timedelta(minutes=11))
    assert is_signed_in(http)
    clock.shift(timedelta(minutes=1))
    assert not is_signed_in(http)


def test_the_idle_time_is_a_setting(clock, http, known, settings):
    settings.SESSION_IDLE_SECONDS = 60 * 60
    sign_in(http, known)
    clock.shift(timedelta(minutes=59))
    assert is_signed_in(http)
    clock.shift(timedelta(minutes=60))
    assert not is_signed_in(http)


def test_a_page_within_a_minute_of_another_writes_nothing(clock, http, known):
    sign_in(http, known)
    clock.shift(timedelta(seconds=30))
    http.get("/you/")
    assert BrowserSession.objects.get().seen_at == timezone.now() - timedelta(seconds=30)
    clock.shift(timedelta(seconds=31))
    http.get("/you/")
    assert BrowserSession.objects.get().seen_at == timezone.now()


def test_while_somebody_types_nothing_ends(clock, http, dana):
    give_password(dana)
    sign_in(http, dana)
    shown = shown_on(http.get("/cases/new/"))
    for _time in range(4):
        clock.shift(timedelta(minutes=10))
        typed = {"shown_form": shown, "name": "June"}
        assert http.post("/drafts/", typed, headers={"x-form-action": "/cases/new/"}).status_code == 204
    assert is_signed_in(http)


def test_what_was_typed_comes_back_after_an_idle_sign_out(clock, http, dana):
    give_password(dana)
    sign_in(http, dana)
    shown = shown_on(http.get("/cases/new/"))
    clock.shift(timedelta(minutes=20))
    answer = http.post("/cases/new/", {"shown_form": shown, "name": "Junebug Ferrars"})
    assert answer.url == "/accounts/login/?next=/cases/new/"
    assert FormDraft.objects.exists()
    assert "Junebug" not in http.get(answer.url).text
    signed_in = http.post(answer.url, {"login": dana.user.email, "password": PASSWORD, "next": "/cases/new/"})
    page = http.get(signed_in.url).text
    assert 'value="Junebug Ferrars"' in page
    assert "It is not saved yet." in page


# --- Which there are, and how they end --------------------------------------------------------------------------------


def test_the_page_names_each_browser_and_no_other_persons(http, phone, known, noor):
    http.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    sign_in(http, known)
    other = Client(headers={"user-agent": "Mozilla/5.0 (X11; CrOS x86_64) Chrome/139.0"})
    sign_in(other, give_password(noor))
    page = " ".join(http.get(PAGE).text.split())
    assert page.count("Signed in on") == 2
    assert "Firefox on Windows" in page and "Safari on iPhone" in page
    assert "ChromeOS" not in page
    assert page.count("This browser.") == 1


def test_a_lost_phone_is_signed_out_from_elsewhere(http, phone, known):
    address = end_of(known)
    sign_in(http, known)
    assert http.post(address).url == PAGE
    assert not is_signed_in(phone)
    assert is_signed_in(http)


def test_all_others_end_at_once(http, phone, known):
    third = Client()
    sign_in(third, known)
    sign_in(http, known)
    assert http.post(END_OTHERS).url == PAGE
    assert [is_signed_in(browser) for browser in (http, phone, third)] == [True, False, False]
    assert known.user.browser_sessions.count() == 1


def test_nobody_ends_the_browser_of_somebody_else(http, phone, known, noor):
    http.force_login(noor.user)
    assert http.post(end_of(known)).status_code == 404
    http.post(END_OTHERS)
    assert is_signed_in(phone)


def test_whoever_ends_this_browser_is_signed_out_here(http, known):
    sign_in(http, known)
    answer = http.post(end_of(known))
    assert answer.url == "/accounts/login/"
    assert not is_signed_in(http)


def test_a_new_password_leaves_no_browser_on_the_list(http, phone, known):
    sign_in(http, known)
    new = {"oldpassword": PASSWORD, "password1": "eight calm herons", "password2": "eight calm herons"}
    assert http.post("/accounts/password/change/", new).status_code == 302
    assert not is_signed_in(phone) and not is_signed_in(http)
    assert not known.user.browser_sessions.exists()


def test_one_who_has_ended_is_not_on_the_list(clock, http, phone, known):
    clock.shift(timedelta(minutes=16))
    sign_in(http, known)
    assert "iPhone" not in http.get(PAGE).text


# --- Signing out ------------------------------------------------------------------------------------------------------


def test_signing_out_leaves_nothing_in_the_browser(http, known):
    sign_in(http, known)
    before = http.cookies[settings.SESSION_COOKIE_NAME].value
    assert "Clear-Site-Data" not in http.get("/you/").headers
    answer = http.post("/accounts/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert not known.user.browser_sessions.exists()
    assert settings.DEVICE_COOKIE_NAME not in answer.cookies  # else a stranger could keep the owner out
    assert "Clear-Site-Data" not in http.get("/accounts/login/").headers
