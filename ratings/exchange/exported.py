"""Reads: the cases of an export, some at a time, each with all that goes out of it.

No free text goes out: no comment, no note, no words of a repair, no reason. Nor what a client wants brought up, which
is for the therapist alone, nor what a plan says.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from alliance.crypto import keyed_hash
from alliance.models import Client, Episode
from ratings.models import (
    CheckIn,
    InstrumentText,
    Rating,
    RepairStep,
    Rupture,
    RuptureView,
    SetAside,
    StrainVerdict,
    UsefulVerdict,
)
from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession

KEYS_AT_ONCE = 500  # look-ups by so many keys fit into one statement on both databases
CASES_AT_ONCE = 100  # so that memory does not grow with the practice
SHIFT_DAYS = (30, 365)  # into the past, as no import takes a session of tomorrow; convention of this app


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """What people are called in one export, and by how much the time of each is shifted.

    All follow from the export's own key, so that a file made again, and the key that is kept apart, say the same.
    """

    key: bytes = field(repr=False)

    @classmethod
    def of_export(cls, code: UUID) -> "Pseudonyms":
        return cls(bytes.fromhex(keyed_hash("export", str(code))))

    def client(self, code: UUID) -> str:
        return f"C-{self._digest('client', code)[:12]}"

    def therapist(self, code: UUID) -> str:
        return f"T-{self._digest('therapist', code)[:12]}"

    def shift(self, client: UUID) -> timedelta:
        """By how much all instants of a client lie earlier in the file: whole minutes, so that no hour is told."""
        least, most = (days * 24 * 60 for days in SHIFT_DAYS)
        return timedelta(minutes=least + int(self._digest("shift", client), 16) % (most - least))

    def _digest(self, kind: str, code: UUID) -> str:
        return hmac.new(self.key, f"{kind}\0{code}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Names:
    """How an export calls clients and therapists, and whether it shifts their time."""

    pseudonyms: Pseudonyms
    is_shifted: bool
    tells_therapists: bool
    by_name: Mapping[int, str] = field(default_factory=dict)  # client key -> name, where clients keep theirs

    def client(self, client: Client) -> str:
        return self.by_name.get(client.pk) or self.pseudonyms.client(client.code)

    def therapist(self, episode: Episode) -> str:
        return self.pseudonyms.therapist(episode.therapist.code) if self.tells_therapists else ""

    def shift(self, client: Client) -> timedelta:
        return self.pseudonyms.shift(client.code) if self.is_shifted else timedelta()


@dataclass(frozen=True, slots=True)
class ExportedRupture:
    """A rupture with what was done about it."""

    number: int  # within its case
    row: Rupture
    steps: Sequence[RepairStep]
    seen: RuptureView | None
    aside: SetAside | None
    strain: str  # the newest answers of the therapist; empty: none
    useful: str


@dataclass(frozen=True, slots=True)
class ExportedCase:
    """One case, as all files of an export have it."""

    episode: Episode
    client: str
    therapist: str
    number: int  # among the cases of the client
    shift: timedelta
    sessions: Sequence[TherapySession]
    ratings: Mapping[tuple[int, str], Rating]  # session key, rater
    asked: Mapping[int, InstrumentText]  # session key -> by which text the client was asked about it
    ruptures: Sequence[ExportedRupture]

    def at(self, instant: datetime) -> datetime:
        """The instant as the files say it."""
        return instant - self.shift

    @property
    def numbers(self) -> dict[int, int]:
        """Session key -> its place among the sessions of the case that the files have."""
        return {row.pk: place for place, row in enumerate(self.sessions, start=1)}

    def rated(self) -> Iterator[tuple[TherapySession, Rating]]:
        for row in self.sessions:
            for rater in Rater:
                if rating := self.ratings.get((row.pk, rater)):
                    yield row, rating


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a case stands in the files: by the pseudonym of its client, which tells nothing of who came first."""

    client: str
    starts_at: datetime
    key: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who is behind a pseudonym."""

    kind: str
    pseudonym: str
    name: str
    minutes: int | None  # by which the time is shifted


class Exported:
    """The cases of an export, read anew each time."""

    def __init__(self, episodes: QuerySet[Episode], names: Names):
        self.names = names
        rows = episodes.values_list("client__code", "starts_at", "pk")
        self.places = sorted(
            (_Place(names.pseudonyms.client(code), starts_at, key) for code, starts_at, key in rows),
            key=lambda place: (place.client, place.starts_at, place.key),
        )

    def cases(self) -> Iterator[ExportedCase]:
        """Yields the cases, those of a client one after another."""
        for batch in self._batches():
            yield from _cases(batch, self.names)

    def _batches(self) -> Iterator[list[int]]:
        """The keys of some cases; a client is in one batch with all of theirs, and so never comes out by halves."""
        batch: list[int] = []
        client = ""
        for place in self.places:
            if len(batch) >= CASES_AT_ONCE and place.client != client:
                yield batch
                batch = []
            batch.append(place.key)
            client = place.client
        yield batch

    def people(self) -> Iterator[Person]:
        """Who is in the files, each once: the clients, then the therapists."""
        therapists: dict[str, str] = {}
        told = ""
        for batch in self._batches():
            episodes = Episode.objects.select_related("client__data_key", "therapist__practice__data_key").in_bulk(
                batch
            )
            for episode in filter(None, map(episodes.get, batch)):
                client = episode.client
                called = self.names.client(client)
                if called != told:
                    shift = self.names.shift(client)
                    yield Person("client", called, client.display_name, int(shift.total_seconds() // 60))
                told = called
                if called_therapist := self.names.therapist(episode):
                    therapists[called_therapist] = episode.therapist.display_name
        for called, name in therapists.items():
            yield Person("therapist", called, name, None)

    def are_all_here(self) -> bool:
        """Whether each case is still on record."""
        keys = [place.key for place in self.places]
        found = 0
        for start in range(0, len(keys), KEYS_AT_ONCE):
            found += Episode.objects.filter(pk__in=keys[start : start + KEYS_AT_ONCE]).count()
        return found == len(keys)


def _cases(keys: list[int], names: Names) -> Iterator[ExportedCase]:
    episodes = Episode.objects.select_related("client__practice", "therapist").in_bulk(keys)
    now = timezone.now()
    sessions: dict[int, list[TherapySession]] = defaultdict(list)
    for row in (
        TherapySession.objects.not_voided().filter(episode__in=keys, starts_at__lt=now).order_by("starts_at", "pk")
    ):
        sessions[row.episode_id].append(row)
    ratings: dict[int, dict[tuple[int, str], Rating]] = defaultdict(dict)
    for rating in (
        Rating.objects.current().filter(episode__in=keys).defer("comment").select_related("instrument", "text")
    ):
        ratings[rating.episode_id][rating.therapy_session_id, rating.rater] = rating
    asked: dict[int, dict[int, InstrumentText]] = defaultdict(dict)
    for check_in in CheckIn.objects.filter(episode__in=keys).select_related("text__instrument"):
        asked[check_in.episode_id][check_in.therapy_session_id] = check_in.text
    ruptures = _ruptures(keys)
    counted: dict[int, int] = defaultdict(int)
    for key in keys:
        episode = episodes.get(key)
        if episode is None:
            continue  # erased meanwhile: whoever asked is told in the end
        counted[episode.client_id] += 1
        yield ExportedCase(
            episode=episode,
            client=names.client(episode.client),
            therapist=names.therapist(episode),
            number=counted[episode.client_id],
            shift=names.shift(episode.client),
            sessions=sessions[key],
            ratings=ratings[key],
            asked=asked[key],
            ruptures=ruptures.get(key, ()),
        )


def _ruptures(keys: list[int]) -> dict[int, list[ExportedRupture]]:
    """Those that pages tell of; what was withdrawn, or found in shadow mode, stays here."""
    steps: dict[int, list[RepairStep]] = defaultdict(list)
    for step in RepairStep.objects.filter(episode__in=keys, taken_back_at__isnull=True).order_by("pk"):
        steps[step.rupture_id].append(step)
    seen = {row.rupture_id: row for row in RuptureView.objects.filter(episode__in=keys).order_by("pk")}
    aside = {row.rupture_id: row for row in SetAside.objects.filter(episode__in=keys, undone_at__isnull=True)}
    strain = dict(StrainVerdict.objects.filter(episode__in=keys).order_by("pk").values_list("rupture", "answer"))
    useful = dict(UsefulVerdict.objects.filter(episode__in=keys).order_by("pk").values_list("rupture", "answer"))
    rows = Rupture.objects.told().filter(episode__in=keys, kept_back=False, opened_session__voided_at__isnull=True)
    rows = rows.exclude(state=Rupture.RuptureState.WITHDRAWN).order_by("opened_session__starts_at", "pk")
    found: dict[int, list[ExportedRupture]] = defaultdict(list)
    for row in rows:
        of_case = found[row.episode_id]
        of_case.append(
            ExportedRupture(
                number=len(of_case) + 1,
                row=row,
                steps=steps[row.pk],
                seen=seen.get(row.pk),
                aside=aside.get(row.pk),
                strain=strain.get(row.pk, ""),
                useful=useful.get(row.pk, ""),
            )
        )
    return found
