"""Reads: who can read what a client sends, as that client is told: by name, where the practice and the client want it.

A client agrees that their therapist is named, as others may see their screen or their mail. Where they did not, the
page says what each reader is to them, and no name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS
from alliance.people.emergency import Opening, openings_of_client
from alliance.people.readers import Part, Reader, readers_of
from alliance.scopes import in_sight

OPENINGS_TOLD_FOR = timedelta(days=365)  # convention of this app

IS_TO_CLIENT = {
    Part.THERAPIST: _("Your therapist"),
    Part.COVER: _("A colleague who stands in for your therapist"),
    Part.SUPERVISOR: _("A supervisor of your therapist"),
    Part.CASE_SUPERVISOR: _("A supervisor for the work with you"),
    Part.EMERGENCY: _("Somebody who opened your file in an emergency"),
}
ALL = _("Reads all that you send.")
ALONG = _(
    "Reads your answers, to help your therapist help you. Reads what you write only if you say so. Does not see what "
    "you want brought up."
)
READS = {
    Part.THERAPIST: ALL,
    Part.COVER: ALL,
    Part.SUPERVISOR: ALONG,
    Part.CASE_SUPERVISOR: ALONG,
    Part.EMERGENCY: _("Sees what a supervisor sees, and your phone number."),
}


@dataclass(frozen=True, slots=True)
class ToldReader:
    """Somebody who can read it now."""

    name: str  # empty where the client did not agree to names
    is_to_client: str
    reads: str
    starts_at: datetime
    last_day: datetime | None
    hour_ends_at: datetime | None  # of an emergency


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Other work with the same client, earlier or beside it, that somebody can still read."""

    readers: list[ToldReader]
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class PastHour:
    """An emergency that is over."""

    name: str
    starts_at: datetime
    ends_at: datetime | None  # None: nobody reads by it any more, as its reader left before


@dataclass(frozen=True, slots=True)
class WhoReads:
    """Who can read what a client sends, and who could for an hour of the last year, the newest first."""

    readers: list[ToldReader]
    other_cases: list[OtherCase]
    past_hours: list[PastHour]
    nobody_opened_it: bool  # in an emergency, in that year
    are_named: bool


def who_reads(episode: Episode) -> WhoReads:
    """As many statements for ten readers as for one, and some more for each other case of the client.

    Nobody reads a case that ended too long ago.
    """
    is_named, now = episode.client.therapist_may_be_named, timezone.now()
    in_sight_now = Episode.objects.filter(in_sight(), client=episode.client_id).order_by("-starts_at")
    cases = list(in_sight_now.select_related(*EPISODE_NEEDS))
    told = {case.pk: [_told(reader, is_named) for reader in readers_of(case).all] for case in cases}
    openings = openings_of_client(episode.client)
    return WhoReads(
        readers=told.get(episode.pk, []),
        other_cases=[
            OtherCase(told[case.pk], case.starts_at, case.ends_at)
            for case in cases
            if case != episode and told[case.pk]
        ],
        past_hours=past_hours(openings, is_named=is_named, now=now),
        nobody_opened_it=all(row.ends_at <= now - OPENINGS_TOLD_FOR for row in openings),
        are_named=is_named,
    )


def _told(reader: Reader, is_named: bool) -> ToldReader:
    return ToldReader(
        name=reader.name if is_named else "",
        is_to_client=str(IS_TO_CLIENT[reader.part]),
        reads=str(READS[reader.part]),
        starts_at=reader.starts_at,
        last_day=reader.last_day,
        hour_ends_at=reader.ends_at if reader.is_for_an_hour else None,
    )


def past_hours(openings: Iterable[Opening], *, is_named: bool, now: datetime) -> list[PastHour]:
    """The emergencies that are over, and not longer ago than a client is told of."""
    return [
        PastHour(row.reader if is_named else "", row.starts_at, row.ends_at if row.ends_at <= now else None)
        for row in openings
        if row.is_over and row.ends_at > now - OPENINGS_TOLD_FOR
    ]
