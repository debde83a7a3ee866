"""Sign-ins, what failed of them, and what was changed of them, are on record."""

import json
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client
from django.utils import timezone

from alliance.accounts.browser_sessions import drop_ended_sessions
from alliance.models import AuditEvent
from tests.alliance.accounts.test_devices import attack
from tests.alliance.accounts.test_passkeys import AGAIN, EMPTY, KEY, LOGIN, add_passkey, browser, handle, options
from tests.signing_in import PASSWORD, code_of, sign_in

WRONG = "eight calm herons"


def on_record():
    found = AuditEvent.objects.exclude(verb__in=("read", "listed")).order_by("pk")
    return [(row.verb, row.subject_type, row.subject_code, row.actor_code) for row in found]


def test_each_step_of_a_sign_in_is_on_record(http, known):
    who = str(known.user.code)
    secret = generate_totp_secret()
    TOTP.activate(known.user, secret)
    RecoveryCodes.activate(known.user)
    sign_in(http, known, password=WRONG)
    sign_in(http, known)
    assert on_record() == [("denied", "browsersession", who, "")], "the second step is still to come"
    http.post("/accounts/2fa/authenticate/", {"code": "000000"})
    http.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    http.post("/accounts/reauthenticate/", {"password": WRONG})
    http.post("/accounts/2fa/reauthenticate/", {"code": "000000"})
    http.post("/accounts/logout/")
    assert on_record()[1:] == [
        ("denied", "authenticator", who, ""),
        ("created", "browsersession", who, who),
        ("denied", "browsersession", who, ""),
        ("denied", "authenticator", who, ""),
        ("ended", "browsersession", who, who),
    ]


def test_a_wrong_password_for_an_address_that_nobody_has_names_nobody(http, db):
    http.post("/accounts/login/", {"login": "nobody@millrace.test", "password": WRONG})
    assert on_record() == [("denied", "browsersession", "", "")]


def test_what_is_refused_uncompared_leaves_no_row(known):
    attack(known, 12)
    assert len(on_record()) == 5


@pytest.fixture
def signed_in(http, known):
    sign_in(http, known)
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return len(on_record())


def test_a_change_of_the_second_step_is_on_record(http, known, signed_in, django_capture_on_commit_callbacks):
    who = str(known.user.code)
    secret = http.get("/accounts/2fa/totp/activate/").context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        http.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert on_record()[signed_in:] == [("changed", "authenticator", who, who)]
    http.post("/accounts/2fa/totp/deactivate/")
    assert on_record()[signed_in:] == [("changed", "authenticator", who, who)] * 2


def test_another_address_and_another_password_are_on_record(http, known, signed_in):
    who = str(known.user.code)
    http.post("/accounts/email/", {"email": "mona.reyes@millrace.test", "action_add": ""})
    assert on_record()[signed_in:] == [("changed", "emailaddress", who, who)]
    http.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": WRONG, "password2": WRONG})
    assert on_record()[signed_in + 1 :] == [("ended", "browsersession", who, who), ("changed", "user", who, who)]


def test_a_passkey_that_is_not_accepted_is_on_record(known):
    who = str(known.user.code)
    owner, stranger = browser(), browser()
    passkey = add_passkey(owner, known, alone=False)
    before = len(on_record())
    asked = options(stranger)
    # Its owner chose that it comes after the password.
    stranger.post(LOGIN, {"credential": passkey.given(asked, handle(known))})
    owner.get(AGAIN)
    owner.post(AGAIN, {"credential": json.dumps(KEY | {"response": EMPTY})})
    assert on_record()[before:] == [("denied", "authenticator", who, "")] * 2
    sign_in(stranger, known)
    stranger.get("/accounts/2fa/authenticate/")
    stranger.post("/accounts/2fa/authenticate/", {"credential": json.dumps(KEY | {"response": EMPTY})})
    assert on_record()[before + 2 :] == [("denied", "authenticator", who, "")]
    other = browser()
    options(other)
    other.post(LOGIN, {"credential": json.dumps(KEY | {"response": EMPTY})})
    assert on_record()[before + 3 :] == [("denied", "authenticator", "", "")]


@pytest.mark.parametrize("found_by", ["its browser", "the job"])
def test_a_sign_in_that_ended_by_its_time_is_on_record_once(http, known, found_by):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(http, known)
        Client().get("/accounts/login/")
        before = len(on_record())
        drop_ended_sessions()
        assert on_record()[before:] == [], "it is not over yet"
        clock.shift(timedelta(seconds=settings.SESSION_IDLE_SECONDS))
        if found_by == "its browser":
            assert http.get("/people/").status_code == 302
        for _time in range(2):
            drop_ended_sessions()
            assert http.get("/people/").status_code == 302
        assert on_record()[before:] == [("ended", "browsersession", str(known.user.code), "")]


def test_browsers_that_are_ended_are_counted(http, known):
    for one in (http, Client(), Client()):
        sign_in(one, known)
    http.post("/you/browsers/end/")
    assert AuditEvent.objects.get(verb="ended").count == 2
    http.post("/you/browsers/end/")
    assert AuditEvent.objects.filter(verb="ended").count() == 1
