"""Reads all that a replay needs of some episodes, in two statements, however long their histories are.

Where a rupture was set aside it takes one more.

Somebody waits while an answer is written, so nothing is read twice, and no column that a replay does not look at. Pages
read whole rows: `ratings.detection.history`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, FilteredRelation, Min, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable

from alliance.models import Episode, Practice
from alliance.prepared import Prepared, attnames, row_of
from alliance.scopes import episodes_in_hands
from ratings.detection.history import HeldSession, is_counted, join_ratings
from ratings.detection.stored import current_version
from ratings.models import Assessment, DetectorVersion, Instrument, Rating, RepairStep, Rupture
from ratings.psychometrics.evidence import OpenedBy, Rater, report_of
from sessions.models import TherapySession

MOST_VERSIONS = 1000  # kept in memory, one or two a practice; convention of this app
_versions: dict[UUID, DetectorVersion] = {}  # by their codes: a version never changes


@dataclass(slots=True)
class Before:
    """What is stored of some episodes of one practice before a replay."""

    episodes: Mapping[int, Episode]  # as they were locked
    version: DetectorVersion
    in_hands: bool | None  # as `access.is_in_hands`; none where it was not asked, or there are no sessions
    sessions: dict[int, list[TherapySession]] = field(default_factory=dict)  # by episode, oldest first, voided ones too
    ratings: dict[tuple[int, str], Rating] = field(default_factory=dict)  # the current ones, as `join_ratings` has them
    with_check_in: set[int] = field(default_factory=set)
    assessments: dict[int, Assessment] = field(default_factory=dict)  # of this version, by therapy session
    assessed: set[int] = field(default_factory=set)  # therapy sessions that were assessed, under whatever version
    ruptures: dict[int, list[Rupture]] = field(default_factory=dict)  # by episode, in the order in which they opened
    rupture_columns: dict[int, list[Any]] = field(default_factory=dict)  # of each rupture, as they are stored
    reported: dict[tuple[int, OpenedBy], datetime] = field(default_factory=dict)  # see `_first_reports`

    def held(self, episode_key: int) -> list[HeldSession]:
        """The sessions of an episode that were held or missed, oldest first."""
        rows = [row for row in self.sessions[episode_key] if is_counted(row, self.ratings)]
        held = join_ratings(rows, self.ratings, self.with_check_in)
        return [replace(one, first_reported_at=self._first_reported_at(one)) for one in held] if self.reported else held

    def _first_reported_at(self, held: HeldSession) -> datetime | None:
        by = report_of(held.evidence)
        return self.reported.get((held.row.pk, by)) if by else None

    def has(self, session_key: int) -> bool:
        """Whether a therapy session is one of these, on record or voided."""
        return any(row.pk == session_key for rows in self.sessions.values() for row in rows)

    def is_on_record(self, session_key: int) -> bool:
        """Whether a therapy session is one of these, and is not voided."""
        rows = (row for rows in self.sessions.values() for row in rows)
        return any(row.pk == session_key and row.voided_at is None for row in rows)

    def has_changed(self, rupture: Rupture) -> bool:
        """Whether a rupture is new, or differs from what is stored."""
        return rupture.pk is None or columns_of(rupture) != self.rupture_columns.get(rupture.pk)


def columns_of(row: Model) -> list[Any]:
    """The values of all columns of a row."""
    return [getattr(row, column.attname) for column in row._meta.concrete_fields]


def read_before(episodes: Mapping[int, Episode], practice: Practice, *, asks_hands: bool = False) -> Before:
    """Reads what a replay of the locked episodes takes; `asks_hands`: also whether the one episode is in hands."""
    rows = _rows(list(episodes), practice, asks_hands=asks_hands)
    version = _version(rows[0].version if rows else None, practice)
    before = Before(episodes, version, in_hands=rows[0].in_hands if rows and asks_hands else None)
    before.sessions = {key: [] for key in episodes}
    for row in rows:
        before.sessions[row.therapy_session.episode_id].append(row.therapy_session)
        for rater, rating in ((Rater.CLIENT, row.client), (Rater.THERAPIST, row.therapist)):
            if rating:
                before.ratings[row.therapy_session.pk, rater] = rating
        if row.has_check_in:
            before.with_check_in.add(row.therapy_session.pk)
        if row.is_assessed:
            before.assessed.add(row.therapy_session.pk)
        if row.assessment:
            before.assessments[row.therapy_session.pk] = row.assessment
    by_key = {row.therapy_session.pk: row.therapy_session for row in rows}
    ruptures = defaultdict(list)
    for rupture in _ruptures(list(episodes)):
        before.rupture_columns[rupture.pk] = columns_of(rupture)
        if rupture.opened_session_id in by_key:
            rupture.opened_session = by_key[rupture.opened_session_id]
        ruptures[rupture.episode_id].append(rupture)
    before.ruptures = ruptures
    before.reported = _first_reports([key for key, rows in ruptures.items() if any(map(_is_aside, rows))])
    return before


def _is_aside(rupture: Rupture) -> bool:
    return rupture.state == Rupture.RuptureState.SET_ASIDE


def _first_reports(keys: Sequence[int]) -> dict[tuple[int, OpenedBy], datetime]:
    """When each report of strain first came in, by therapy session and who says so: corrections come later.

    Only what was set aside is held against that, so `keys` are the episodes with such a rupture; without one nothing is
    asked, else one statement.
    """
    if not keys:
        return {}
    by_client = Q(rater=Rater.CLIENT, tension=True) & ~Q(tension_talked_about=True)
    by_therapist = Q(rater=Rater.THERAPIST) & ~Q(noticed__in=("", Rating.Noticed.NOTHING))
    reports = Rating.objects.filter(by_client | by_therapist, episode__in=keys).order_by()
    first = reports.values_list("therapy_session", "rater").annotate(first=Min("received_at"))
    return {(therapy_session, OpenedBy(rater)): at for therapy_session, rater, at in first}


def _ruptures(keys: Sequence[int]) -> Iterable[Rupture]:
    found = RUPTURES.rows(episode=keys[0]) if len(keys) == 1 else _record_of_ruptures(Q(episode__in=keys))
    return (_rupture(values) for values in found)


def _rupture(values: Sequence[Any]) -> Rupture:
    row = Rupture.from_db(DEFAULT_DB_ALIAS, RUPTURE, values[:-1])
    row.worked_on = values[-1]
    return row


def _record_of_ruptures(episodes: Q) -> QuerySet[Rupture, Any]:
    steps = RepairStep.objects.filter(rupture=OuterRef("pk"), outcome__in=RepairStep.TAKEN, taken_back_at__isnull=True)
    rows = Rupture.objects.filter(episodes).annotate(has_work=Exists(steps)).order_by("opened_at", "pk")
    return rows.values_list(*RUPTURE, "has_work")


def _version(code: UUID | None, practice: Practice) -> DetectorVersion:
    if code is None:
        return current_version(practice)
    if code not in _versions:
        if len(_versions) >= MOST_VERSIONS:
            _versions.clear()
        _versions[code] = DetectorVersion.objects.get(code=code)
    return _versions[code]


def forget_versions() -> None:
    """For a test that changes a version, as no program does."""
    _versions.clear()


# --- One statement for sessions, ratings and assessments --------------------------------------------------------------


SESSION = attnames(TherapySession, "id", "episode", "starts_at", "attendance", "voided_at", "import_batch")
RATING = attnames(
    Rating, "id", "therapy_session", "rater", "instrument", "mode", "received_at", "goal_pomp", "task_pomp",
    "bond_pomp", "overall_pomp", "straight_line", "comment_words", "tension", "tension_talked_about", "repair_talked",
    "repair_helped", "noticed",
)  # fmt: skip
INSTRUMENT = attnames(Instrument, "id", "key", "version")
ASSESSMENT = attnames(Assessment)
RUPTURE = attnames(Rupture)


@dataclass(slots=True)
class _Row:
    """One therapy session, with what hangs on it."""

    therapy_session: TherapySession
    client: Rating | None
    therapist: Rating | None
    assessment: Assessment | None
    has_check_in: bool
    is_assessed: bool
    version: UUID | None
    in_hands: bool


def _rows(keys: Sequence[int], practice: Practice, *, asks_hands: bool) -> list[_Row]:
    instruments: dict[int, Instrument] = {}
    if len(keys) == 1 and asks_hands:
        found = RECORD_IN_HANDS.rows(episode=keys[0], practice=practice.pk)
    elif len(keys) == 1:
        found = RECORD.rows(episode=keys[0], practice=practice.pk)
    else:
        found = iter(_record(Q(episode__in=keys), practice.pk, in_hands=Value(False)))
    return [_row(values, instruments) for values in found]


def _record(episodes: Q, practice: int, *, in_hands: Combinable) -> QuerySet[TherapySession, Any]:
    newest = DetectorVersion.objects.filter(practice=practice).order_by("-valid_from")
    return (
        TherapySession.objects.filter(episodes)
        .alias(
            of_client=_current_rating(Rater.CLIENT),
            of_therapist=_current_rating(Rater.THERAPIST),
            of_version=FilteredRelation(
                "assessments", condition=Q(assessments__version=Subquery(newest.values("pk")[:1]))
            ),
        )
        .annotate(
            is_assessed=Exists(Assessment.objects.filter(therapy_session=OuterRef("pk"))),
            newest_version=Subquery(newest.values("code")[:1]),
            in_hands=in_hands,
        )
        .order_by("starts_at", "pk")
        .values_list(
            *SESSION,
            *(f"of_client__{name}" for name in RATING),
            *(f"of_client__instrument__{name}" for name in INSTRUMENT),
            *(f"of_therapist__{name}" for name in RATING),
            *(f"of_therapist__instrument__{name}" for name in INSTRUMENT),
            *(f"of_version__{name}" for name in ASSESSMENT),
            "check_in",
            "is_assessed",
            "newest_version",
            "in_hands",
        )
    )


def _is_in_hands(episode: int) -> Exists:
    return Exists(episodes_in_hands().filter(pk=episode))


RECORD = Prepared(
    lambda episode, practice: _record(Q(episode=episode), practice, in_hands=Value(False)), episode=int, practice=int
)
RECORD_IN_HANDS = Prepared(
    lambda episode, practice: _record(Q(episode=episode), practice, in_hands=_is_in_hands(episode)),
    episode=int,
    practice=int,
)


def _current_rating(rater: Rater) -> FilteredRelation:
    return FilteredRelation("ratings", condition=Q(ratings__rater=rater, ratings__replaced_at__isnull=True))


RUPTURES = Prepared(lambda episode: _record_of_ruptures(Q(episode=episode)), episode=int)


def _row(values: Sequence[Any], instruments: dict[int, Instrument]) -> _Row:
    taken = 0

    def take(number: int) -> Sequence[Any]:
        nonlocal taken
        taken += number
        return values[taken - number : taken]

    def take_rating() -> Rating | None:
        rating, instrument = row_of(Rating, RATING, take(len(RATING))), take(len(INSTRUMENT))
        if rating is not None:
            key = rating.instrument_id
            if key not in instruments:
                instruments[key] = Instrument.from_db(DEFAULT_DB_ALIAS, INSTRUMENT, instrument)
            rating.instrument = instruments[key]
        return rating

    therapy_session = TherapySession.from_db(DEFAULT_DB_ALIAS, SESSION, take(len(SESSION)))
    client, therapist = take_rating(), take_rating()
    assessment = row_of(Assessment, ASSESSMENT, take(len(ASSESSMENT)))
    check_in, is_assessed, version, in_hands = take(4)
    return _Row(therapy_session, client, therapist, assessment, check_in is not None, is_assessed, version, in_hands)
