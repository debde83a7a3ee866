"""Which times the form that logs a session begins with."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from alliance.models import Episode
from sessions.models import TherapySession
from sessions.schedule.forms import SESSION_MINUTES, times_of

WEEK = timedelta(days=7)


def proposed_times(episode: Episode) -> dict[str, Any]:
    """The latest usual slot of the episode that has no session yet; else a session that ends now.

    The usual slot is that of the last session, a week later or more, by the clock on the wall.
    """
    now = timezone.localtime()
    last = TherapySession.objects.attended().filter(episode=episode).order_by("-starts_at").first()
    slot = _weeks_later(last, now) if last and last.starts_at_known else None
    if last is None or slot is None:
        return _just_over()
    if TherapySession.objects.not_voided().filter(episode=episode, starts_at__gt=last.starts_at).exists():
        return _just_over() | {"mode": last.mode}  # it was moved, or missed: which time is meant is not known
    return times_of(last) | {"day": slot.date(), "mode": last.mode}


def _weeks_later(last: TherapySession, now: datetime) -> datetime | None:
    """The start of the latest week's slot that has begun; None where that is the last session itself."""
    start = timezone.localtime(last.starts_at)
    weeks = (now.replace(tzinfo=None) - start.replace(tzinfo=None)) // WEEK
    return start + weeks * WEEK if weeks > 0 else None


def _just_over() -> dict[str, Any]:
    """The times of a session that ends now, started on a full five minutes."""
    start = timezone.localtime(timezone.now() - timedelta(minutes=SESSION_MINUTES))
    start = start.replace(minute=start.minute // 5 * 5, second=0)
    return {"day": start.date(), "time": start.time(), "minutes": SESSION_MINUTES}
