"""Signing in by hand, and what a test's `http.force_login` leaves out of it."""

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.http import HttpRequest
from django.test import Client

PASSWORD = "seven calm herons"


def give_password(member):
    """With it, and with an address that counts as confirmed, the member can sign in."""
    member.user.set_password(PASSWORD)
    member.user.save()
    member.user.emailaddress_set.create(email=member.user.email, verified=True, primary=True)
    return member


def sign_in(http, member, **more):
    return http.post("/accounts/login/", {"login": member.user.email, "password": PASSWORD} | more)


def code_of(secret):
    """What the authenticator app would show now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


@pytest.fixture(scope="session", autouse=True)
def whoever_is_signed_in_gave_a_password_just_then():
    """As at the sign-in page. What asks for it once more later: `tests/alliance/accounts/test_step_up.py`."""
    force_login = Client.force_login

    def enter(self, user, backend=None):
        force_login(self, user, backend)
        request = HttpRequest()
        request.session = self.session
        record_authentication(request, user, "password")
        request.session.save()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "force_login", enter)
        yield
