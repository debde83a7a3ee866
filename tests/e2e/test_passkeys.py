"""A passkey, made and used with a virtual one of the browser's."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from playwright.sync_api import expect

from tests.signing_in import PASSWORD, give_password

PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def keeper(page):
    """`keeper(**other)`: what keeps passkeys in this browser; gives its number."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")

    def plug_in(**other):
        return tools.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE | other})["authenticatorId"]

    return plug_in


@pytest.fixture
def dana_at_the_door(live_server, settings, dana, page):
    settings.SECOND_FACTOR_REQUIRED = True
    give_password(dana)
    return dana


def by_password(page, live_server, member):
    page.goto(live_server.url + "/accounts/login/")
    page.get_by_label("E-mail").fill(member.user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def prove(page):
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def add_passkey(page, live_server, name, alone=True):
    page.goto(live_server.url + "/accounts/2fa/webauthn/add/")
    prove(page)
    page.get_by_label("What do you call it?").fill(name)
    page.get_by_label("Sign in with it alone").set_checked(alone)
    page.get_by_role("button", name="Add it").click()


def sign_out(page, live_server):
    page.goto(live_server.url + "/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()


def test_a_passkey_from_the_first_to_the_last(page, live_server, dana_at_the_door, keeper, look, complaints):
    """It is the second factor that is asked for, signs in alone, has a name, and goes; each change is told."""
    heard = complaints(page)
    keeper()
    by_password(page, live_server, dana_at_the_door)
    page.goto(live_server.url + "/today/")
    expect(page.get_by_text("Your practice asks for two-step sign-in.")).to_be_visible()
    look("two-step-choice")
    page.get_by_role("link", name="Add a passkey").click()
    prove(page)
    look("passkey-add")
    page.get_by_label("What do you call it?").fill("My phone")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(live_server.url + "/today/")
    expect(page).to_have_url(re.compile("/today/$"))

    sign_out(page, live_server)
    page.goto(live_server.url + "/accounts/login/?next=/week/")
    look("sign-in-with-passkey")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(live_server.url + "/week/")

    page.goto(live_server.url + "/accounts/2fa/webauthn/")
    look("passkeys")
    page.get_by_role("link", name="Rename My phone").click()
    prove(page)
    look("passkey-rename")
    page.get_by_label("What do you call it?").fill("Blue phone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Blue phone").click()
    look("passkey-remove")
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    assert not Authenticator.objects.exists()
    page.goto(live_server.url + "/today/")
    expect(page).to_have_url(re.compile("/accounts/2fa/$"))
    subjects = [message.subject for message in mail.outbox if message.to == [dana_at_the_door.user.email]]
    assert "A passkey for Alliance was added" in subjects and "A passkey for Alliance was removed" in subjects
    assert heard == []


def test_a_key_without_a_pin_comes_after_the_password(page, live_server, dana_at_the_door, keeper, look):
    keeper(transport="usb", hasResidentKey=False, hasUserVerification=False, isUserVerified=False)
    by_password(page, live_server, dana_at_the_door)
    add_passkey(page, live_server, "Key ring", alone=False)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page, live_server)
    by_password(page, live_server, dana_at_the_door)
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/$"))
    look("second-step-passkey")
    page.goto(live_server.url + "/today/")
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/$"))
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(re.compile("/(today|cases)/"))


def test_it_answers_whoever_is_asked_once_more(page, live_server, dana_at_the_door, keeper, settings, look):
    keeper()
    by_password(page, live_server, dana_at_the_door)
    add_passkey(page, live_server, "My phone")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    page.goto(live_server.url + "/accounts/2fa/webauthn/add/")
    page.get_by_role("link", name="Use your passkey").click()
    look("sign-in-again-by-passkey")
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()


def test_none_at_hand_is_said_and_another_way_is_open(page, live_server, dana_at_the_door, keeper, look):
    keeper(isUserVerified=False)
    page.goto(live_server.url + "/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was given.")).to_be_visible()
    look("sign-in-no-passkey")


def test_where_a_browser_keeps_none_it_says_so(page, live_server, dana_at_the_door):
    """An address that is a number, as the demo's."""
    address = live_server.url.replace("localhost", "127.0.0.1")
    page.goto(address + "/accounts/login/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
