"""Writes of planned sessions that go along when a case is handed over."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Right
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import Episode
from sessions.models import Attendance, PrivateNote, SessionSeries, TherapySession, TherapySessionChange
from sessions.record.actions import COPIED


@transaction.atomic
def hand_over_planned(*, right: Right, to: Episode) -> list[TherapySession]:
    """Moves the sessions that are planned from now on to the episode that follows; the sessions.

    What was held, or is not logged yet, stays where it was.
    """
    planned = TherapySession.objects.not_voided().filter(
        episode=right.episode, attendance=Attendance.PLANNED, starts_at__gt=timezone.now()
    )
    moved = list(planned.select_related("series"))
    series: dict[int, SessionSeries] = {}
    for row in moved:
        if row.series and row.series.pk not in series:
            series[row.series.pk] = SessionSeries.objects.create(
                episode=to, every_weeks=row.series.every_weeks, planned_by=row.series.planned_by
            )
        row.episode, row.leave = to, None  # the leave is that of the therapist before
        row.series = series[row.series.pk] if row.series else None
    TherapySession.objects.bulk_update(moved, ["episode", "series", "leave"])
    audit.record_each(Verb.CHANGED, dict.fromkeys(moved, 1), by=right.membership, practice=to.client.practice)
    return moved


@transaction.atomic
def keep_written(*, right: Right, moved: TherapySession, was_of: Episode) -> TherapySession:
    """What was written about a session before its log was undone stays with the therapist before; where it stands now.

    It goes to a copy that is off the record: private notes never go along, and none is without a session.
    """
    now = timezone.now()
    kept = TherapySession(episode=was_of, voided_at=now, voided_by=right.membership)
    for name in COPIED:
        setattr(kept, name, getattr(moved, name))
    reason = _("The case was handed over with this session. What was written about it stays here.")
    kept.voided_reason = Sealed(reason, was_of.client.data_key)
    kept.save()
    PrivateNote.objects.filter(therapy_session=moved).update(therapy_session=kept)
    TherapySessionChange.objects.filter(therapy_session=moved).update(therapy_session=kept)
    audit.record(Verb.CREATED, kept, by=right.membership)
    return kept
