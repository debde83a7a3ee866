"""Words that must not leak: planted everywhere a person writes, then searched for where they have no business."""

import base64
import hashlib
import logging
import pickle
import re

import pytest
from django.db import connection
from django.urls import reverse

from alliance.clients import actions as client_actions
from alliance.models import Client, Membership
from alliance.people.actions import add_member
from alliance.site.logs import MaskTokens
from ratings.cases import case
from ratings.cases.actions import log_session
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.models import CheckIn, Rating
from sessions.models import Goal, PrivateNote
from sessions.plan import actions as plan
from tests.courses import answers, client_answers, consent
from tests.factories import days_ago, editor_of
from tests.lives import CANARY

SEALED_MODELS = (Client, Membership, Rating, Goal, PrivateNote)


@pytest.fixture
def planted(millrace, dana, instruments, settings):
    """A case in which every text that a person can write holds the word; and the key of a check-in."""
    client = client_actions.create_client(
        practice=millrace, name=f"{CANARY} name", email=f"{CANARY}@example.org", phone=f"0{CANARY}", by=dana
    )
    add_member(practice=millrace, email="ida@millrace.test", name=f"Ida {CANARY}", roles=["therapist"])
    consent(client)
    episode = client_actions.start_episode(client=client, therapist=dana, by=dana, starts_at=days_ago(10))
    plan.agree_goal(editor=editor_of(episode), text=f"We are working on {CANARY}.")
    for days, private_note in ((9, f"{CANARY} in a note"), (2, "")):
        log_session(
            editor=editor_of(episode),
            starts_at=days_ago(days),
            ends_at=days_ago(days - 1),
            zone="UTC",
            mode="in_person",
            attendance="attended",
            answers=answers(3),
            private_note=private_note,
        )
    first, second = CheckIn.objects.order_by("therapy_session__starts_at")
    answer_check_in(check_in=first, answers=client_answers(3, comment=f"A {CANARY} sang."), may_change=False)
    token = links.mint_check_in_link(check_in=second, editor=None, channel="screen")
    return episode, token


def all_values():
    """Every value of every table, as the database gives it."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                yield from ((f"{table}.{column}", str(value)) for column, value in zip(columns, row, strict=True))


def test_no_sealed_text_and_no_key_of_a_link_is_in_any_table(planted):
    _episode, token = planted
    values = list(all_values())
    assert len(values) > 200
    assert [place for place, value in values if CANARY in value.lower()] == []
    assert [place for place, value in values if token in value] == []
    # The search would find it: a name that is not sealed, the practice's, is there.
    assert [place for place, value in values if value == "Millrace Practice"] == ["alliance_practice.name"]


def test_the_cache_names_nobody_and_no_machine(http, db):
    http.post("/accounts/login/", {"login": f"{CANARY}@example.org", "password": "wrong"}, REMOTE_ADDR="203.0.113.7")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM alliance_cache")
        entries = cursor.fetchall()
    assert len(entries) >= 2  # of the address it came from, and of the account
    assert [key for key, _value in entries if not re.fullmatch("[0-9a-f]{64}", key)] == []
    assert hashlib.sha256(f"{CANARY}@example.org".encode()).hexdigest() not in str(entries)
    values = [pickle.loads(base64.b64decode(value)) for _key, value in entries]
    assert {type(moment) for value in values for moment in value} == {float}


def test_no_repr_shows_a_row(planted):
    for model in SEALED_MODELS:
        assert model.objects.count() > 0
        shown = repr(model.objects.all()) + str(model.objects.first()) + repr(model.objects.first())
        shown += repr(vars(model.objects.first()))
        assert CANARY not in shown.lower(), model


def test_no_log_line_holds_a_word_a_name_or_a_key(planted, dana, http, caplog, monkeypatch):
    """Not even when a page breaks with the texts in its hands."""
    episode, token = planted
    http.raise_request_exception = False

    def break_down(*args):
        held_in_hand = episode.client.display_name  # noqa: F841 -- a local variable that a traceback could show
        raise RuntimeError("planted")

    with caplog.at_level(logging.DEBUG):
        logging.getLogger("django.request").propagate = True
        http.force_login(dana.user)
        assert http.get(reverse("ratings:case", args=[episode.code])).status_code == 200
        monkeypatch.setattr(case, "latest_rows", break_down)
        broken = http.get(reverse("ratings:case", args=[episode.code]))
        assert broken.status_code == 500
        assert CANARY not in broken.text
        assert "planted" not in broken.text
        assert "Traceback" not in broken.text
        http.logout()
        for address in (f"/c/{token}/", "/c/x/", f"/c/{token}x/"):
            http.get(address)
            http.post(address, {"nonsense": CANARY})
    assert "planted" in caplog.text
    assert CANARY not in caplog.text.lower()


def test_the_server_masks_the_key_of_a_check_in_in_its_log(planted, settings):
    """As configured for the console handler, where Django's own warnings name the path."""
    _episode, token = planted
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (f"/c/{token}/",), None)
    assert "mask_tokens" in settings.LOGGING["handlers"]["console"]["filters"]
    mask = MaskTokens()
    assert settings.LOGGING["filters"]["mask_tokens"]["()"] == "alliance.site.logs.MaskTokens"
    assert mask.filter(record)
    assert record.getMessage() == "Not Found: /c/…"
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, f"Gone: /c/p/{token}/?x", (), None)
    assert mask.filter(record)
    assert record.getMessage() == "Gone: /c/…?x"


def test_who_reads_what_of_a_case(planted, dana, sam, http):
    """The supervisor reads along, but neither the private note nor a comment that is not meant for them."""
    episode, _token = planted
    http.force_login(dana.user)
    own = http.get(reverse("ratings:case", args=[episode.code])).text
    assert f"{CANARY} in a note" in own
    assert f"A {CANARY} sang." in own
    http.force_login(sam.user)
    read = http.get(reverse("ratings:case", args=[episode.code])).text
    assert f"We are working on {CANARY}." in read
    assert "in a note" not in read
    assert "sang" not in read
    rating = Rating.objects.get(rater="client")
    Rating.objects.filter(pk=rating.pk).update(comment_for="supervisor")
    read = http.get(reverse("ratings:case", args=[episode.code])).text
    assert f"A {CANARY} sang." in read
    assert "in a note" not in read
