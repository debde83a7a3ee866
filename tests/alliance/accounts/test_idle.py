"""The warning before an idle sign-in ends, as far as it takes no browser. The rest: tests/e2e/test_idle.py."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alliance.drafts.shown import shown_form
from tests.signing_in import sign_in

ASK = "/you/idle/"


@pytest.fixture
def clock(db):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def test_to_ask_how_long_it_lasts_keeps_nobody_signed_in(clock, http, known):
    sign_in(http, known)
    for minutes in range(15, 0, -1):
        assert http.get(ASK).json() == {"seconds": minutes * 60, "may_stay": True}
        clock.shift(timedelta(minutes=1))
    assert http.get(ASK).json() == {"seconds": 0, "may_stay": False}
    assert http.get("/you/").status_code == 302


def test_who_says_that_they_are_there_stays(clock, http, known):
    sign_in(http, known)
    clock.shift(timedelta(minutes=14))
    assert http.post(ASK).json() == {"seconds": 15 * 60, "may_stay": True}
    clock.shift(timedelta(minutes=14))
    assert http.get("/you/").status_code == 200


def test_at_the_end_of_the_day_no_press_helps(clock, http, known):
    sign_in(http, known)
    for _time in range(71):
        clock.shift(timedelta(minutes=10))
        http.get("/you/")
    assert http.post(ASK).json() == {"seconds": 10 * 60, "may_stay": False}


def test_where_the_idle_time_is_a_minute_what_somebody_does_still_counts(clock, http, known, settings):
    settings.SESSION_IDLE_SECONDS = 60
    sign_in(http, known)
    for _time in range(4):
        clock.shift(timedelta(seconds=40))
        assert http.get("/you/").status_code == 200
    assert 'data-ahead="20"' in http.get("/you/").text


def test_no_page_of_a_stranger_or_a_client_says_it(http, known):
    assert Client().get(ASK).json() == {"seconds": 0, "may_stay": False}
    assert 'id="idle"' not in http.get("/accounts/login/").text
    sign_in(http, known)
    assert 'id="idle"' in http.get("/you/").text
    assert 'id="idle"' in http.get("/accounts/2fa/").text
    assert 'id="idle"' not in http.get("/c/privacy/").text


def test_from_an_answer_to_a_form_the_sign_in_leads_to_the_page_of_the_form(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    code = juniper.ruptures.get().code
    page, action = (reverse(f"ratings:{name}", args=[code]) for name in ("rupture", "rupture-set-aside"))
    http.force_login(dana.user)
    first = http.get(page)
    assert 'data-back=""' in first.text
    shown = shown_form(first.wsgi_request).token
    for typed, back in (({"shown_form": shown}, page), ({}, "/")):
        wrong = http.post(action, typed | {"reason": ""})
        assert wrong.status_code == 422
        assert f'data-back="{back}"' in wrong.text


def test_only_a_page_that_keeps_what_is_typed_says_so(http, known):
    sign_in(http, known)
    said = {page: "What you typed is kept." in http.get(page).text for page in ("/you/", "/accounts/2fa/", "/import/")}
    assert said == {"/you/": True, "/accounts/2fa/": False, "/import/": False}
