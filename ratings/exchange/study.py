"""Reads: the ratings, reports, findings and verdicts of a practice for a study, under pseudonyms.

Of clients who agreed to it, and of nobody else. No name, no free text and no date goes out: days are counted from the
first session of a case. The pseudonyms are keyed by a secret that is made for one export and forgotten.
"""

import csv
import hashlib
import hmac
import io
import json
import secrets
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.db.models import Min

from alliance.models import Client, Consent, Episode, Practice
from ratings.detection.stored import evidence_of
from ratings.exchange import study_analysis
from ratings.exchange.codebook import TABLES
from ratings.findings.names import GRADED
from ratings.models import (
    Assessment,
    CheckIn,
    DetectorVersion,
    Draw,
    Rating,
    Rupture,
    StrainVerdict,
    UsefulVerdict,
)
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, TherapySession

FEWEST_CASES = 5  # of a therapist, who else has no pseudonym; convention of this app
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time on each file of the archive, so that it tells no day

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Names that follow from codes, and from which no code can be found."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def of(self, kind: str, code: Any) -> str:
        """The pseudonym of one thing: the letter of its kind and twelve digits."""
        digest = hmac.new(self.key, f"{kind}\0{code}".encode(), hashlib.sha256).hexdigest()
        return kind[0] + digest[:12]


class Study:
    """What one practice gives to a study. Each table is a method that yields rows, in the order of the codebook."""

    def __init__(self, practice: Practice, pseudonyms: Pseudonyms | None = None):
        self.practice = practice
        self.pseudonyms = pseudonyms or Pseudonyms()
        agreed = Consent.objects.filter(purpose=Consent.Purpose.STUDY, withdrawn_at__isnull=True)
        clients = Client.objects.filter(practice=practice, pk__in=agreed.values("client"))
        self.episodes = list(Episode.objects.filter(client__in=clients).select_related("client", "therapist"))
        self.keys = [episode.pk for episode in self.episodes]

    def _of(self, kind: str, code: Any) -> str:
        return self.pseudonyms.of(kind, code)

    @cached_property
    def held(self) -> dict[int, TherapySession]:
        """Session key -> session, of those that were held or missed; oldest first."""
        counted = (Attendance.ATTENDED, Attendance.NO_SHOW)
        rows = TherapySession.objects.not_voided().filter(episode__in=self.keys, attendance__in=counted)
        return {row.pk: row for row in rows.order_by("starts_at", "pk")}

    @cached_property
    def first_days(self) -> dict[int, date]:
        """Episode key -> the day of its first session."""
        found: dict[int, date] = {}
        for row in self.held.values():
            found.setdefault(row.episode_id, _day(row))
        return found

    @cached_property
    def version_names(self) -> dict[int, str]:
        rows = DetectorVersion.objects.filter(practice=self.practice)
        return {row.pk: self._of("version", row.code) for row in rows}

    @cached_property
    def drawn_since(self) -> datetime | None:
        """Since when sessions are drawn in the practice."""
        drawn = Draw.objects.filter(episode__client__practice=self.practice)
        found: datetime | None = drawn.aggregate(since=Min("drawn_at"))["since"]
        return found

    def _session(self, key: int | None) -> str:
        row = self.held.get(key) if key else None
        return self._of("session", row.code) if row else ""

    def _version(self, key: int | None) -> str:
        return self.version_names[key] if key else ""

    # --- The tables ---------------------------------------------------------------------------------------------------

    def versions(self) -> Iterator[Row]:
        rows = DetectorVersion.objects.filter(practice=self.practice).order_by("valid_from", "pk")
        for position, row in enumerate(rows, start=1):
            by_number = row.thresholds or {}
            yield (
                self._version(row.pk), position, row.criterion, row.criterion in GRADED, row.budget, row.use,
                row.clear_only, row.shadow, by_number.get("third"), by_number.get("early"), by_number.get("later"),
                row.threshold, row.edition, _json(row.recalibration), _json(row.constants),
            )  # fmt: skip

    def cases(self) -> Iterator[Row]:
        count = Counter(episode.therapist_id for episode in self.episodes)
        for episode in self.episodes:
            therapist = episode.therapist
            shown = self._of("therapist", therapist.code) if count[therapist.pk] >= FEWEST_CASES else ""
            client = self._of("person", episode.client.code)
            yield self._of("case", episode.code), client, shown, episode.ends_at is not None

    def sessions(self) -> Iterator[Row]:
        asked = set(CheckIn.objects.filter(episode__in=self.keys).values_list("therapy_session", flat=True))
        numbers: Counter[int] = Counter()
        cases = {episode.pk: self._of("case", episode.code) for episode in self.episodes}
        for row in self.held.values():
            is_held = row.attendance == Attendance.ATTENDED
            numbers[row.episode_id] += is_held
            number = numbers[row.episode_id] if is_held else None
            day = (_day(row) - self.first_days[row.episode_id]).days
            imported = row.import_batch_id is not None
            yield self._session(row.pk), cases[row.episode_id], number, day, is_held, imported, row.pk in asked

    @cached_property
    def _rated(self) -> list[Rating]:
        # What was rated of a session that turned out to be missed says nothing of it.
        attended = [row.pk for row in self.held.values() if row.attendance == Attendance.ATTENDED]
        return list(Rating.objects.current().filter(therapy_session__in=attended).select_related("instrument"))

    def ratings(self) -> Iterator[Row]:
        for row in self._rated:
            session_day = self.held[row.therapy_session_id]
            later = row.answered_at.astimezone(ZoneInfo(session_day.zone)).date() - _day(session_day)
            yield (
                self._session(row.therapy_session_id), row.rater, str(row.instrument), row.goal_pomp, row.task_pomp,
                row.bond_pomp, row.overall_pomp, row.straight_line, row.comment_words, max(later.days, 0), row.mode,
            )  # fmt: skip

    def items(self) -> Iterator[Row]:
        for row in self._rated:
            for item, answer in sorted(row.answers.items()):
                yield self._session(row.therapy_session_id), row.rater, item, answer

    def reports(self) -> Iterator[Row]:
        by_rater = {(row.therapy_session_id, row.rater): row for row in self._rated}
        for key in self.held:
            client, therapist = by_rater.get((key, Rater.CLIENT)), by_rater.get((key, Rater.THERAPIST))
            said: Row = (None,) * 5
            if client:
                said = (
                    client.tension, client.tension_strength, client.tension_talked_about, client.repair_talked,
                    client.repair_helped,
                )  # fmt: skip
            noticed = therapist.noticed if therapist else ""
            if noticed or any(answer not in (None, "") for answer in said):
                yield self._session(key), *said, noticed

    def assessments(self) -> Iterator[Row]:
        for row in Assessment.objects.filter(therapy_session__in=list(self.held)).iterator():
            yield (
                self._session(row.therapy_session_id), self._version(row.version_id), row.state, row.score,
                row.probability, row.alert, row.kind, " ".join(row.pillars),
            )  # fmt: skip

    def ruptures(self) -> Iterator[Row]:
        cases = {episode.pk: self._of("case", episode.code) for episode in self.episodes}
        since = self.drawn_since
        for row in Rupture.objects.filter(episode__in=self.keys):
            evidence = evidence_of(row)
            yield (
                self._of("rupture", row.code), cases[row.episode_id], self._session(row.opened_session_id),
                self._session(row.closed_session_id), row.opened_by, row.state, row.kind, self._version(row.version_id),
                evidence.assessment.probability if evidence else None, row.kept_back,
                since is not None and row.opened_at >= since,
            )  # fmt: skip

    def draws(self) -> Iterator[Row]:
        for row in Draw.objects.filter(therapy_session__in=list(self.held)):
            yield (
                self._session(row.therapy_session_id), row.is_drawn, row.chance, self._version(row.version_id),
                row.stated,
            )  # fmt: skip

    def verdicts(self) -> Iterator[Row]:
        strain = StrainVerdict.objects.filter(episode__in=self.keys).select_related("rupture", "draw").order_by("pk")
        on_record = [row for row in strain if row.draw is None or row.draw.therapy_session_id in self.held]
        for position, row in enumerate(on_record, start=1):
            rupture = self._of("rupture", row.rupture.code) if row.rupture else ""
            about = self._session(row.draw.therapy_session_id) if row.draw else ""
            yield position, "strain", rupture, about, row.answer, self._version(row.version_id), row.stated
        useful = UsefulVerdict.objects.filter(episode__in=self.keys).select_related("rupture").order_by("pk")
        for position, use in enumerate(useful, start=1):
            yield position, "useful", self._of("rupture", use.rupture.code), "", use.answer, "", None


