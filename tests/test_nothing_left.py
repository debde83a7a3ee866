"""What is left of a client after an erasure: codes in the audit and the certificate, and no word anywhere."""

import base64
import contextlib
import logging
import pickle
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from alliance import crypto
from alliance.accounts.session_store import SessionStore
from alliance.drafts.actions import keep_draft
from alliance.drafts.shown import ShownForm
from alliance.models import BrowserSession, DataKey, ErasureRequest
from ratings.check_in import links
from ratings.models import CheckIn
from ratings.rights.erase import codes_of
from tests.courses import answers
from tests.factories import days_ago, make_episode, make_member
from tests.lives import CANARY
from tests.signing_in import give_password, sign_in

CODES_STAY_IN = {"alliance_auditevent", "alliance_erasure"}


def opened(value, keys):
    """A stored value, and what the program would make of it: unsealed, unpickled as the cache does, or decoded."""
    yield value
    if value.startswith("a2."):
        for key in keys:
            if value.split(".")[1] == key.pk.hex:
                yield key.fernet.decrypt(value.split(".", 2)[2].encode()).decode(errors="replace")
    if value.startswith("gAAAA"):
        with contextlib.suppress(crypto.InvalidToken):
            yield crypto.open_for_installation(value)


def everything():
    """Every value in the database, opened where it can be: table, text."""
    keys = list(DataKey.objects.all())
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in map(str, row):
                    yield from ((table, text) for text in opened(value, keys))
                if table == "alliance_cache":
                    yield table, str(pickle.loads(base64.b64decode(row[1])))
                if table == BrowserSession._meta.db_table:
                    yield from ((table, str(SessionStore().decode(value))) for value in row if is_signed(value))


def is_signed(value):
    """Whether this is what a session holds, and not when it ends or whose it is."""
    return isinstance(value, str) and value.count(":") == 2


def found(*words):
    return [(table, text) for table, text in everything() for word in words if word in text.casefold()]


@pytest.fixture
def lived(http, millrace, dana, sam, mona, instruments, caplog):
    """A client who was entered, seen, answered, looked for and written about, all through pages; Sorrel stays."""
    make_episode(dana, "Sorrel")
    millrace.crisis_phone = "01632 960 117"
    millrace.save()
    caplog.set_level(logging.DEBUG)
    sign_in(http, give_password(dana))
    new = {
        "name": f"Kai {CANARY}",
        "email": f"kai@{CANARY}.test",
        "goal": f"We are working on {CANARY}.",
        "check_in": "on",
    }
    page = http.get(reverse("ratings:case-create"))
    form = {name: field.value() for name in page.context["form"].fields for field in [page.context["form"][name]]}
    sent = {name: value for name, value in (form | new).items() if value is not None}
    case = http.post(reverse("ratings:case-create"), sent)
    assert case.status_code == 302, case.context and case.context["form"].errors
    episode = dana.episodes.latest("pk")
    for purpose in ("check_in", "email"):
        episode.client.consents.get_or_create(purpose=purpose, defaults={"text_version": "2026-11"})
    log = reverse("ratings:session-log", args=[episode.code])
    http.get(case.url)
    for page, more in ((log, {}), (reverse("ratings:week"), {"case": [str(episode.code)]})):
        typed = {"note": [f"Say {CANARY} more."]} | more
        keep_draft(form=ShownForm(dana.user.code, uuid4(), page), action=page, fields=typed)
    http.post(reverse("ratings:cases"), {"name": CANARY})
    http.post(reverse("ratings:client-rename", args=[episode.code]), {"name": f"Kim {CANARY}", "typed": CANARY})
    http.post("/accounts/login/", {"login": f"kai@{CANARY}.test", "password": "wrong"})
    return episode


def test_after_an_erasure_no_word_of_the_client_is_left(http, lived, dana, sam, mona, caplog, live_through, settings):
    *_before, waiting = live_through(lived, [3, 1, None], comment=f"A {CANARY} sang.", comment_for="supervisor")
    token = links.mint_check_in_link(check_in=waiting, editor=None, channel="screen")
    http.post(f"/c/{token}/", answers(2) | {"comment": f"The {CANARY} again.", "own_device": "on"})
    http.post(f"/c/{token}/", answers(1) | {"comment": f"No {CANARY}."})
    assert CheckIn.objects.filter(ratings__rater="client").distinct().count() == 3
    for member, path in ((sam, reverse("ratings:caseload")), (sam, reverse("ratings:case", args=[lived.code]))):
        http.force_login(member.user)
        assert http.get(path).status_code == 200
    call_command("send_due")
    assert found(CANARY), "the search finds what is there"
    codes = codes_of(lived.client)
    ida = make_member(mona.practice, "Ida Berg", "manager")
    http.force_login(mona.user)
    preview = reverse("ratings:record-erase", args=[lived.client.code])
    http.post(preview, {"reason": "asked", "code": str(lived.client.code)[:8]})
    http.force_login(ida.user)
    http.post(f"{preview}answer/", {"answer": "agree"})
    ErasureRequest.objects.update(due_at=days_ago(0.001))
    call_command("send_due")
    assert found(CANARY) == []
    left = {table for code in codes for table, _text in found(code, code.replace("-", ""))}
    assert left <= CODES_STAY_IN
    assert CANARY not in caplog.text.casefold()
    told = [message for message in mail.outbox if lived.client.code.hex[:8] in message.body]
    assert told and not any(CANARY in f"{message.subject} {message.body}" for message in told)
