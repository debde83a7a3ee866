"""Somebody guesses passwords: they do not get far, and keep nobody out."""

import json
import subprocess
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import get_hasher
from django.test import Client
from django.utils import timezone

from tests.factories import make_member
from tests.signing_in import PASSWORD, give_password, sign_in

WRONG = {"password": "eight calm herons"}
REFUSED = "Too many tries with a wrong password."


@pytest.fixture
def compared(monkeypatch):
    """Each password that was compared with the one that is stored."""
    found = []
    kind = type(get_hasher())
    verify = kind.verify
    monkeypatch.setattr(
        kind, "verify", lambda self, password, hashed: found.append(password) or verify(self, password, hashed)
    )
    return found


def guess(member, address, **more):
    return sign_in(Client(REMOTE_ADDR=address), member, **WRONG | more)


def attack(member, times, addresses=12):
    return [guess(member, f"198.51.100.{number % addresses}") for number in range(times)]


def test_during_an_attack_the_owner_gets_in_with_a_browser_of_theirs(http, known, compared):
    sign_in(http, known)
    http.post("/accounts/logout/")
    compared.clear()
    pages = attack(known, 60)
    assert len(compared) == 5
    assert REFUSED in pages[-1].text
    assert REFUSED in guess(known, "203.0.113.9", password=PASSWORD).text
    assert sign_in(http, known).url == "/"


def test_the_browser_is_known_also_where_the_question_is_asked_once_more(http, known):
    sign_in(http, known)
    attack(known, 6)
    assert http.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def test_a_known_browser_guesses_no_further_than_another(http, known, compared):
    sign_in(http, known)
    http.post("/accounts/logout/")
    compared.clear()
    for _try in range(30):
        page = sign_in(http, known, **WRONG)
    assert REFUSED in page.text
    assert len(compared) == 10


def test_a_browser_is_known_for_who_signed_in_there_and_for_nobody_else(http, known, noor, compared):
    sign_in(http, known)
    http.post("/accounts/logout/")
    compared.clear()
    give_password(noor)
    attack(noor, 6)
    assert REFUSED in sign_in(http, noor).text


def test_two_who_share_a_browser_are_both_known_there(http, known, millrace):
    other = give_password(make_member(millrace, "Ada Quill"))
    for member in (known, other):
        sign_in(http, member)
        http.post("/accounts/logout/")
    attack(known, 6)
    attack(other, 6)
    assert sign_in(http, known).url == "/"
    http.post("/accounts/logout/")
    assert sign_in(http, other).url == "/"


@pytest.mark.parametrize("forged", ["", "x", "W10:1abc:def"])
def test_a_mark_that_is_not_ours_makes_nobody_known(known, forged):
    attack(known, 6)
    browser = Client()
    browser.cookies[settings.DEVICE_COOKIE_NAME] = forged
    assert REFUSED in sign_in(browser, known).text


def test_one_who_mistypes_does_not_lock_the_office(known, noor):
    for _try in range(40):
        guess(noor, "203.0.113.7")
    assert sign_in(Client(REMOTE_ADDR="203.0.113.7"), known).url == "/"


def test_one_address_does_not_try_one_password_on_everybody(db, compared):
    pages = [
        Client(REMOTE_ADDR="203.0.113.7").post("/accounts/login/", {"login": f"{n}@millrace.test", **WRONG})
        for n in range(25)
    ]
    assert [REFUSED in page.text for page in pages] == [False] * 20 + [True] * 5


def test_another_port_in_the_request_begins_no_new_count(known, compared):
    for port in range(8000, 8010):
        sign_in(Client(headers={"host": f"localhost:{port}"}), known, **WRONG)
    assert len(compared) == 5


def test_a_day_has_fifty_tries(known, compared):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _round in range(12):
            attack(known, 5)
            clock.shift(timedelta(minutes=6))
        assert len(compared) == 50


def test_a_new_password_ends_the_wait(http, known, mailoutbox):
    attack(known, 6)
    http.post("/accounts/password/reset/", {"email": known.user.email})
    link = next(word for word in mailoutbox[0].body.split() if "/reset/key/" in word)
    form = http.get(link.removeprefix("http://127.0.0.1:8000"), follow=True)
    http.post(form.wsgi_request.path, {"password1": "nine calm herons", "password2": "nine calm herons"})
    assert sign_in(http, known, password="nine calm herons").url == "/"


# --- Four processes at once -------------------------------------------------------------------------------------------

START = """
from tests.factories import make_member, make_practice
from tests.signing_in import give_password
give_password(make_member(make_practice(), "Mona Reyes", "manager"))
"""
HALF = f"""
import json, sys
from django.contrib.auth.hashers import get_hasher
from django.test import Client
found, kind = [], type(get_hasher())
verify = kind.verify
kind.verify = lambda self, password, hashed: found.append(password) or verify(self, password, hashed)
owner = Client(SERVER_NAME="localhost")
right = {{"login": "mona@millrace.test", "password": "{PASSWORD}"}}
got_in = [owner.post("/accounts/login/", right).status_code == 302]
owner.post("/accounts/logout/")
compared = 0
for number in range(250):
    found.clear()
    attacker = Client(SERVER_NAME="localhost", REMOTE_ADDR=f"198.51.100.{{number % 100}}")
    attacker.post("/accounts/login/", right | {{"password": "wrong"}})
    compared += len(found)
    if number % 50 == 49:
        got_in.append(owner.post("/accounts/login/", right).status_code == 302)
        owner.post("/accounts/logout/")
print(json.dumps([compared, got_in]))
"""


@pytest.mark.process
@pytest.mark.evidence
def test_a_thousand_wrong_passwords_from_a_hundred_addresses_over_four_processes(project):
    project.python(START)
    command = ("shell", "--no-imports", "--command", HALF)
    attackers = [project.start(*command, stdout=subprocess.PIPE, text=True) for _process in range(4)]
    found = [json.loads(attacker.communicate(timeout=600)[0].splitlines()[-1]) for attacker in attackers]
    assert sum(compared for compared, _got_in in found) <= 5 * 3  # of ten minutes at the most
    assert [got_in for _compared, got_in in found] == [[True] * 6] * 4
