"""A browser for each kind of person, and requests that leave nothing behind."""

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Max
from django.test import Client
from django.urls import reverse

from alliance.models import AuditEvent
from ratings.models import CheckIn

PERSONAS = ("anonymous", "link", "dana", "noor", "otis", "sam", "vera", "eve", "mona", "lee")
# anonymous, holder of a check-in link, the client's therapist, another therapist, a therapist of another practice, the
# supervisor, the former supervisor, the supervisor of one episode (Sorrel's, not Juniper's), the manager, a user whose
# membership has ended.


@pytest.fixture
def browsers(request, subjects, settings):
    """A browser for each persona, with the CSRF check on; nobody is asked who they are again, however long it takes."""
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = settings.SESSION_IDLE_SECONDS = settings.SESSION_COOKIE_AGE
    found = {}
    password = make_password("seven calm herons")
    for name in PERSONAS:
        browser = Client(enforce_csrf_checks=True)
        if name == "link":
            check_in = CheckIn.objects.filter(ratings__rater="client", read_at__isnull=True).first()
            given = check_in.ratings.get(rater="client").answers | {"own_device": "on"}
            send = browser.post(reverse("links:check-in", args=subjects["used"]), given)
            assert send.status_code == 303
        elif name != "anonymous":
            user = request.getfixturevalue(name).user
            user.password = password
            user.save()
            browser.force_login(user)
        found[name] = browser
    return found


@contextmanager
def taken_back(browser):
    """Whatever a request did, to the database and to the browser's cookies, is undone."""
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    browser.cookies = cookies


@dataclass(frozen=True)
class Answer:
    """What a request came to: the status, and what is on record as read, as `tests.matrix_reads` has it."""

    status: int
    read: str
    of: frozenset[str] = field(default=frozenset(), compare=False)  # the codes in the rows that are not of a list


AS_READ = {"read": "", "listed": "*", "exported": ">"}


def answer(browser, method, path, with_token=True):
    with taken_back(browser):
        headers = {}
        if with_token:
            browser.cookies["csrftoken"] = headers["X-CSRFToken"] = "a" * 32
        before = AuditEvent.objects.aggregate(last=Max("pk", default=0))["last"]
        response = browser.generic(method.upper(), path, headers=headers)
        close(response)
        events = AuditEvent.objects.filter(pk__gt=before, verb__in=AS_READ)
        read = " ".join(sorted({event.subject_type + AS_READ[event.verb] for event in events}))
        return Answer(response.status_code, read, frozenset(e.subject_code for e in events if e.verb != "listed"))


def ask(browser, method, path, with_token=True):
    return answer(browser, method, path, with_token).status


def close(response):
    """Reads a file that comes in pieces to its end, which closes it; `close` alone would close the database too."""
    if response.streaming:
        for _piece in response.streaming_content:
            pass
