"""What a manager's pages show: members and assignments, and nothing clinical."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils import timezone

from alliance.acting import as_program
from alliance.models import Practice, Supervision
from alliance.names import folded
from alliance.people.assignments import Assignment, assignments_of, local_date
from alliance.people.ending import EndingSoon, ending_soon
from alliance.people.roles import MemberRole, roles_of
from alliance.scopes import live, open_without_therapist, was_open_sight

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
class Staff:
    practice: str
    code: UUID
    zone: ZoneInfo
    has_crisis_line: bool
    is_live: bool
    members: list[Member]
    cases_without_therapist: int
    assignments: list[Assignment]
    had_supervision: bool  # somebody supervises, or did once
    ending_soon: list[EndingSoon]

    def has_member(self, code: str) -> bool:
        return any(str(member.code) == code for member in self.members)

    @property
    def needs_a_look(self) -> bool:
        lists = (self.leaving, self.unread, self.not_open, self.away, self.ending_soon)
        return self.cases_without_therapist > 0 or any(lists)

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
        """Whose open cases nobody else reads; none where the practice has never had supervision."""
        return [member for member in self.members if member.is_read_by_nobody] if self.had_supervision else []


@as_program()
def staff_of(practice: Practice) -> Staff:
    """The members of the practice now, and who supervises whom."""
    assignments = assignments_of(practice)
    return Staff(
        practice=practice.name,
        code=practice.code,
        zone=ZoneInfo(practice.zone),
        has_crisis_line=practice.crisis_phone != "",
        is_live=practice.live_at is not None,
        members=_members_of(practice, assignments),
        cases_without_therapist=open_without_therapist().filter(client__practice=practice).count(),
        assignments=assignments,
        had_supervision=_had_supervision(practice),
        ending_soon=ending_soon(assignments, local_date(timezone.now(), practice)),
    )


def _had_supervision(practice: Practice) -> bool:
    return Supervision.objects.filter(was_open_sight(), supervisor__practice=practice).exists()


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
            since=local_date(membership.starts_at, practice),
            invited=membership.first_seen_at is None,
            weeks_away=_weeks_since(membership.user.last_login),
            open_cases=membership.open_cases,
            leaves_on=local_date(membership.ends_at - timedelta(seconds=1), practice) if membership.ends_at else None,
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


def _weeks_since(instant: datetime | None) -> int | None:
    return (timezone.now() - instant).days // 7 if instant else None
