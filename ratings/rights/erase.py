"""Erases everything about one client: rows, drafts and key. It stands on the top floor, which knows all models.

What stays is the audit, which holds codes, and one row that says what was erased: the certificate, and the ledger that
erases the client once more after a restore. A record that was one with this one for a while keeps which rows of the
audit say who looked then.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import CASCADE, Model, Q, QuerySet

from alliance import audit
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.clients.records import one_with
from alliance.drafts.actions import opened
from alliance.keeping import check_erasable
from alliance.models import (
    Client,
    DataKey,
    Episode,
    Erasure,
    FormDraft,
    ImportDraft,
    Membership,
    Practice,
    RetentionRule,
)
from alliance.names import is_named
from alliance.refusal import Refused
from ratings.rights.looked import keep_looks

log = logging.getLogger(__name__)

# What may not be removed, by the name of the trigger that keeps it (ratings 0013), and where.
LIFTED = {"strain_verdict_stays": "ratings_strainverdict", "useful_verdict_stays": "ratings_usefulverdict"}


@dataclass(frozen=True, slots=True)
class Kind:
    """The rows of one model that go with a client."""

    model: type[Model]
    rows: QuerySet[Any]

    @property
    def label(self) -> str:
        return self.model._meta.label


@as_program()
def what_would_go(client: Client) -> dict[str, int]:
    """The preview: model -> how many rows, without those that have none. Nothing is changed."""
    counts = {kind.label: kind.rows.count() for kind in _kinds_of(client)}
    drafts = _drafts_about(client)
    counts |= {"alliance.FormDraft": len(drafts.forms), "alliance.ImportDraft": len(drafts.files)}
    return {label: count for label, count in counts.items() if count}


def erase_client(
    *, client: Client, reason: Erasure.Reason, asked_by: Membership, agreed_by: Membership | None
) -> Erasure:
    """Erases a client whom two managers agreed on, and returns the certificate.

    Raises
    ------
    Refused
        One of the two is no manager of the practice now, or they are one person while the practice has another; or a
        legal hold stands on the record, or it was joined to another one.
    """
    with transaction.atomic():
        Practice.objects.select_for_update(no_key=True).get(pk=client.practice_id)
        check_erasable(client, asked_by, agreed_by)
        erasure = _erase(
            client,
            Erasure(
                practice_code=str(client.practice.code),
                client_code=str(client.code),
                reason=reason,
                asked_by_code=str(asked_by.user.code),
                agreed_by_code=str(agreed_by.user.code) if agreed_by else "",
            ),
        )
    empty_the_log()
    return erasure


def erase_by_rule(*, client: Client, reason: Erasure.Reason, rule: RetentionRule) -> Erasure:
    """Erases a client by the rule of the practice, which two managers agreed on; `retention` asks first."""
    return _erase(
        client,
        Erasure(
            practice_code=str(rule.practice.code),
            client_code=str(client.code),
            reason=reason,
            asked_by_code=str(rule.set_by.user.code),
            agreed_by_code=str(rule.agreed_by.user.code) if rule.agreed_by else "",
        ),
    )


def erase_again(erasure: Erasure) -> bool:
    """Erases a client of the ledger whom a restore brought back; whether there was one."""
    with transaction.atomic():
        client = Client.objects.filter(code=erasure.client_code).first()
        if client is None:
            return False
        Erasure.objects.filter(client_code=erasure.client_code).delete()
        _erase(client, erasure)
    return True


def erased_or_logged(code: UUID, erase: Callable[[], bool]) -> bool:
    """Whether it was; a record that cannot be erased keeps no other one from it, nor the sender from the rest.

    One that waited too long for a lock is tried again at the next run.
    """
    try:
        return erase()
    except (IntegrityError, OperationalError, Refused) as error:
        log.error("The record %s could not be erased: %s.", code, type(error).__name__)
        return False


def may_erase() -> bool:
    """Whether the role that runs the program may: with two roles of PostgreSQL the owner of the tables alone does."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('alliance_erasure', 'INSERT')")
        return bool(cursor.fetchone()[0])


