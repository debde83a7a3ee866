"""Reads: the supervision of a practice that holds now or was asked for, as its managers see it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, ExpressionWrapper

from alliance.acting import as_program
from alliance.models import Membership, Practice, Supervision
from alliance.names import folded
from alliance.scopes import is_open_sight, live


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
            since=local_date(_since(supervision), practice),
            is_open=bool(supervision.is_open),  # NULL where the day is not set yet
            waits_for_day=_waits_for_day(supervision),
            from_day=local_date(supervision.not_before, practice) if supervision.not_before else None,
            until=local_date(supervision.ends_at - timedelta(seconds=1), practice) if supervision.ends_at else None,
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


def _supervisee(supervision: Supervision) -> Membership:
    """The therapist, or the one of the episode: a constraint gives it one of the two."""
    return supervision.therapist or supervision.episode.therapist  # type: ignore[union-attr]  # one of the two is there


def local_date(instant: datetime, practice: Practice) -> date:
    """The date of the instant in the practice's zone."""
    return instant.astimezone(ZoneInfo(practice.zone)).date()
