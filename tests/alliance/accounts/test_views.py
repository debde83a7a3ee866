"""The own account, and allauth's pages in our clothes."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.signing_in import PASSWORD, code_of, sign_in


def looks_like_ours(response):
    html = response.text
    assert 'href="/static/css/base.css"' in html
    assert "letter" in re.search(r'<main class="([^"]*)"', html)[1]
    assert html.count("<h1") == 1
    html = re.sub(r'<script id="[\w-]+" type="application/json">', "", html)  # read by a script, and not run
    assert not re.search(r"<style|\sstyle=|<script(?! src=)|javascript:|data:|placeholder=", html)
    assert "signup" not in html
    return True


def test_you_shows_the_own_places(http, mona, lee, dana):
    assert http.get("/you/").url == "/accounts/login/?next=/you/"
    http.force_login(mona.user)
    html = http.get("/you/").text
    assert "Mona Reyes" in html
    assert "Millrace Practice" in html
    assert "Dana" not in html
    http.force_login(lee.user)
    assert "None at present" in http.get("/you/").text


def test_sign_in_and_out(http, known):
    page = http.get("/accounts/login/")
    assert looks_like_ours(page)
    wrong = sign_in(http, known, password="eight calm herons")
    assert looks_like_ours(wrong)
    assert "<title>Error: Sign in" in wrong.text
    assert sign_in(http, known).url == "/"
    assert http.get("/people/").status_code == 200
    assert looks_like_ours(http.get("/accounts/logout/"))
    assert http.get("/people/").status_code == 200
    http.post("/accounts/logout/")
    assert http.get("/people/").url == "/accounts/login/?next=/people/"


def test_nobody_signs_up(http, db):
    page = http.get("/accounts/signup/")
    assert looks_like_ours(page)
    assert "invited by their practice" in page.text
    http.post("/accounts/signup/", {"email": "x@y.test", "password1": PASSWORD})
    assert not http.get("/accounts/login/").wsgi_request.user.is_authenticated


def test_a_forgotten_password_says_the_same_to_all(http, known):
    assert looks_like_ours(http.get("/accounts/password/reset/"))
    pages = [
        http.post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in (known.user.email, "nobody@millrace.test")
    ]
    assert all(looks_like_ours(page) for page in pages)
    assert pages[0].text == pages[1].text
    assert [message.to for message in mail.outbox] == [[known.user.email]]
    assert looks_like_ours(http.get("/accounts/password/reset/key/1-wrong/"))
    assert looks_like_ours(http.get("/accounts/password/reset/key/done/"))


def test_account_pages_are_in_our_clothes(http, known):
    for page in ("inactive/", "confirm-email/", "confirm-email/wrong/"):
        assert looks_like_ours(http.get(f"/accounts/{page}"))
    sign_in(http, known)
    for page in ("email/", "password/change/", "2fa/", "reauthenticate/"):
        assert looks_like_ours(http.get(f"/accounts/{page}"))


def test_a_changed_password_ends_every_visit(http, known):
    elsewhere = Client()
    for browser in (http, elsewhere):
        sign_in(browser, known)
        assert browser.get("/people/").status_code == 200
    new = {"oldpassword": PASSWORD, "password1": "eight calm herons", "password2": "eight calm herons"}
    assert http.post("/accounts/password/change/", new).status_code == 302
    for browser in (http, elsewhere):
        assert browser.get("/people/").status_code == 302
    assert sign_in(http, known, password="eight calm herons").url == "/"


def test_change_of_address(http, known):
    sign_in(http, known)
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    http.post("/accounts/email/", {"email": "mona@new.test", "action_add": ""})
    page = http.get("/accounts/email/")
    assert looks_like_ours(page)
    assert "mona@new.test" in page.text
    [message] = [message for message in mail.outbox if message.to == ["mona@new.test"]]
    link = next(word for word in message.body.split() if "/confirm-email/" in word)
    assert looks_like_ours(http.get(link))
    http.post(link)
    known.user.refresh_from_db()
    assert known.user.email == "mona@new.test"


def test_wrong_passwords_are_counted_for_five_minutes(http, known):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _try in range(5):
            assert "not correct" in sign_in(http, known, password="wrong").text
            clock.shift(timedelta(seconds=40))
        clock.shift(timedelta(seconds=90))  # 290 after the first
        assert "Too many tries with a wrong password" in sign_in(http, known).text
        clock.shift(timedelta(seconds=10))
        assert sign_in(http, known).status_code == 302


def test_two_step_sign_in(http, known):
    sign_in(http, known)
    page = http.get("/accounts/2fa/totp/activate/", follow=True)
    assert looks_like_ours(page)
    assert page.redirect_chain[0][0].startswith("/accounts/reauthenticate/")
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = http.get("/accounts/2fa/totp/activate/")
    assert looks_like_ours(page)
    assert "<svg viewBox" in page.text  # the QR code, in the page itself
    secret = page.context["form"].secret
    assert secret in page.text
    wrong = http.post("/accounts/2fa/totp/activate/", {"code": "12345"})
    assert looks_like_ours(wrong)
    http.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert Authenticator.objects.filter(user=known.user).count() == 2
    for name in ("", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/"):
        assert looks_like_ours(http.get(f"/accounts/2fa/{name}"))
    assert "on</span>" in http.get("/you/").text

    http.post("/accounts/logout/")
    assert sign_in(http, known).url == "/accounts/2fa/authenticate/"
    assert looks_like_ours(http.get("/accounts/2fa/authenticate/"))
    assert http.get("/people/").status_code == 302
    recovery = Authenticator.objects.get(user=known.user, type="recovery_codes").wrap().get_unused_codes()[0]
    assert http.post("/accounts/2fa/authenticate/", {"code": recovery}).url == "/"
    assert http.get("/people/").status_code == 200


# --- Asked once more, before what changes how somebody signs in -------------------------------------------------------

ACTIVATE, DEACTIVATE = "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"
BY_CODE = ("/accounts/reauthenticate/code/", "/accounts/reauthenticate/code/confirm/")


@pytest.fixture
def protected(known):
    """Mona with a password and a second factor."""
    TOTP.activate(known.user, generate_totp_secret())
    RecoveryCodes.activate(known.user)
    return known


def recovery_code(member):
    return Authenticator.objects.get(user=member.user, type="recovery_codes").wrap().get_unused_codes()[0]


def hidden_fields(page):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


def test_the_password_leads_to_the_page_that_asked_for_it(http, known):
    sign_in(http, known)
    question = http.get(ACTIVATE, follow=True)
    assert looks_like_ours(question)
    assert question.wsgi_request.path == "/accounts/reauthenticate/"
    answer = http.post("/accounts/reauthenticate/", hidden_fields(question) | {"password": PASSWORD})
    assert answer.url == ACTIVATE
    assert http.get(ACTIVATE).status_code == 200


def test_a_wrong_password_is_a_sentence_and_opens_nothing(http, known):
    sign_in(http, known)
    page = http.post("/accounts/reauthenticate/", {"password": "eight calm herons"})
    assert looks_like_ours(page)
    assert "<title>Error: Is it you?" in page.text
    assert 'id="id_password_error">Error: Incorrect password.' in page.text
    assert http.get(ACTIVATE).status_code == 302


def test_too_many_wrong_passwords_are_a_page_of_ours(http, known):
    sign_in(http, known)
    for _ in range(10):
        page = http.post("/accounts/reauthenticate/", {"password": "eight calm herons"})
        assert page.status_code == 200
    page = http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert page.status_code == 429
    assert looks_like_ours(page)


def test_the_second_factor_may_be_given_in_place_of_the_password(http, protected):
    http.force_login(protected.user)
    question = http.get(DEACTIVATE, follow=True)
    question = http.get(re.search(r'href="(/accounts/2fa/reauthenticate/[^"]*)"', question.text)[1])
    assert looks_like_ours(question)
    wrong = http.post("/accounts/2fa/reauthenticate/", hidden_fields(question) | {"code": "12345678"})
    assert 'id="id_code_error">Error: Incorrect code.' in wrong.text
    answer = http.post("/accounts/2fa/reauthenticate/", hidden_fields(question) | {"code": recovery_code(protected)})
    assert answer.url == DEACTIVATE
    http.post(DEACTIVATE)
    assert not Authenticator.objects.filter(user=protected.user, type="totp").exists()


def test_no_code_is_mailed_to_whoever_is_signed_in(http, known):
    sign_in(http, known)
    assert "/reauthenticate/code/" not in http.get("/accounts/reauthenticate/").text
    for path in BY_CODE:
        assert http.get(path).status_code == 403
        assert http.post(path, {"email": known.user.email}).status_code == 403
    assert mail.outbox == []


def test_an_open_session_and_an_open_mailbox_do_not_take_the_second_factor_off(http, protected):
    http.force_login(protected.user)
    http.post("/accounts/password/reset/", {"email": protected.user.email})
    [message] = mail.outbox
    link = next(word for word in message.body.split() if "/reset/key/" in word)
    form = http.get(link, follow=True)
    new = "eight calm herons"
    http.post(form.wsgi_request.path, {"password1": new, "password2": new})
    protected.user.refresh_from_db()
    assert protected.user.check_password(new)
    assert http.post(DEACTIVATE).url.startswith("/accounts/login/")
    assert sign_in(http, protected, password=new).url == "/accounts/2fa/authenticate/"
    assert http.post(DEACTIVATE).url.startswith("/accounts/login/")
    assert Authenticator.objects.filter(user=protected.user, type="totp").exists()


def test_somebody_just_invited_has_no_other_way_in_than_the_link_they_were_sent(http, noor):
    """Without a password nobody signs in; and the verified address alone would not do for these pages either."""
    noor.user.emailaddress_set.create(email=noor.user.email, verified=True, primary=True)
    assert not sign_in(http, noor).wsgi_request.user.is_authenticated
    http.force_login(noor.user)
    assert http.get(ACTIVATE).status_code == 403
    assert http.get("/accounts/2fa/recovery-codes/generate/").status_code == 403