def empty_the_log() -> None:
    """SQLite's log is written into the file and emptied."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _erase(client: Client, erasure: Erasure) -> Erasure:
    """The key goes with the rows, so that nothing of an old copy can be read once the copies of the key are gone."""
    lock_all_of(client)
    practice, joined = client.practice, list(joined_to(client))
    keys = [row.data_key_id for row in (client, *joined)]
    erasure.counts = what_would_go(client)
    drafts = _drafts_about(client)
    kinds = list(_kinds_of(client))
    outside = _what_points_in(kinds)
    keep_looks(set(Episode.objects.filter(client__in=[client, *joined]).values_list("pk", flat=True)), practice)
    _record_each_case(outside, practice)
    for pointing in outside:
        if pointing.stays:
            pointing.rows.update(**{pointing.column: None})
        else:
            kinds.append(Kind(pointing.model, pointing.rows))
    with _verdicts_may_go():
        for kind in kinds:
            kind.rows._raw_delete(kind.rows.db)  # the collector refuses protected rows
    FormDraft.objects.filter(pk__in=drafts.forms).delete()
    ImportDraft.objects.filter(pk__in=drafts.files).delete()
    DataKey.objects.filter(pk__in=keys).delete()
    erasure.save()
    for row in joined:  # or a restore of what was before the two were joined would bring it back
        Erasure.objects.create(
            practice_code=erasure.practice_code,
            client_code=str(row.code),
            reason=erasure.reason,
            asked_by_code=erasure.asked_by_code,
            agreed_by_code=erasure.agreed_by_code,
        )
    audit.record_code(Verb.ENDED, "client", erasure.client_code, practice=practice, count=sum(erasure.counts.values()))
    return erasure


def codes_of(client: Client) -> list[str]:
    """The codes of everything about a client: by them the audit and the addresses name it."""
    return [
        str(code)
        for kind in _kinds_of(client)
        if any(field.name == "code" for field in kind.model._meta.concrete_fields)
        for code in kind.rows.values_list("code", flat=True)
    ]


def models_about_clients() -> list[type[Model]]:
    """Every model with a key to a client or an episode, then those two: each before what it points to."""
    pointing = [
        model
        for model in apps.get_models()
        if model not in (Client, Episode) and any(_is_about(field) for field in model._meta.concrete_fields)
    ]
    return [*pointing, Episode, Client]


def _is_about(field: Any) -> bool:
    return bool(field.is_relation and field.related_model in (Client, Episode))


def joined_to(client: Client) -> QuerySet[Client]:
    """The records of the same person whose sessions stand in a case of this one."""
    joined: QuerySet[Client] = Client.objects.filter(
        pk__in=Episode.objects.filter(joined_into__client=client).values("client")
    ).exclude(pk=client.pk)
    return joined


def _kinds_of(client: Client) -> Iterator[Kind]:
    clients = [client.pk, *joined_to(client).values_list("pk", flat=True)]
    episodes = list(Episode.objects.filter(client__in=clients).values_list("pk", flat=True))
    for model in models_about_clients():
        rows: QuerySet[Any] = model._base_manager.all()
        if model is Client:
            yield Kind(model, rows.filter(pk__in=clients))
            continue
        condition = Q(pk__in=[])  # an empty condition would be every row there is
        for field in model._meta.concrete_fields:
            if _is_about(field) and model is not Episode:
                value = {"__in": clients if field.related_model is Client else episodes}
                condition |= Q(**{f"{field.name}{how}": of for how, of in value.items()})
        yield Kind(model, rows.filter(pk__in=episodes) if model is Episode else rows.filter(condition))


@dataclass(frozen=True, slots=True)
class Pointing:
    """Rows of others that point to what goes, by one column; where two cases were one for a while, there are some."""

    model: type[Model]
    column: str
    keys: frozenset[int]
    stays: bool  # without it, as the session that was filed here; where the column may not be empty, the row goes too

    @property
    def rows(self) -> QuerySet[Any]:
        return self.model._base_manager.filter(pk__in=self.keys)

    def cases(self) -> list[int]:
        return list(self.rows.exclude(episode=None).values_list("episode", flat=True))


def _what_points_in(kinds: list[Kind]) -> list[Pointing]:
    """Rows that are not about this client, and so not counted."""
    found = []
    going = {kind.model: set(kind.rows.values_list("pk", flat=True)) for kind in kinds}
    for model in going:  # defined after those that it names, so one pass finds also what points to what is found
        for field in cast(list[Any], model._meta.concrete_fields):
            if field.related_model not in going or _is_about(field):
                continue
            rows = model._base_manager.filter(**{f"{field.name}__in": going[field.related_model]})
            keys = frozenset(rows.exclude(pk__in=going[model]).values_list("pk", flat=True))
            stays = field.null and field.remote_field.on_delete is not CASCADE
            if keys:
                found.append(Pointing(model, field.name, keys, stays))
            if not stays:
                going[model] |= keys
    return found


def lock_all_of(client: Client) -> None:
    """Locks every case that is touched, as the first lock of every write, and then whom they are about.

    In the order of their keys, as `alliance.clients.records.lock_records` has it; also of who is one with them, as the
    two may be parted first.

    Against every other lock, as the rows go: beside a weaker one a link could still come in that names them.
    """
    clients = one_with([client.pk])
    cases = set(Episode.objects.filter(client__in=clients).values_list("pk", flat=True))
    cases.update(case for pointing in _what_points_in(list(_kinds_of(client))) for case in pointing.cases())
    for rows in (Episode.objects.filter(pk__in=cases), Client.objects.filter(pk__in=clients)):
        list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def _record_each_case(outside: list[Pointing], practice: Practice) -> None:
    """That something of it went or forgot where it pointed stands in the audit under the code of its own case."""
    counts = Counter(case for pointing in outside for case in pointing.cases())
    cases = Episode.objects.in_bulk(counts)
    audit.record_each(Verb.CHANGED, {cases[key]: count for key, count in counts.items()}, practice=practice)


@dataclass(frozen=True, slots=True)
class Drafts:
    """What somebody typed or uploaded about a client, and did not save."""

    forms: list[int]
    files: list[int]


def _drafts_about(client: Client) -> Drafts:
    """By the codes in the address of a form or in its text, or by the client's name or address in its text."""
    key = client.practice.data_key
    codes = codes_of(client)
    people = [client, *joined_to(client).select_related("data_key")]
    called = {row.sought_name for row in people}
    emails = {row.email.shown(row.data_key).casefold() for row in people if row.email}

    def has_code(text: str) -> bool:
        return any(code in text for code in codes)

    def names(text: str) -> bool:
        return any(is_named(name, text) for name in called) or any(email in text.casefold() for email in emails)

    forms = FormDraft.objects.filter(sent_by__practice=client.practice_id)
    forms = forms.select_related("sent_by__practice__data_key")
    files = ImportDraft.objects.filter(practice=client.practice_id)
    return Drafts(
        [
            draft.pk
            for draft in forms
            for typed in ["\n".join(value for values in opened(draft).values() for value in values)]
            if has_code(f"{draft.page} {draft.action} {typed}") or names(typed)
        ],
        [draft.pk for draft in files if names(draft.text.shown(key))],
    )


@contextmanager
def _verdicts_may_go() -> Iterator[None]:
    """Lifts the triggers that keep verdicts, by name, to the end of the block; a failed transaction puts them back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            connection.check_constraints()  # PostgreSQL alters no table whose checks wait for the end
            for name, table in LIFTED.items():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
            yield
            connection.check_constraints()
            for name, table in LIFTED.items():
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        made = {name: sql for name, sql in cursor.fetchall() if name in LIFTED}
        for name in made:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for sql in made.values():
            cursor.execute(sql)
