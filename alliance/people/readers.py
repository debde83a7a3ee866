"""Reads: who is responsible for a case now, and who can read it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from alliance.models import Episode
from alliance.scopes import live_assignments, live_covers_of, live_therapists


class Part(TextChoices):
    """What somebody is to a case; the label says why they can read it."""

    THERAPIST = "therapist", _("Therapist of this case")
    COVER = "cover", _("Covers for the therapist")
    SUPERVISOR = "supervisor", _("Supervises the therapist")
    CASE_SUPERVISOR = "case_supervisor", _("Supervises this case")


READS = {
    Part.THERAPIST: _("Everything, with their own private notes."),
    Part.COVER: _("Everything but the therapist’s private notes; logs sessions."),
    Part.SUPERVISOR: _("Everything but private notes; comments where the client agreed."),
    Part.CASE_SUPERVISOR: _("Everything but private notes; comments where the client agreed."),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who can read a case now."""

    name: str
    part: Part
    is_responsible: bool
    starts_at: datetime
    ends_at: datetime | None

    @property
    def why(self) -> str:
        return str(self.part.label)

    @property
    def what(self) -> str:
        return str(READS[self.part])

    @property
    def last_day(self) -> datetime | None:
        """An instant on the last day: `ends_at` itself is the first moment after."""
        return self.ends_at - timedelta(seconds=1) if self.ends_at else None


@dataclass(frozen=True, slots=True)
class Readers:
    """Who can read a case now: the responsible ones first."""

    all: list[Reader]

    @property
    def responsible(self) -> list[Reader]:
        return [reader for reader in self.all if reader.is_responsible]


def readers_of(episode: Episode) -> Readers:
    """Who is responsible for an episode now, and who else can read it.

    Three statements. A case that has ended has readers, and nobody is asked about it.
    """
    readers = []
    therapist = live_therapists().filter(pk=episode.therapist_id).select_related("practice__data_key").first()
    if therapist:
        readers.append(Reader(therapist.display_name, Part.THERAPIST, True, episode.starts_at, therapist.ends_at))
    for cover in live_covers_of(episode).select_related("covering__practice__data_key").order_by("starts_at"):
        readers.append(Reader(cover.covering.display_name, Part.COVER, True, cover.starts_at, cover.ends_at))
    assignments = live_assignments().exclude(supervisor__user=episode.therapist.user_id)
    assignments = assignments.filter(supervisor__user__is_active=True).select_related("supervisor__practice__data_key")
    of_case = list(assignments.filter(episode=episode.pk).order_by("starts_at"))
    part = Part.CASE_SUPERVISOR if of_case else Part.SUPERVISOR
    for assignment in of_case or assignments.filter(therapist=episode.therapist_id).order_by("starts_at"):
        name = assignment.supervisor.display_name
        readers.append(Reader(name, part, False, assignment.starts_at, assignment.ends_at))
    return Readers(readers)
