"""Reads: everything about one therapy that its client may have, as the registry decides."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import Field, Model, Q, QuerySet
from django.utils import timezone
from django.utils.encoding import force_str

from alliance.acting import as_program
from alliance.clients.wordings import wording_of
from alliance.crypto import DataKey, Sealed
from alliance.dates import zone_in_words
from alliance.models import Client, Consent, Episode, LegalHold, Membership
from ratings.cells.values import defused
from ratings.check_in.plan_questions import SaidOfPlan, said_of_plan
from ratings.detection.shadow import is_in_shadow
from ratings.models import Assessment, Instrument, Rating, Rupture
from ratings.rights.copy_words import FINDINGS, LABELS, evidence_in_words, instant_in_words, plain
from ratings.rights.registry import IN_COPY, LEFT_OUT, NAMED_AS_LEFT_OUT, SHOWN_UNLESS_IN_SHADOW, Told
from sessions.models import Goal, Task, TherapySession

OF_THE_RECORD = (Client, Consent, LegalHold)  # of the client, not of one therapy

Value = str | int | float | bool | None | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one kind, each with a value for every column."""

    model: str
    title: str
    columns: list[str]  # as the program calls them
    rows: list[list[Value]]
    entries: list[list[tuple[str, Value]]]  # for the page: of each row what is filled in, with its label


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything about one therapy."""

    practice: str
    made_at: datetime
    sections: list[Section]
    left_out: list[str]
    zone: str  # of the times on the page, in words

    def as_json(self) -> str:
        """As a machine reads it: the columns by the program's own names."""
        return json.dumps(
            {
                "practice": self.practice,
                "made_at": self.made_at.isoformat(),
                "left_out": self.left_out,
                "records": {
                    section.model: [dict(zip(section.columns, row, strict=True)) for row in section.rows]
                    for section in self.sections
                },
            },
            ensure_ascii=False,
            indent=1,
        )

    def as_csv(self) -> str:
        """As a spreadsheet reads it: a line for each value, and no text that it would take for a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["record", "number", "column", "value"])
        for section in self.sections:
            for number, row in enumerate(section.rows, 1):
                for column, value in zip(section.columns, row, strict=True):
                    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                    writer.writerow([section.model, number, column, defused("" if value is None else text)])
        return out.getvalue()


def copy_of(episode: Episode) -> Copy:
    """The copy of one therapy. The client's other therapies are not in it: whoever hands it over may not know them."""
    practice = episode.client.practice
    sections = [
        _section(told, episode)
        for told in IN_COPY
        if told.model != SHOWN_UNLESS_IN_SHADOW or not is_in_shadow(practice)
    ]
    return Copy(
        practice.name,
        timezone.now(),
        [section for section in sections if section.rows],
        [force_str(LEFT_OUT[model]) for model in NAMED_AS_LEFT_OUT],
        zone_in_words(practice.zone),
    )


def _section(told: Told, episode: Episode) -> Section:
    model = apps.get_model(told.model)
    fields = [model._meta.get_field(name) for name in told.told]
    relations = [field.name for field in fields if field.is_relation]
    of_people = [field.name for field in fields if field.related_model is Membership]
    members = [f"{name}__practice__data_key" for name in of_people]
    texts = ["text"] if model is Rating else []
    rows = rows_of(told.model, episode).select_related(*relations, *members, *texts)
    rows = rows.order_by(*_by_day(model), "pk")
    # A record that was put away is in nobody's sight.
    with as_program() if model in OF_THE_RECORD else nullcontext():
        found = list(rows)
    write = _writer(episode.client.data_key, datetime.isoformat)
    in_words = partial(instant_in_words, zone=ZoneInfo(episode.client.practice.zone))
    say = _writer(episode.client.data_key, in_words, said_of_plan(episode, found) if model is Rating else {})
    labels = [force_str(LABELS.get(field.name, field.verbose_name)) for field in fields]
    named = [(f"{label[:1].upper()}{label[1:]}", field) for label, field in zip(labels, fields, strict=True)]
    return Section(
        told.model,
        force_str(told.title),
        [field.name for field in fields],
        [[write(row, field) for field in fields] for row in found],
        [
            [(label, plain(value)) for label, field in named if (value := say(row, field)) not in (None, "", [], {})]
            for row in found
        ],
    )


