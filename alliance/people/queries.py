"""What a manager's pages show: members and assignments, and nothing clinical."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count

from alliance.models import Membership, Practice, Supervision
from alliance.names import folded
from alliance.scopes import live, open_without_therapist

ROLES = ("therapist", "supervisor", "manager")


@dataclass(frozen=True)
class Member:
    code: UUID
    name: str
    email: str
    roles: tuple[str, ...]
    since: date
    invited: bool  # and has not come yet
    open_cases: int
    leaves_on: date | None  # the last day, where one is set


@dataclass(frozen=True)
class Assignment:
    code: UUID
    supervisor: str
    therapist: str
    one_case: bool
    since: date


@dataclass(frozen=True)
class Staff:
    practice: str
    code: UUID
    has_crisis_line: bool
    is_live: bool
    members: list[Member]
    cases_without_therapist: int
    assignments: list[Assignment]


def staff_of(practice: Practice) -> Staff:
    """The members of the practice now, and who supervises whom."""
    return Staff(
        practice=practice.name,
        code=practice.code,
        has_crisis_line=practice.crisis_phone != "",
        is_live=practice.live_at is not None,
        members=members_of(practice),
        cases_without_therapist=open_without_therapist().filter(client__practice=practice).count(),
        assignments=assignments_of(practice),
    )


def members_of(practice: Practice) -> list[Member]:
    """The members now, by name; the database cannot sort them, as names are sealed."""
    memberships = practice.memberships.filter(live()).select_related("user")
    memberships = memberships.annotate(open_cases=Count("episodes", filter=live("episodes__")))
    members = [
        Member(
            code=membership.code,
            name=membership.name.open(practice.data_key),
            email=membership.user.email,
            roles=tuple(role for role in ROLES if getattr(membership, f"is_{role}")),
            since=_local_date(membership.starts_at, practice),
            invited=membership.first_seen_at is None,
            open_cases=membership.open_cases,
            leaves_on=_local_date(membership.ends_at - timedelta(seconds=1), practice) if membership.ends_at else None,
        )
        for membership in memberships
    ]
    return sorted(members, key=lambda member: folded(member.name))


def assignments_of(practice: Practice) -> list[Assignment]:
    """The supervision that holds now, by the names of the two."""
    supervisions = Supervision.objects.filter(live(), supervisor__practice=practice)
    supervisions = supervisions.select_related("supervisor", "therapist", "episode__therapist")
    assignments = [
        Assignment(
            code=supervision.code,
            supervisor=supervision.supervisor.name.open(practice.data_key),
            therapist=_supervisee(supervision).name.open(practice.data_key),
            one_case=supervision.episode_id is not None,
            since=_local_date(supervision.starts_at, practice),
        )
        for supervision in supervisions
    ]
    return sorted(assignments, key=lambda assignment: (folded(assignment.supervisor), folded(assignment.therapist)))


def _supervisee(supervision: Supervision) -> Membership:
    """The therapist, or the one of the episode: a constraint gives it one of the two."""
    return supervision.therapist or supervision.episode.therapist  # type: ignore[union-attr]  # one of the two is there


def _local_date(instant: datetime, practice: Practice) -> date:
    """The date of the instant in the practice's zone."""
    return instant.astimezone(ZoneInfo(practice.zone)).date()
