"""A second factor that everybody has to have: who is asked for it, from when on, and what stays open meanwhile."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from tests.alliance.test_settings import SERVED
from tests.alliance.test_settings import read as read  # a fixture
from tests.signing_in import PASSWORD, code_of, give_password, sign_in

CHOICE, SET_UP = "/accounts/2fa/", "/accounts/2fa/totp/activate/"


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def test_it_is_required_where_it_is_served_and_not_in_the_demo(read):
    assert read()["SECOND_FACTOR_REQUIRED"] is False
    assert read(**SERVED)["SECOND_FACTOR_REQUIRED"] is True
    assert read(**SERVED, ALLIANCE_SECOND_FACTOR="no")["SECOND_FACTOR_REQUIRED"] is False


def test_without_one_every_page_leads_to_where_it_is_set_up(required, http, dana, juniper):
    sign_in(http, give_password(dana))
    for path in ("/", "/today/", f"/cases/{juniper.code}/", "/you/", "/week/"):
        assert http.get(path).url == CHOICE
        if path != "/":
            assert "Juniper" not in http.get(path, follow=True).text
    assert http.post(f"/cases/{juniper.code}/log/", {"attendance": "attended"}).url == CHOICE
    assert not juniper.therapy_sessions.exists()
    for path in ("/help/", "/healthz", "/accounts/logout/", "/accounts/password/change/"):
        assert http.get(path).status_code == 200


def test_once_it_is_set_up_the_pages_open_and_recovery_codes_are_there(required, http, dana):
    sign_in(http, give_password(dana))
    page = http.get("/today/", follow=True)
    assert "Your practice asks for two-step sign-in." in page.text
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret = http.get(SET_UP).context["form"].secret
    answer = http.post(SET_UP, {"code": code_of(secret)}, follow=True)
    assert "recovery code" in answer.text.lower()
    assert http.get("/today/").status_code == 200


def test_whoever_was_just_invited_looks_around_once(required, http, noor):
    noor.first_seen_at = None
    noor.save()
    give_password(noor)
    sign_in(http, noor)
    assert http.get("/today/").status_code == 200
    assert http.get("/week/").status_code == 200
    assert Client().get("/today/").status_code == 302
    http.post("/accounts/logout/")
    sign_in(http, noor)
    assert http.get("/today/").url == CHOICE


def test_whoever_has_one_is_asked_for_it_and_not_led_anywhere(required, http, dana):
    give_password(dana)
    secret = generate_totp_secret()
    TOTP.activate(dana.user, secret)
    assert sign_in(http, dana).url == "/accounts/2fa/authenticate/"
    http.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert http.get("/today/").status_code == 200


def test_a_client_is_never_asked(required, db):
    assert Client().get("/c/privacy/").status_code == 200


def test_what_was_typed_before_is_there_afterwards(required, http, dana, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    sign_in(http, give_password(dana))
    shown = http.get("/cases/new/").text.split('name="shown_form" value="')[1].split('"')[0]
    settings.SECOND_FACTOR_REQUIRED = True
    assert http.post("/cases/new/", {"shown_form": shown, "name": "Junebug Ferrars"}).url == CHOICE
    TOTP.activate(dana.user, generate_totp_secret())
    assert 'value="Junebug Ferrars"' in http.get("/cases/new/").text