def _json(stored: dict[str, float] | None) -> str | None:
    return None if stored is None else json.dumps(stored, sort_keys=True)


def _day(therapy_session: TherapySession) -> date:
    return therapy_session.starts_at.astimezone(ZoneInfo(therapy_session.zone)).date()


# --- The archive ------------------------------------------------------------------------------------------------------


def write_study(study: Study, file: BinaryIO) -> None:
    """Writes the archive: a CSV file for each table, the codebook, and the analysis of the protocol."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, columns in TABLES.items():
            header = [column.name for column in columns]
            _add(archive, f"{name}.csv", _csv([header, *sorted(map(_cells, getattr(study, name)()))]))
        _add(archive, "codebook.csv", _csv(_codebook()))
        _add(archive, "analysis.py", Path(study_analysis.__file__).read_text(encoding="utf-8"))


def _codebook() -> Iterator[Sequence[str]]:
    yield "table", "column", "meaning", "unit and range", "empty where"
    for table, columns in TABLES.items():
        for column in columns:
            yield table, column.name, column.meaning, column.values, column.missing


def _cells(row: Row) -> list[str]:
    """The row in text: yes is 1, no is 0, nothing is empty."""
    return ["" if cell is None else str(int(cell) if isinstance(cell, bool) else cell) for cell in row]


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(zipfile.ZipInfo(name, EARLIEST), text, zipfile.ZIP_DEFLATED)
