"""Nobody is asked for a code, or offered a way, that they have not got."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from tests.alliance.accounts.test_passkeys import add_passkey, browser
from tests.signing_in import sign_in

APP, RECOVERY = "the code that your app shows now", "one of your recovery codes"
WAYS = {"Use your password", "Use a code from your app, or a recovery code", "Use a code from your app"}
WAYS |= {"Use a recovery code", "Use your passkey"}


@pytest.fixture
def owner(known):
    """A browser in which somebody with a passkey is signed in; their recovery codes were made with it."""
    http = browser()
    add_passkey(http, known, alone=False)
    return http


def second_step(known):
    http = browser()
    sign_in(http, known)
    return http.get("/accounts/2fa/authenticate/").text


def offered(http):
    page = http.get("/accounts/reauthenticate/").text
    return {way for way in WAYS if f">{way}<" in page}


def test_with_a_passkey_alone_no_app_is_named(known, owner):
    page = second_step(known)
    assert RECOVERY in page and 'name="code"' in page and "app shows" not in page
    assert offered(owner) == {"Use a recovery code", "Use your passkey"}
    again = owner.get("/accounts/2fa/reauthenticate/").text
    assert RECOVERY in again.lower() and "app shows" not in again


def test_with_an_app_as_well_both_are_named(known, owner):
    TOTP.activate(known.user, generate_totp_secret())
    page = second_step(known)
    assert APP in page and RECOVERY in page
    assert offered(owner) == {"Use a code from your app, or a recovery code", "Use your passkey"}


def test_with_an_app_alone_no_recovery_code_is_named(known):
    http = browser()
    sign_in(http, known)
    TOTP.activate(known.user, generate_totp_secret())
    assert offered(http) == {"Use a code from your app"}
    page = second_step(known)
    assert APP in page and "recovery" not in page.lower() and "passkey:" not in page


def test_without_any_code_there_is_no_box_for_one(known, owner):
    Authenticator.objects.filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    page = second_step(known)
    assert "data-passkey" in page and 'name="code"' not in page and "Cancel" in page
    assert offered(owner) == {"Use your passkey"}
