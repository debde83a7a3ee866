"""Reads: who is responsible for a case now, and who can read it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models import CaseOffer, Episode, Membership, Supervision, User
from alliance.people.emergency import Opening, openings_of
from alliance.prepared import Prepared
from alliance.scopes import is_open_sight, live, live_covers_of, live_therapists


class Part(TextChoices):
    """What somebody is to a case; the label says why they can read it."""

    THERAPIST = "therapist", _("Therapist of this case")
    COVER = "cover", _("Covers for the therapist")
    SUPERVISOR = "supervisor", _("Supervises the therapist")
    CASE_SUPERVISOR = "case_supervisor", _("Supervises this case")
    EMERGENCY = "emergency", _("Opened it in an emergency")


SUPERVISED = _(
    "Answers, plan and flags; comments where the client agreed. Not what the client wants brought up, private notes or "
    "contact data."
)
READS = {
    Part.THERAPIST: _("Everything the client sends, the plan and the flags; their own private notes."),
    Part.COVER: _("Everything the client sends, the plan and the flags; logs sessions."),
    Part.SUPERVISOR: SUPERVISED,
    Part.CASE_SUPERVISOR: SUPERVISED,
    Part.EMERGENCY: _(
        "Answers, plan and flags; comments where the client agreed; the client’s phone number, to reach them. "
        "Not what the client wants brought up, private notes or e-mail address."
    ),
}


OFFERED = {
    CaseOffer.OfferKind.HAND_OVER: _("Is asked to take the case over"),
    CaseOffer.OfferKind.COVER: _("Is asked to cover for the therapist"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who can read a case now."""

    name: str
    part: Part
    is_responsible: bool
    starts_at: datetime
    ends_at: datetime | None
    arranged_by: str = ""

    @property
    def why(self) -> str:
        return str(self.part.label)

    @property
    def what(self) -> str:
        return str(READS[self.part])

    @property
    def is_for_an_hour(self) -> bool:
        return self.part == Part.EMERGENCY

    @property
    def last_day(self) -> datetime | None:
        """An instant on the last day: `ends_at` itself is the first moment after."""
        return self.ends_at - timedelta(seconds=1) if self.ends_at else None


@dataclass(frozen=True, slots=True)
class AskedReader:
    """Somebody who is to read a case, and cannot yet."""

    name: str
    why: str
    asked_by: str
    asked_at: datetime
    opens_at: datetime | None  # None: only when a second person agrees
    is_accepted: bool
    is_objected: bool
    is_agreed: bool  # by the therapist; a manager's yes is not theirs
    not_before: datetime | None = None  # where the first day that was asked for is to come
    ends_at: datetime | None = None

    @property
    def last_day(self) -> datetime | None:
        """An instant on the last day, where one is set."""
        return self.ends_at - timedelta(seconds=1) if self.ends_at else None

    @property
    def waits_for_day(self) -> bool:
        """Whether nobody can open it earlier."""
        return self.not_before is not None and self.opens_at == self.not_before


@dataclass(frozen=True, slots=True)
class Readers:
    """Who can read a case now, the responsible ones first; and who is to, and cannot yet."""

    all: list[Reader]
    asked: list[AskedReader]
    openings: list[Opening]  # in an emergency, also those that are over

    def opened_by(self, user: User) -> Opening | None:
        """The hour in which the user reads it, where one runs."""
        return next((row for row in self.openings if row.reader_key == user.pk and not row.is_over), None)

    @property
    def are_answered(self) -> bool:
        """Whether the therapist has said yes or no to each who is to read it."""
        return all(one.is_agreed or one.is_objected for one in self.asked)

    @property
    def may_answer(self) -> bool:
        """Whether the therapist has not answered yet, and can: silence is a yes once the day has come."""
        waiting = [one for one in self.asked if not one.is_agreed and not one.is_objected]
        return any(one.opens_at is None or one.opens_at > timezone.now() for one in waiting)

    @property
    def may_answer_anew(self) -> bool:
        """Whether the therapist can still say something else: a yes is final once its day has come."""
        now = timezone.now()
        return any(one.is_objected or (one.opens_at is not None and one.opens_at > now) for one in self.asked)

    @property
    def responsible(self) -> list[Reader]:
        return [reader for reader in self.all if reader.is_responsible]


