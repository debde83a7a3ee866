"""Sign-ins, what failed of them, and what was changed of them, are on record."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from alliance.models import AuditEvent
from tests.alliance.accounts.test_devices import attack
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


def test_browsers_that_are_ended_are_counted(http, known):
    for browser in (http, Client(), Client()):
        sign_in(browser, known)
    http.post("/you/browsers/end/")
    assert AuditEvent.objects.get(verb="ended").count == 2
    http.post("/you/browsers/end/")
    assert AuditEvent.objects.filter(verb="ended").count() == 1
