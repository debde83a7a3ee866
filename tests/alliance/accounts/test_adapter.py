"""Somebody sits down at an open browser: what they cannot take, and who is told of what they try."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client

from alliance.accounts.browsers import browser_in_words
from tests.signing_in import PASSWORD, code_of, sign_in

EMAIL, PROVE = "/accounts/email/", "/accounts/reauthenticate/"
NEW = {"email": "mona@new.test", "action_add": ""}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def mona_signed_in(http, known):
    http.defaults["HTTP_USER_AGENT"] = FIREFOX
    sign_in(http, known)
    return known


def told(address):
    """Subject and text of each mail to that address since last time."""
    found = [(message.subject, message.body) for message in mail.outbox if message.to == [address]]
    mail.outbox.clear()
    return found


def test_an_open_browser_does_not_change_the_address(http, mona_signed_in):
    asked = http.post(EMAIL, NEW)
    assert asked.url.startswith(PROVE)
    http.post(PROVE, {"password": "a guess of mine", "next": EMAIL})
    assert http.post(EMAIL, NEW).url.startswith(PROVE)
    assert list(mona_signed_in.user.emailaddress_set.values_list("email", flat=True)) == [mona_signed_in.user.email]
    assert mail.outbox == []


def test_with_the_password_the_change_goes_on_where_it_was_stopped(http, mona_signed_in):
    http.post(EMAIL, NEW)
    http.post(PROVE, {"password": PASSWORD, "next": EMAIL})
    assert mona_signed_in.user.emailaddress_set.filter(email="mona@new.test", verified=False).exists()


def test_the_old_address_is_told_before_and_after_it_changes(http, mona_signed_in):
    old = mona_signed_in.user.email
    http.post(PROVE, {"password": PASSWORD})
    http.post(EMAIL, NEW)
    link = next(word for message in mail.outbox for word in message.body.split() if "/confirm-email/" in word)
    [(subject, text)] = told(old)
    assert "about to change" in subject
    assert "mona@new.test" in text
    assert "Firefox on Windows" in text
    assert "http://127.0.0.1:8000/accounts/password/reset/" in text
    Client().post(link.removeprefix("http://127.0.0.1:8000"))
    [(subject, text)] = told(old)
    assert "was changed" in subject
    assert f"no longer with {old}" in text


def test_a_change_of_the_password_is_told(http, mona_signed_in):
    new = {"oldpassword": PASSWORD, "password1": "eight calm herons", "password2": "eight calm herons"}
    http.post("/accounts/password/change/", new | {"oldpassword": "a guess of mine"})
    assert mail.outbox == []
    http.post("/accounts/password/change/", new)
    [(subject, _text)] = told(mona_signed_in.user.email)
    assert subject == "Your password for Alliance was changed"


def test_a_password_set_through_a_link_is_told(http, known):
    http.post("/accounts/password/reset/", {"email": known.user.email})
    [(_subject, text)] = told(known.user.email)
    form = http.get(re.search(r"http://127.0.0.1:8000(\S+)", text)[1], follow=True)
    http.post(form.wsgi_request.path, {"password1": "eight calm herons", "password2": "eight calm herons"})
    assert [subject for subject, _text in told(known.user.email)] == ["Your password for Alliance was set"]


@pytest.mark.django_db(transaction=True)
def test_each_change_of_the_second_step_is_told(http, mona_signed_in):
    address = mona_signed_in.user.email
    http.post(PROVE, {"password": PASSWORD})
    secret = http.get("/accounts/2fa/totp/activate/").context["form"].secret
    http.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert "Two-step sign-in to Alliance is on" in dict(told(address))
    http.post("/accounts/2fa/recovery-codes/generate/")
    assert "You have new recovery codes for Alliance" in dict(told(address))
    http.post("/accounts/2fa/totp/deactivate/")
    assert "Two-step sign-in to Alliance is off" in dict(told(address))


def test_an_open_browser_takes_no_factor_off(http, mona_signed_in):
    TOTP.activate(mona_signed_in.user, generate_totp_secret())
    RecoveryCodes.activate(mona_signed_in.user)
    assert http.post("/accounts/2fa/totp/deactivate/").url.startswith(PROVE)
    assert http.post("/accounts/2fa/recovery-codes/generate/").url.startswith(PROVE)
    assert Authenticator.objects.count() == 2


def test_links_in_mails_lead_to_our_address_whatever_the_request_calls_it(http, known):
    http.post("/accounts/password/reset/", {"email": known.user.email}, headers={"host": "localhost:8443"})
    [(_subject, text)] = told(known.user.email)
    assert re.findall(r"https?://[^/\s]+", text) == ["http://127.0.0.1:8000"]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.9", "an unknown browser"),
    ],
)
def test_a_browser_in_words(user_agent, words):
    assert browser_in_words(user_agent) == words
