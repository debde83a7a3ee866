"""Passkeys, as far as it takes no browser. The rest: tests/e2e/test_passkeys.py."""

import json

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from fido2.cose import UnsupportedKey

from tests.alliance.accounts.soft_passkey import PRESENT, VERIFIED, SoftPasskey
from tests.factories import make_member
from tests.signing_in import PASSWORD, give_password, sign_in

LIST, ADD = "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/"
LOGIN, AGAIN = "/accounts/2fa/webauthn/login/", "/accounts/2fa/webauthn/reauthenticate/"
HOST = {"headers": {"host": "localhost"}}
REFUSED = "This passkey was not accepted."
KEY = {"id": "YQ", "rawId": "YQ", "type": "public-key"}
EMPTY = {"clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "A" * 50, "signature": "YQ"}
ODD = [
    "",
    "null",
    "no JSON",
    "[" * 100_000,
    "9" * 5_000,
    "NaN",
    json.dumps([]),
    json.dumps("a"),
    json.dumps(KEY | {"id": "é", "rawId": "é"}),
    json.dumps(KEY | {"response": None}),
    json.dumps(KEY | {"response": EMPTY}),
    json.dumps(KEY | {"response": EMPTY | {"userHandle": 7}}),
    json.dumps(KEY | {"response": EMPTY | {"userHandle": "_w"}}),
    json.dumps(KEY | {"response": {"clientDataJSON": "YQ", "attestationObject": "YQ"}}),
]


def browser():
    return Client(**HOST)


def add_passkey(http, member, name="My phone", public_key=None, alone=True):
    """Signs in with the password, and adds a passkey, which can sign in alone."""
    sign_in(http, member)
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    passkey = SoftPasskey()
    made = passkey.made(http.get(ADD).context["js_data"], public_key)
    answer = http.post(ADD, {"name": name, "credential": made} | ({"passwordless": "on"} if alone else {}))
    assert answer.url == "/accounts/2fa/recovery-codes/"
    return passkey


def options(http):
    return http.get(LOGIN, headers={"accept": "application/json"}).json()


def handle(member):
    return user_pk_to_url_str(member.user).encode()


@pytest.fixture
def http():
    return browser()


def test_what_no_browser_makes_is_a_sentence_and_no_fault(http, known):
    add_passkey(http, known)
    stranger = browser()
    for credential in ODD:
        cache.clear()  # nor are they too many
        assert http.get(ADD).status_code == 200
        page = http.post(ADD, {"name": "My phone", "credential": credential})
        assert page.status_code == 200 and REFUSED in page.text
        http.get(AGAIN)
        assert http.post(AGAIN, {"credential": credential}).status_code == 302
        assert REFUSED in http.get("/you/").text
        assert "request_options" in options(stranger)
        assert REFUSED in stranger.post(LOGIN, {"credential": credential}, follow=True).text
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_a_passkey_without_a_key_is_a_sentence_and_no_fault(http, known):
    sign_in(http, known)
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    made = SoftPasskey().made(http.get(ADD).context["js_data"], flags=PRESENT | VERIFIED)
    page = http.post(ADD, {"name": "My phone", "credential": made})
    assert page.status_code == 200 and REFUSED in page.text
    assert not Authenticator.objects.exists()


def test_a_key_that_nobody_can_check_is_a_sentence_and_no_fault(http, known):
    passkey = add_passkey(http, known, public_key=UnsupportedKey({1: 2, 3: -9999}))
    door = browser()
    given = passkey.given(options(door), handle(known))
    assert REFUSED in door.post(LOGIN, {"credential": given}, follow=True).text


@pytest.mark.parametrize(("alone", "said"), [(True, "signs you in alone"), (False, "after the password")])
def test_it_signs_in_alone_only_where_its_owner_chose_so(http, known, alone, said):
    passkey = add_passkey(http, known, alone=alone)
    assert said in http.get(LIST).text
    door = browser()
    given = passkey.given(options(door), handle(known))
    answer = door.post(LOGIN, {"credential": given}, follow=True)
    assert answer.wsgi_request.user.is_authenticated == alone
    assert (REFUSED in answer.text) != alone


@pytest.mark.parametrize(("told", "said"), [(True, "signs you in alone"), (False, "after the password")])
def test_one_from_before_the_choice_was_kept_does_what_the_browser_told(http, known, told, said):
    passkey = add_passkey(http, known)
    row = Authenticator.objects.get(type="webauthn")
    del row.data["credential"]["alone"]
    row.data["credential"]["clientExtensionResults"] = {"credProps": {"rk": told}}
    row.save()
    assert said in http.get(LIST).text
    door = browser()
    given = passkey.given(options(door), handle(known))
    assert door.post(LOGIN, {"credential": given}, follow=True).wsgi_request.user.is_authenticated == told


def test_it_signs_in_alone_where_it_asked_for_a_finger_and_only_its_owner(http, known, millrace):
    other = give_password(make_member(millrace, "Ada Quill"))
    passkey = add_passkey(http, known)
    door = browser()
    for user, flags in ((handle(known), PRESENT), (handle(other), PRESENT | 4), (b"zzzz", PRESENT | 4)):
        refused = door.post(LOGIN, {"credential": passkey.given(options(door), user, flags)}, follow=True)
        assert REFUSED in refused.text
        assert not refused.wsgi_request.user.is_authenticated
    given = passkey.given(options(door), handle(known))
    assert door.post(f"{LOGIN}?next=/people/", {"credential": given}).url == "/people/"
    assert door.get("/people/").status_code == 200
    assert REFUSED in browser().post(LOGIN, {"credential": given}, follow=True).text  # heard on its way, sent again


def test_its_name_is_stored_sealed_and_changed_by_its_owner_alone(http, known, millrace):
    add_passkey(browser(), give_password(make_member(millrace, "Ada Quill")), "Key of Ada")
    other = Authenticator.objects.get(type="webauthn")
    add_passkey(http, known)
    mine = Authenticator.objects.get(type="webauthn", user=known.user)
    assert "My phone" in http.get(LIST).text
    assert "Key of Ada" not in http.get(LIST).text
    edit = f"{LIST}keys/{mine.pk}/edit/"
    assert 'value="My phone"' in http.get(edit).text
    http.post(edit, {"name": "<b>Blue phone</b>"})
    mine.refresh_from_db()
    assert "Blue phone" not in json.dumps(mine.data)
    assert "&lt;b&gt;Blue phone" in http.get(LIST).text
    assert http.post(edit, {"name": "a" * 61}).status_code == 200
    for what in ("edit", "remove"):
        assert http.get(f"{LIST}keys/{other.pk}/{what}/").status_code == 404
        assert http.post(f"{LIST}keys/{other.pk}/{what}/", {"name": "mine"}).status_code == 404
    assert Authenticator.objects.filter(pk=other.pk).exists()


def test_an_open_browser_adds_and_removes_none(http, known):
    add_passkey(browser(), known)
    mail.outbox.clear()
    passkey = Authenticator.objects.get(type="webauthn")
    http.force_login(known.user)
    for path in (ADD, f"{LIST}keys/{passkey.pk}/remove/", f"{LIST}keys/{passkey.pk}/edit/"):
        assert http.get(path).url.startswith("/accounts/reauthenticate/")
        assert http.post(path, {"name": "mine"}).url.startswith("/accounts/reauthenticate/")
    assert Authenticator.objects.get(type="webauthn").data == passkey.data
    assert mail.outbox == []


def test_a_name_that_cannot_be_opened_does_not_take_the_page(http, known):
    add_passkey(http, known)
    passkey = Authenticator.objects.get(type="webauthn")
    passkey.data["name"] = "moved here"
    passkey.save()
    assert "This text cannot be opened." in http.get(LIST).text


def test_an_office_that_shares_an_address_signs_in(db):
    for _person in range(25):
        assert "request_options" in options(browser())
