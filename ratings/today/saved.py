"""Reads: what was logged just now, for the notice that offers to undo it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from alliance import scopes
from alliance.models import User
from alliance.models.episode import OF_EPISODE
from alliance.prepared import Prepared
from ratings.check_in.instrument_choice import number_at
from ratings.models import CheckIn, Delivery, Rating
from ratings.psychometrics.evidence import Rater
from ratings.today.actions import UNDO_FOR
from sessions.models import Attendance, TherapySession


@dataclass(frozen=True, slots=True)
class JustLogged:
    """The session that the reader logged last, as long as that can be undone."""

    code: str
    case_code: str
    name: str
    number: int | None  # None: not attended
    attendance: str
    logged_at: datetime
    check_in_to_show: str  # the code of a check-in that no e-mail brings, and nobody has answered; empty: there is none


def just_logged(user: User) -> JustLogged | None:
    """The newest log of the user that can still be undone."""
    row = next(iter(NEWEST.models(user=user, now=timezone.now())), None)
    if row is None or row.logged_at is None:
        return None
    attended = row.attendance == Attendance.ATTENDED
    check_in: CheckIn | None = getattr(row, "check_in", None)
    return JustLogged(
        code=str(row.code),
        case_code=str(row.episode.code),
        name=row.episode.client.display_name,
        number=number_at(row.episode, row.starts_at) if attended else None,
        attendance=row.get_attendance_display(),
        logged_at=row.logged_at,
        check_in_to_show=str(check_in.code) if check_in and attended and not row.needs_no_link else "",
    )


def _newest(user: User, now: datetime) -> QuerySet[Any]:
    comes_by_mail = Delivery.objects.filter(check_in__therapy_session=OuterRef("pk"), failed_at__isnull=True)
    answered = Rating.objects.current().filter(therapy_session=OuterRef("pk"), rater=Rater.CLIENT)
    return (
        TherapySession.objects.not_voided()
        .exclude(attendance=Attendance.PLANNED)
        .filter(
            episode__among=scopes.own_episodes.keys(user),
            logged_by__in=scopes.live_memberships(user, "therapist"),
            logged_at__gt=now - UNDO_FOR,
        )
        .annotate(needs_no_link=Exists(comes_by_mail) | Exists(answered))
        .select_related(*OF_EPISODE, "check_in")
        .order_by("-logged_at")[:1]
    )


NEWEST = Prepared(_newest, user=User, now=datetime)
