"""What the form that logs a session begins with."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from alliance.access import Editor
from alliance.models import Episode
from ratings.check_in.actions import LOG_UNDONE
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, TherapySession
from sessions.record.actions import own_note
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


def as_logged_before(therapy_session: TherapySession, editor: Editor) -> dict[str, Any]:
    """What is known of a session: what was planned, and what its log said that was undone, so that nothing is lost."""
    note = own_note(therapy_session, editor.membership)
    typed = note.text.open(therapy_session.episode.client.data_key) if note else ""
    known = times_of(therapy_session) | {"mode": therapy_session.mode, "private_note": typed}
    if therapy_session.attendance != Attendance.PLANNED:
        known["attendance"] = therapy_session.attendance
    own = therapy_session.ratings.filter(rater=Rater.THERAPIST, entered_by__user=editor.membership.user_id)
    rating = own.filter(replaced_reason=LOG_UNDONE).order_by("-replaced_at").first()
    return known | ({**rating.answers, "noticed": rating.noticed} if rating else {})


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