def _by_day(model: type[Model]) -> list[str]:
    """What is about a session comes in the order of the sessions, whenever it was entered."""
    if model is TherapySession:
        return ["starts_at"]
    fields = {field.name for field in model._meta.concrete_fields}
    return [f"{name}__starts_at" for name in ("therapy_session", "opened_session") if name in fields]


def rows_of(label: str, episode: Episode) -> QuerySet[Any]:
    """The rows of a model that belong to a therapy, or to its client; also in a record that was joined to it."""
    model = apps.get_model(label)
    rows: QuerySet[Any] = model._base_manager.all()
    if model in OF_THE_RECORD:
        records = Q(pk=episode.client_id) | Q(episodes__joined_into=episode)
        clients = Client.objects.filter(records).values("pk")
        if model is Client:
            return rows.filter(pk__in=clients).select_related("data_key")
        return rows.filter(client__in=clients).select_related("client__data_key")
    if model is Episode:
        return rows.filter(pk=episode.pk)
    told_ruptures: QuerySet[Any] = Rupture.objects.told().filter(episode=episode)
    if model is Rupture:
        return told_ruptures
    rows = rows.filter(episode=episode)
    if any(field.name == "rupture" for field in model._meta.concrete_fields):
        rows = rows.filter(Q(rupture__isnull=True) | Q(rupture__in=told_ruptures))
    return rows


def _key_of_record(row: Model) -> DataKey | None:
    """The key of the record that the row is about, where the row says whose it is."""
    if isinstance(row, LegalHold):
        return row.client.data_key
    return row.data_key if isinstance(row, Client) else None


def _of_plan(said: Iterable[SaidOfPlan]) -> Value:
    """Question -> answer; where two goals have one text, both answers."""
    answers: dict[str, list[str]] = {}
    for one in said:
        answers.setdefault(one.question, []).append(one.answer)
    return {question: ", ".join(given) for question, given in answers.items()}


def _writer(
    key: DataKey, instant: Callable[[datetime], str], said: Mapping[int, list[SaidOfPlan]] | None = None
) -> Callable[[Model, Any], Value]:
    """A function that gives the value of a column as people read it; `instant` writes a day with its time.

    `said`: what ratings say of the plan in words, by their key; without, for a file, it stays as it is stored.
    """

    def write(row: Model, field: Field[Any, Any]) -> Value:
        value = getattr(row, field.name)
        if field.name == "plan_answers" and said is not None:
            return _of_plan(said.get(row.pk, ()))
        if field.name == "evidence" and isinstance(row, Rupture) and said is not None:
            return evidence_in_words(value, instant)
        is_finding = isinstance(row, Assessment) or (isinstance(row, Rupture) and field.name != "state")
        if is_finding and said is not None and value and field.name in FINDINGS:
            return FINDINGS[field.name](value)
        if field.name == "answers" and isinstance(row, Rating):
            return _in_words(row)
        if field.name == "text_version" and isinstance(row, Consent) and (wording := wording_of(row)):
            return f"{row.text_version}: {wording.text}"
        if isinstance(value, Sealed):
            return value.shown(_key_of_record(row) or key)
        if isinstance(value, Membership):
            return value.display_name
        if isinstance(value, TherapySession):
            return instant(value.starts_at)
        if isinstance(value, Goal):
            return str(value.text.shown(key))
        if isinstance(value, Task):
            return str(value.activity.shown(key))
        if isinstance(value, Instrument):
            return value.key
        if isinstance(value, datetime):
            return instant(value)
        if getattr(field, "choices", None) and value not in (None, ""):
            return force_str(getattr(row, f"get_{field.name}_display")())
        if value is None or isinstance(value, str | int | float | bool | list | dict):
            return value
        return str(value)

    return write


def _in_words(rating: Rating) -> dict[str, Value]:
    """Each sentence with the answer to it; the bare numbers where the words of a questionnaire are not stored."""
    if rating.text is None:
        return dict(rating.answers)
    wording, lowest = rating.text.text[rating.rater], rating.instrument.definition["lowest"]
    words, sentences = wording["answers"], wording["items"]
    return {sentences[item]: words[given - lowest] for item, given in rating.answers.items() if item in sentences}
