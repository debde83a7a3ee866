"""The long file of an export: the layout that an import reads."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ratings.cells.long_layout import SKIPPED, VERSION, About, Beside, OfCase, OfRupture, OfSession
from ratings.cells.values import defused
from ratings.detection.stored import evidence_of
from ratings.exchange.exported import ExportedCase, ExportedRupture
from ratings.models import Instrument, Rating, Rupture
from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession

Row = tuple[Any, ...]
TOLD = (
    Beside.TENSION, Beside.TALKED_ABOUT, Beside.STRENGTH, Beside.REPAIR_TALKED, Beside.REPAIR_HELPED,
    Beside.COMMENT_WORDS, Beside.NOTICED,
)  # fmt: skip


def written(instant: datetime | None) -> str:
    """An instant in UTC; nothing where there is none."""
    return instant.isoformat().replace("+00:00", "Z") if instant else ""


def long_rows(case: ExportedCase) -> Iterator[Row]:
    """The rows of one case, session by session."""
    numbers = case.numbers
    ruptures: dict[int, list[ExportedRupture]] = defaultdict(list)
    for rupture in case.ruptures:
        ruptures[rupture.row.opened_session_id].append(rupture)
    for row in case.sessions:
        lead = (
            VERSION, defused(case.client), case.therapist, case.number, numbers[row.pk],
            written(case.at(row.starts_at)), row.zone,
        )  # fmt: skip
        for said in _of_session(row, case):
            yield lead + said.cells
        for rater in Rater:
            if rating := case.ratings.get((row.pk, rater)):
                for said in _of_rating(rating, case):
                    yield lead + said.cells
        for rupture in ruptures[row.pk]:
            for said in _of_rupture(rupture, case, numbers):
                yield lead + said.cells
        if row is case.sessions[-1]:
            for said in _of_case(case):
                yield lead + said.cells


@dataclass(frozen=True, slots=True)
class _Said:
    """What stands in a row behind its session."""

    about: str
    item: str
    value: Any = None  # a number, or yes or no
    label: str = ""  # a word
    at: str = ""
    instrument: str = ""
    version: str | int = ""
    language: str = ""
    pillar: str = ""
    missing: str = ""
    mode: str = ""

    @property
    def cells(self) -> Row:
        value = int(self.value) if isinstance(self.value, bool) else self.value
        return (
            self.about, self.instrument, self.version, self.language, self.item, self.pillar, value, self.label,
            int(not self.missing), self.missing, self.at, None, self.mode,
        )  # fmt: skip


def _of_session(row: TherapySession, case: ExportedCase) -> Iterator[_Said]:
    yield _Said(About.SESSION, OfSession.ATTENDANCE, label=row.attendance)
    yield _Said(About.SESSION, OfSession.MODE, label=row.mode)
    yield _Said(About.SESSION, OfSession.MINUTES, (row.ends_at - row.starts_at).total_seconds() / 60)
    text = case.asked.get(row.pk)
    if text and (row.pk, Rater.CLIENT) not in case.ratings:
        by = text.instrument
        yield _Said(
            About.SESSION, OfSession.UNANSWERED, True, instrument=by.key, version=by.version, language=text.language
        )
    if not row.starts_at_known:
        yield _Said(About.SESSION, OfSession.DAY_ONLY, True)


def _of_rating(rating: Rating, case: ExportedCase) -> Iterator[_Said]:
    instrument, text = rating.instrument, rating.text
    at, language = written(case.at(rating.answered_at)), text.language if text else ""

    def said(item: str, value: Any = None, label: str = "", pillar: str = "", missing: str = "") -> _Said:
        return _Said(
            rating.rater, item, value, label, at, instrument.key, instrument.version, language, pillar, missing,
            rating.mode,
        )  # fmt: skip

    if rating.answers or rating.overall_pomp is None:
        words, lowest = _words(rating), instrument.definition["lowest"]
        for item in instrument.definition["items"]:
            given = rating.answers.get(item["id"])
            label = words[int(given) - lowest] if given is not None and words else ""
            yield said(item["id"], given, label, item.get("pillar"), "" if given is not None else SKIPPED)
    else:
        yield said(Beside.TOTAL, _total(rating.overall_pomp, instrument))
    for name in TOLD:
        told = getattr(rating, name)
        if told is None or told == "":
            continue
        is_word = isinstance(told, str)
        yield said(name, None if is_word else told, told if is_word else "")
    yield said(Beside.RECEIVED, label=written(case.at(rating.received_at)))


def _words(rating: Rating) -> list[str]:
    """The words of the answers, from the lowest on; none of a questionnaire whose words are not here."""
    wording = rating.text.text.get(rating.rater) if rating.text else None
    return wording["answers"] if wording else []


def _total(overall: float, instrument: Instrument) -> float:
    """The total that a score was made of."""
    items = len(instrument.definition["items"])
    lowest, highest = (instrument.definition[end] * items for end in ("lowest", "highest"))
    return round(lowest + overall / 100 * (highest - lowest), 9)


def _of_case(case: ExportedCase) -> Iterator[_Said]:
    episode = case.episode
    yield _Said(About.CASE, OfCase.BEGAN, at=written(case.at(episode.starts_at)))
    if episode.ends_at:
        yield _Said(About.CASE, OfCase.ENDED, label=episode.end_reason, at=written(case.at(episode.ends_at)))
    for item, said in ((OfCase.PLANNED, episode.end_planned), (OfCase.AGREED, episode.end_agreed)):
        if said is not None:
            yield _Said(About.CASE, item, said)


def _of_rupture(rupture: ExportedRupture, case: ExportedCase, numbers: dict[int, int]) -> Iterator[_Said]:
    row: Rupture = rupture.row

    def said(item: str, value: Any = None, label: str = "", at: datetime | None = None, of: str = "") -> _Said:
        return _Said(
            About.RUPTURE, item, value, label, written(at and case.at(at)), About.RUPTURE, rupture.number, pillar=of
        )

    yield said(OfRupture.OPENED, label=row.opened_by, at=row.opened_at)
    yield said(OfRupture.STATE, label=row.state, at=row.closed_at)
    if row.kind:
        yield said(OfRupture.KIND, label=row.kind)
    if row.pillars:
        yield said(OfRupture.PILLARS, label=" ".join(row.pillars))
    if evidence := evidence_of(row):
        held_at = evidence.held_at and case.at(evidence.held_at)
        stored = replace(evidence, held_at=held_at).to_json()
        yield said(OfRupture.EVIDENCE, label=json.dumps(stored))
    if row.named_by_id is not None:
        yield said(OfRupture.BY_HAND, True)
    if row.closed_session_id in numbers:
        yield said(OfRupture.CLOSED, numbers[row.closed_session_id])
    if rupture.aside:
        yield said(OfRupture.ASIDE, True, at=rupture.aside.at)
    if row.rebased_session_id in numbers:
        yield said(OfRupture.REBASED, numbers[row.rebased_session_id], at=row.rebased_at)
    if rupture.seen:
        yield said(OfRupture.SEEN_AS, label=rupture.seen.kind, at=rupture.seen.said_at)
        if rupture.seen.signs:
            yield said(OfRupture.SIGNS, label=" ".join(rupture.seen.signs), at=rupture.seen.said_at)
    for step in rupture.steps:
        about = step.logged_with_id if step.logged_with_id is not None else step.planned_for_id
        yield said(OfRupture.STEP, numbers.get(about or 0), f"{step.step} {step.outcome}", step.said_at)
