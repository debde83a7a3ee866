"""What a manager's pages show: members and assignments, and nothing clinical."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Count, ExpressionWrapper
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Membership, Practice, Supervision
from alliance.names import folded
from alliance.people.roles import MemberRole, roles_of
from alliance.scopes import is_open_sight, live, open_without_therapist

AWAY_AFTER_WEEKS = 4  # convention of this app


@dataclass(frozen=True)
class Member:
    code: UUID
    name: str
    email: str
    roles: tuple[MemberRole, ...]
    since: date
    invited: bool  # and has not come yet
    weeks_away: int | None  # since the last sign-in; None: nothing is known of one
    open_cases: int
    leaves_on: date | None  # the last day, where one is set
    supervised_by: tuple[str, ...]  # who reads all of their cases
    supervises: int  # therapists, and single cases
    cases_with_own: int = 0  # open cases of theirs with a supervisor of their own

    @property
    def is_therapist(self) -> bool:
        return MemberRole.THERAPIST in self.roles

    @property
    def is_read_by_nobody(self) -> bool:
        """Whether nobody but themselves can read some of their open cases."""
        return self.is_therapist and self.unread_cases > 0 and not self.supervised_by

    @property
    def unread_cases(self) -> int:
        return self.open_cases - self.cases_with_own


@dataclass(frozen=True)
class Assignment:
    code: UUID
    supervisor: str
    supervisor_code: UUID
    therapist: str
    therapist_code: UUID
    case_code: str  # as managers know it; empty: all cases of the therapist
    case_is_over: bool
    since: date  # it lets them read; or, where it does not yet, it was asked for
    is_open: bool
    waits_for_day: bool  # accepted, and nobody has to agree any more
    from_day: date | None  # the first day, where it is to come
    until: date | None  # the last one, where one is set

    @property
    def one_case(self) -> bool:
        return self.case_code != ""


@dataclass(frozen=True)
class Staff:
    practice: str
    code: UUID
    has_crisis_line: bool
    is_live: bool
    members: list[Member]
    cases_without_therapist: int
    assignments: list[Assignment]

    @property
    def leaving(self) -> list[Member]:
        """Who leaves, and has cases that need somebody."""
        return [member for member in self.members if member.leaves_on and member.is_therapist and member.open_cases]

    @property
    def not_open(self) -> list[Assignment]:
        """What was asked for, lets nobody read yet, and waits for an answer: not for its first day alone."""
        return [row for row in self.assignments if not row.is_open and not row.waits_for_day]

    @property
    def away(self) -> list[Member]:
        """Who has a place, and has not signed in for long."""
        return [member for member in self.members if (member.weeks_away or 0) >= AWAY_AFTER_WEEKS]

    @property
    def unread(self) -> list[Member]:
        """Whose open cases nobody else reads; none where the practice has no supervision at all."""
        return [member for member in self.members if member.is_read_by_nobody] if self.assignments else []


@as_program()
def staff_of(practice: Practice) -> Staff:
    """The members of the practice now, and who supervises whom."""
    assignments = assignments_of(practice)
    return Staff(
        practice=practice.name,
        code=practice.code,
        has_crisis_line=practice.crisis_phone != "",
        is_live=practice.live_at is not None,
        members=_members_of(practice, assignments),
        cases_without_therapist=open_without_therapist().filter(client__practice=practice).count(),
        assignments=assignments,
    )


def _members_of(practice: Practice, assignments: list[Assignment]) -> list[Member]:
    """The members now, by name; the database cannot sort them, as names are sealed."""
    memberships = practice.memberships.filter(live()).select_related("user")
    memberships = memberships.annotate(open_cases=Count("episodes", filter=live("episodes__")))
    members = [
        Member(
            code=membership.code,
            name=membership.name.shown(practice.data_key),
            email=membership.user.email,
            roles=roles_of(membership),
            since=_local_date(membership.starts_at, practice),
            invited=membership.first_seen_at is None,
            weeks_away=_weeks_since(membership.user.last_login),
            open_cases=membership.open_cases,
            leaves_on=_local_date(membership.ends_at - timedelta(seconds=1), practice) if membership.ends_at else None,
            supervised_by=tuple(
                found.supervisor
                for found in assignments
                if found.therapist_code == membership.code and not found.one_case and found.is_open
            ),
            supervises=sum(found.supervisor_code == membership.code and found.is_open for found in assignments),
            cases_with_own=len(
                {
                    found.case_code
                    for found in assignments
                    if found.therapist_code == membership.code and found.one_case and not found.case_is_over
                    if found.is_open
                }
            ),
        )
        for membership in memberships
    ]
    return sorted(members, key=lambda member: folded(member.name))


@as_program()
def assignments_of(practice: Practice) -> list[Assignment]:
    """The supervision that holds now or was asked for, by the names of the two."""
    supervisions = Supervision.objects.filter(live(), live("supervisor__"), supervisor__practice=practice)
    supervisions = supervisions.annotate(is_open=ExpressionWrapper(is_open_sight(), output_field=BooleanField()))
    supervisions = supervisions.select_related("supervisor", "therapist", "episode__therapist")
    assignments = [
        Assignment(
            code=supervision.code,
            supervisor=supervision.supervisor.name.shown(practice.data_key),
            supervisor_code=supervision.supervisor.code,
            therapist=_supervisee(supervision).name.shown(practice.data_key),
            therapist_code=_supervisee(supervision).code,
            case_code=supervision.episode.short_code if supervision.episode else "",
            case_is_over=supervision.episode is not None and supervision.episode.ends_at is not None,
            since=_local_date(_since(supervision), practice),
            is_open=bool(supervision.is_open),  # NULL where the day is not set yet
            waits_for_day=_waits_for_day(supervision),
            from_day=_local_date(supervision.not_before, practice) if supervision.not_before else None,
            until=_local_date(supervision.ends_at - timedelta(seconds=1), practice) if supervision.ends_at else None,
        )
        for supervision in supervisions
    ]
    return sorted(assignments, key=lambda assignment: (folded(assignment.supervisor), folded(assignment.therapist)))


def _since(supervision: Any) -> datetime:
    """When it opened; else when it was asked for."""
    if not supervision.is_open:
        return cast(datetime, supervision.starts_at)
    return cast(datetime, max(supervision.starts_at, supervision.accepted_at, supervision.opens_at))


def _waits_for_day(supervision: Supervision) -> bool:
    first = supervision.not_before
    return first is not None and supervision.opens_at == first and supervision.accepted_at is not None


def _weeks_since(instant: datetime | None) -> int | None:
    return (timezone.now() - instant).days // 7 if instant else None


def _supervisee(supervision: Supervision) -> Membership:
    """The therapist, or the one of the episode: a constraint gives it one of the two."""
    return supervision.therapist or supervision.episode.therapist  # type: ignore[union-attr]  # one of the two is there


def _local_date(instant: datetime, practice: Practice) -> date:
    """The date of the instant in the practice's zone."""
    return instant.astimezone(ZoneInfo(practice.zone)).date()
