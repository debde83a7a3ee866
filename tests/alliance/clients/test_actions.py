"""What is written about a client: each consent that starts or ends is on record, whoever writes it."""

import ast

import pytest
from django.conf import settings

from alliance.clients import actions
from alliance.models import AuditEvent, Consent

WRITES = {
    "save", "create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete", "add",
}  # fmt: skip
CONSENTS = {"Consent", "consents", "alliance.Consent"}


def functions_of(sources):
    return [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


def words_of(tree):
    """The names in it, and its texts, of which one may be the label of a model."""
    for node in ast.walk(tree):
        for name in ("id", "attr", "value"):
            if isinstance(word := getattr(node, name, None), str):
                yield word


def writers_of_consents(sources):
    """The functions that name consents, or call one that returns some, and write something."""
    functions = functions_of(sources)
    handing_out = {one.name for one in functions if one.returns and CONSENTS & set(words_of(one.returns))}
    found = []
    for function in functions:
        calls = {
            node.func.attr for node in ast.walk(function) if isinstance(getattr(node, "func", None), ast.Attribute)
        }
        if (CONSENTS | handing_out) & set(words_of(function)) and calls & WRITES:
            found.append(function.name)
    return found


def test_only_the_actions_about_a_client_write_consents():
    files = [
        file
        for package in ("alliance", "sessions", "ratings")
        for file in (settings.BASE_DIR / package).rglob("*.py")
        if "migrations" not in file.parts and "demo" not in file.parts  # the demo's people are made up
    ]
    here = {"create_client", "_agree", "_end", "change_client"}
    assert set(writers_of_consents(file.read_text() for file in files)) == here


def test_a_consent_written_elsewhere_would_be_found():
    direct = "def a(client):\n    client.consents.filter(purpose='email').update(withdrawn_at=now())\n"
    by_name = "def b():\n    apps.get_model('alliance.Consent').objects.create()\n"
    reads = "def c(client) -> QuerySet[Consent]:\n    return Consent.objects.filter(client=client)\n"
    through = "def d(client):\n    c(client).update(withdrawn_at=now())\n"
    assert writers_of_consents([direct, by_name, reads, through]) == ["a", "b", "d"]


@pytest.fixture
def newcomer(millrace, dana):
    return actions.create_client(practice=millrace, name="Sage", by=dana, consents=["check_in", "email"])


def test_each_consent_that_starts_or_ends_is_on_record(newcomer):
    actions.settle_consent(client=newcomer, purpose="email", given=False)
    actions.decide_by_link(client=newcomer, purpose="study", agrees=True)
    Consent.objects.filter(purpose="study").update(text_version="2025-01", text_hash="")
    actions.renew_consent(client=newcomer, purpose="study")
    rows = Consent.objects.all()
    due = {(str(row.code), "created") for row in rows} | {(str(row.code), "ended") for row in rows if row.withdrawn_at}
    events = AuditEvent.objects.filter(subject_type="consent").values_list("subject_code", "verb")
    assert (len(due), sorted(events)) == (6, sorted(due))
