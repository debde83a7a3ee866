"""Writes of planned sessions that go along when a case is handed over."""

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Right
from alliance.audit import Verb
from alliance.models import Episode
from sessions.models import Attendance, SessionSeries, TherapySession


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
