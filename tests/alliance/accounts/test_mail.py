"""Mails about accounts: what is asked for within a request, and what `send_due` makes of it."""

import random
import smtplib
import time
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from alliance import crypto
from alliance.accounts.mail import send_waiting
from alliance.models import WaitingMail
from tests.factories import make_member
from tests.signing_in import PASSWORD, give_password, sign_in

RESET = "/accounts/password/reset/"
NOBODY = "nobody@millrace.test"


@pytest.fixture
def served(settings):
    """As where mails wait for `send_due`."""
    settings.ACCOUNT_MAIL_WAITS = True


def test_a_link_waits_and_send_due_sends_it(served, http, known):
    http.post(RESET, {"email": known.user.email.upper()})
    assert mail.outbox == []
    said = StringIO()
    call_command("send_due", stdout=said)
    [message] = mail.outbox
    assert message.to == [known.user.email]
    assert "1 about accounts." in said.getvalue()
    assert not WaitingMail.objects.exists()
    link = next(word for word in message.body.split() if "/reset/key/" in word)
    form = http.get(link.removeprefix("http://127.0.0.1:8000"), follow=True)
    http.post(form.wsgi_request.path, {"password1": "nine calm herons", "password2": "nine calm herons"})
    assert sign_in(http, known, password="nine calm herons").url == "/"


def test_nobody_is_written_to_at_an_address_that_is_nobodys(served, http, known):
    http.post(RESET, {"email": NOBODY})
    send_waiting()
    assert mail.outbox == []
    assert not WaitingMail.objects.exists()


def test_what_waits_cannot_be_read_in_a_dump(served, http, known):
    sign_in(http, known)
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    http.post("/accounts/email/", {"email": "mona@new.test", "action_add": ""})
    stored = list(WaitingMail.objects.values_list("content", flat=True))
    assert len(stored) == 2
    assert not any("mona" in text or "confirm-email" in text for text in stored)
    assert any("confirm-email" in crypto.open_for_installation(text) for text in stored)
    send_waiting()
    assert [message.to for message in mail.outbox] == [["mona@new.test"], [known.user.email]]


def test_whoever_asks_often_sends_one_mail_and_keeps_nobody_from_asking(served, http, known):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(30):
            page = Client(REMOTE_ADDR=f"198.51.100.{number}").post(RESET, {"email": known.user.email})
            assert page.status_code == 302
        send_waiting()
        assert len(mail.outbox) == 1
        clock.shift(timedelta(minutes=3))
        http.post(RESET, {"email": known.user.email})
        send_waiting()
        assert len(mail.outbox) == 2


def test_without_a_mail_server_it_is_tried_again(served, http, known, monkeypatch):
    def fail(*args):
        raise smtplib.SMTPServerDisconnected

    with time_machine.travel(timezone.now(), tick=False) as clock:
        http.post(RESET, {"email": known.user.email})
        with monkeypatch.context() as broken:
            broken.setattr(EmailBackend, "send_messages", fail)
            assert send_waiting() == 0
        assert send_waiting() == 0  # not again at once
        clock.shift(timedelta(minutes=2))
        assert send_waiting() == 1
        assert len(mail.outbox) == 1


def test_what_is_hours_old_is_not_sent_any_more(served, http, known):
    http.post(RESET, {"email": known.user.email})
    with time_machine.travel(timezone.now() + timedelta(hours=7)):
        assert send_waiting() == 0
    assert not WaitingMail.objects.exists()


def statements(queries):
    return [query["sql"].split(" WHERE ")[0][:60] for query in queries]


@pytest.mark.parametrize("path", [RESET, "/accounts/login/"])
def test_a_known_address_and_another_are_the_same_work(
    served, settings, known, path, django_assert_max_num_queries, monkeypatch
):
    settings.ACCOUNT_RATE_LIMITS = False
    hashed = []
    monkeypatch.setattr("alliance.accounts.backend.check_password", lambda *_: hashed.append(1))
    seen = []
    for email in (known.user.email, NOBODY):
        with django_assert_max_num_queries(20) as counted:
            answer = Client().post(path, {"email": email, "login": email, "password": "eight calm herons"})
        seen.append((answer.status_code, statements(counted.captured_queries), len(hashed)))
        hashed.clear()
    assert seen[0] == seen[1]


def auc(some, others):
    """How often one of the first is slower than one of the second: one half where nobody can tell them apart."""
    wins = sum((one > other) + (one == other) / 2 for one in some for other in others)
    return wins / (len(some) * len(others))


@pytest.mark.evidence
@pytest.mark.parametrize("path", [RESET, "/accounts/login/"])
def test_the_time_does_not_tell_who_is_known(served, settings, millrace, path):
    settings.ACCOUNT_RATE_LIMITS = False
    rounds, chance = 600, random.Random(7)
    known = [give_password(make_member(millrace, f"M{number} Reyes")).user.email for number in range(20)]
    unknown = [f"n{number}@millrace.test" for number in range(20)]
    times = {"cpu": ([], []), "wall": ([], [])}
    http = Client()
    for _round in range(rounds + 10):
        for which in chance.sample((0, 1), 2):
            email = chance.choice((known, unknown)[which])
            cpu, wall = time.process_time(), time.perf_counter()
            http.post(path, {"email": email, "login": email, "password": "eight calm herons"})
            if _round >= 10:  # the first fill caches
                times["cpu"][which].append(time.process_time() - cpu)
                times["wall"][which].append(time.perf_counter() - wall)
    for kind, (some, others) in times.items():
        found = auc(some, others)
        print(f"{path} AUC by {kind} time, n = {rounds} each: {found:.3f}")
        assert 0.45 <= found <= 0.55
