"""Reads: what was changed of a session since it was logged, in sentences, newest first."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from alliance.dates import DateFormat, written
from alliance.models import DataKey, Membership, User
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, Mode, PrivateNote, TherapySession, TherapySessionChange

ChangeKind = TherapySessionChange.ChangeKind


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """What was changed at one moment, by one person."""

    at: datetime
    who: str
    lines: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class _Line:
    at: datetime
    by: Membership | None  # None: the client
    text: str = ""  # empty: a reason alone
    reason: str = ""


def changes_of(therapy_session: TherapySession, reader: User) -> list[ChangeEntry]:
    """What this reader may know of the corrections of a session; of the private note only the therapist."""
    client = therapy_session.episode.client
    lines = [
        *_session_lines(therapy_session, client.data_key),
        *_removal(therapy_session, client.data_key),
        *_rating_lines(therapy_session, client.display_name),
        *_note_lines(therapy_session, reader),
    ]
    moments: dict[tuple[datetime, int | None], list[_Line]] = defaultdict(list)
    for line in lines:
        moments[line.at, line.by.pk if line.by else None].append(line)
    entries = [
        ChangeEntry(
            at=at,
            who=_who(of_moment[0].by, reader, client.display_name),
            lines=[line.text for line in of_moment if line.text],
            reason=next((line.reason for line in of_moment if line.reason), ""),
        )
        for (at, _by), of_moment in moments.items()
        if any(line.text for line in of_moment)
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _who(member: Membership | None, reader: User, client_name: str) -> str:
    if member is None:
        return client_name
    return _("You") if member.user_id == reader.pk else member.display_name


# --- Of the session ---------------------------------------------------------------------------------------------------


def _session_lines(therapy_session: TherapySession, key: DataKey) -> Iterator[_Line]:
    """Each change beside what it was changed to: what the next change kept, or what is on record now."""
    rows = list(
        TherapySessionChange.objects.filter(therapy_session=therapy_session)
        .select_related("changed_by__practice__data_key")
        .order_by("changed_at", "pk")
    )
    kept: list[TherapySessionChange | TherapySession] = [*rows, therapy_session]
    for before, after in pairwise(kept):
        assert isinstance(before, TherapySessionChange)  # only the last one is the session itself
        at, by = before.changed_at, before.changed_by
        reason = before.reason.shown(key) if before.reason else ""
        if before.kind == ChangeKind.CORRECTED:
            yield _Line(at, by, reason=reason)
            for text in _differences(before, after):
                yield _Line(at, by, text)
        else:
            yield _Line(at, by, _sentence(ChangeKind(before.kind)), reason)


def _sentence(kind: TherapySessionChange.ChangeKind) -> str:
    return {
        ChangeKind.REMOVED: _("Removed from the record."),
        ChangeKind.BROUGHT_BACK: _("Brought back to the record."),
        ChangeKind.FILED_HERE: _("Moved here. It had been logged under another client."),
    }[kind]


def _differences(before: Any, after: Any) -> Iterator[str]:
    if before.attendance != after.attendance:
        names = Attendance(before.attendance).label, Attendance(after.attendance).label
        yield _was_is(_("Attendance"), *names)
    if before.mode != after.mode:
        yield _was_is(_("Mode"), Mode(before.mode).label, Mode(after.mode).label)
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        yield _was_is(_("Time"), _time(before), _time(after))


def _time(row: Any) -> str:
    starts, ends = timezone.localtime(row.starts_at), timezone.localtime(row.ends_at)
    return _("%(start)s to %(end)s") % {
        "start": written(starts, DateFormat.SHORT_TIME),
        "end": written(ends, DateFormat.TIME),
    }


def _was_is(what: str, before: Any, after: Any) -> str:
    return _("%(what)s: %(before)s, now %(after)s.") % {"what": what, "before": before, "after": after}


def _removal(therapy_session: TherapySession, key: DataKey) -> Iterator[_Line]:
    if therapy_session.voided_at and therapy_session.voided_by:
        moved = therapy_session.refiled_to_id is not None
        text = _("Moved to another client's record.") if moved else _sentence(ChangeKind.REMOVED)
        reason = therapy_session.voided_reason.shown(key) if therapy_session.voided_reason else ""
        yield _Line(therapy_session.voided_at, therapy_session.voided_by, text, reason)


# --- Of what was answered ---------------------------------------------------------------------------------------------


def _rating_lines(therapy_session: TherapySession, name: str) -> Iterator[_Line]:
    """Each rating that was replaced, beside the one that followed it."""
    rows = (
        Rating.objects.filter(therapy_session=therapy_session)
        .select_related("instrument", "text", "replaced_by__practice__data_key")
        .order_by("received_at", "pk")
    )
    for rater in Rater:
        of_rater: list[Rating | None] = [*(row for row in rows if row.rater == rater), None]
        for row, following in pairwise(of_rater):
            if row is None or row.replaced_at is None:
                continue
            by = row.replaced_by if row.replaced_by else None
            for text in _answers_changed(row, following, name):
                yield _Line(row.replaced_at, by, text)


def _answers_changed(before: Rating, after: Rating | None, name: str) -> Iterator[str]:
    if before.rater == Rater.CLIENT:
        if before.mode == Rating.Mode.PAPER and after and after.mode == Rating.Mode.PAPER:
            yield _("The answers entered from paper were corrected.")
        elif before.mode == Rating.Mode.PAPER:
            yield _("%(name)s's own answers replaced those entered from paper.") % {"name": name}
        else:
            yield _("%(name)s changed the answers.") % {"name": name}
    elif after is None:
        yield _("The own rating was taken back.")
    else:
        if before.noticed != after.noticed:
            names = [Rating.Noticed(row.noticed).label if row.noticed else _("left out") for row in (before, after)]
            yield _was_is(_("Noticed between you"), *names)
        if before.instrument_id != after.instrument_id or before.text is None:
            yield _("The own rating was given anew.")
            return
    if before.text is None or after is None or before.instrument_id != after.instrument_id:
        return
    wording, lowest = before.text.text[before.rater], before.instrument.definition["lowest"]

    def in_words(row: Rating, item: str) -> str:
        answer = row.answers.get(item)
        return _("left out") if answer is None else str(wording["answers"][answer - lowest])

    for item, sentence in wording["items"].items():
        if before.answers.get(item) != after.answers.get(item):
            yield _was_is(f"“{sentence}”", in_words(before, item), in_words(after, item))


# --- Of the private note ----------------------------------------------------------------------------------------------


def _note_lines(therapy_session: TherapySession, reader: User) -> Iterator[_Line]:
    """When the note was changed; the texts of its versions stand beside it."""
    rows = PrivateNote.objects.visible_to(reader).filter(therapy_session=therapy_session)
    versions = rows.select_related("written_by__practice__data_key").order_by("written_at", "pk")
    for row in list(versions)[1:]:
        yield _Line(row.written_at, row.written_by, _("Private note changed. The earlier version is kept."))
    first = versions.first()
    logged_at = therapy_session.logged_at
    if first and logged_at and first.written_at > logged_at:  # the log writes its note at its own instant
        yield _Line(first.written_at, first.written_by, _("Private note added."))
