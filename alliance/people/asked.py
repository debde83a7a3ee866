"""Reads: what somebody is asked, about who reads whose cases and about a place in another practice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from alliance.access import sight_answers
from alliance.acting import as_program
from alliance.models import Membership, SightAnswer, Supervision, User
from alliance.people.roles import MemberRole, roles_of
from alliance.scopes import assignments_asked_of


@dataclass(frozen=True, slots=True)
class Request:
    """An assignment that is not open yet, as one of those whom it concerns sees it."""

    code: UUID
    supervisor: str
    supervisor_email: str
    therapist: str
    asked_by: str
    asked_at: datetime
    opens_at: datetime | None
    objected_at: datetime | None
    is_accepted: bool
    case_code: str  # empty: all cases of the therapist
    reads: bool  # the user is the supervisor
    is_read: bool  # the user is the therapist
    answers: list[SightAnswer]
    not_before: datetime | None  # where the first day that was asked for is to come
    ends_at: datetime | None

    @property
    def last_day(self) -> datetime | None:
        """An instant on the last day, where one is set."""
        return self.ends_at - timedelta(seconds=1) if self.ends_at else None

    @property
    def waits_for_day(self) -> bool:
        """Whether nobody can open it earlier."""
        return self.not_before is not None and self.opens_at == self.not_before


@dataclass(frozen=True, slots=True)
class Offer:
    """A place in another practice."""

    code: UUID
    practice: str
    roles: tuple[MemberRole, ...]


@as_program()
def requests_for(user: User) -> list[Request]:
    """The assignments that are not open yet, of the user's own and of the practices that they manage."""
    people = ("supervisor", "therapist", "episode__therapist", "asked_by")
    rows = (
        assignments_asked_of(user)
        .select_related(*(f"{who}__practice__data_key" for who in people), "supervisor__user")
        .order_by("pk")
    )
    return [_request(row, user) for row in rows]


def _request(row: Supervision, user: User) -> Request:
    therapist: Membership = row.therapist or row.episode.therapist  # type: ignore[union-attr]  # one of the two is there
    return Request(
        code=row.code,
        supervisor=row.supervisor.display_name,
        supervisor_email=row.supervisor.user.email,
        therapist=therapist.display_name,
        asked_by=row.asked_by.display_name if row.asked_by else "",
        asked_at=row.starts_at,
        opens_at=row.opens_at,
        objected_at=row.objected_at,
        is_accepted=row.accepted_at is not None,
        case_code=row.episode.short_code if row.episode else "",
        reads=row.supervisor.user_id == user.pk,
        is_read=therapist.user_id == user.pk,
        answers=[one for one in sight_answers(row) if one != SightAnswer.AGREE or _is_wanted(row, therapist, user)],
        not_before=row.not_before,
        ends_at=row.ends_at,
    )


def _is_wanted(row: Supervision, therapist: Membership, user: User) -> bool:
    """Whether a yes of this user says anything new.

    What was agreed to may have to wait for its day, or for the supervisor. The therapist's own yes is one after that of
    a manager, too: they are asked until they have answered.
    """
    if row.agreed_by_id is None:
        return True
    return therapist.user_id == user.pk and row.agreed_by_id != therapist.pk


def offers_to(user: User) -> list[Offer]:
    """The places that other practices offer to the user."""
    rows = Membership.objects.offered_to(user).select_related("practice").order_by("pk")
    return [Offer(row.code, row.practice.name, roles_of(row)) for row in rows]