def readers_of(episode: Episode) -> Readers:
    """Who is responsible for an episode now, and who else can read it.

    Five statements. A case that has ended has readers, and nobody is asked about it.
    """
    readers = []
    for therapist in THERAPIST.models(place=episode.therapist_id):
        readers.append(Reader(therapist.display_name, Part.THERAPIST, True, episode.starts_at, therapist.ends_at))
    for cover in COVERS.models(episode=episode):
        readers.append(Reader(cover.covering.display_name, Part.COVER, True, cover.starts_at, cover.ends_at))
    supervised, asked = _supervision_of(episode)
    openings = openings_of(episode)
    readers += supervised
    readers += [
        Reader(row.reader, Part.EMERGENCY, False, row.starts_at, row.ends_at) for row in openings if not row.is_over
    ]
    return Readers(readers, asked + _offered(episode), openings)


def _supervision_of(episode: Episode) -> tuple[list[Reader], list[AskedReader]]:
    """Who reads along by an assignment, and who is to. One to the case stands before those to its therapist."""
    therapist = episode.therapist
    found = SUPERVISIONS.models(episode=episode.pk, therapist=therapist.pk, user=therapist.user_id)
    of_case = [row for row in found if row.is_open and row.episode_id]
    readers = [
        Reader(
            row.supervisor.display_name,
            _part_of(row),
            False,
            max(filter(None, (row.starts_at, row.accepted_at, row.opens_at, episode.starts_at))),
            row.ends_at,
            _name_of(row.asked_by),
        )
        for row in of_case or [row for row in found if row.is_open]
    ]
    asked = [
        AskedReader(
            row.supervisor.display_name,
            str(_part_of(row).label),
            _name_of(row.asked_by),
            row.starts_at,
            row.opens_at,
            row.accepted_at is not None,
            row.objected_at is not None,
            row.agreed_by_id == therapist.pk,
            row.not_before,
            row.ends_at,
        )
        for row in found
        if not row.is_open
    ]
    return readers, asked


def _offered(episode: Episode) -> list[AskedReader]:
    """The colleague to whom the case is offered, where nobody has taken it yet."""
    return [
        AskedReader(
            row.to.display_name,
            str(OFFERED[CaseOffer.OfferKind(row.kind)]),
            row.asked_by.display_name,
            row.asked_at,
            row.opens_at,
            row.accepted_at is not None,
            row.objected_at is not None,
            row.agreed_by_id == episode.therapist_id,
        )
        for row in OFFERS.models(episode=episode.pk)
    ]


def _supervisions(episode: int, therapist: int, user: int) -> QuerySet[Any]:
    rows = Supervision.objects.filter(
        live(), Q(episode=episode) | Q(therapist=therapist), supervisor__user__is_active=True
    ).exclude(supervisor__user=user)
    rows = rows.annotate(is_open=ExpressionWrapper(is_open_sight(), output_field=BooleanField())).order_by("starts_at")
    return rows.select_related("supervisor__practice__data_key", "asked_by__practice__data_key")


THERAPIST = Prepared(lambda place: live_therapists().filter(pk=place).select_related("practice__data_key"), place=int)
COVERS = Prepared(
    lambda episode: live_covers_of(episode).select_related("covering__practice__data_key").order_by("starts_at"),
    episode=Episode,
)
SUPERVISIONS = Prepared(_supervisions, episode=int, therapist=int, user=int)
OFFERS = Prepared(
    lambda episode: (
        CaseOffer.objects.waiting()
        .filter(episode=episode)
        .select_related("to__practice__data_key", "asked_by__practice__data_key")
    ),
    episode=int,
)


def _part_of(row: Supervision) -> Part:
    return Part.CASE_SUPERVISOR if row.episode_id else Part.SUPERVISOR


def _name_of(member: Membership | None) -> str:
    return member.display_name if member else ""
