"""Reads: whether the installation does its work, in figures for a monitor; nothing of any client or practice."""

import shutil
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from alliance.acting import as_program
from alliance.last_runs import Job, last_runs
from ratings.models import Delivery

# Conventions of this app.
SENDER_SILENT = timedelta(minutes=15)
NO_BACKUP = timedelta(hours=26)  # one a day, and time for it to run
LEAST_FREE = 10  # percent of the disk with the SQLite file


@dataclass(frozen=True, slots=True)
class Health:
    """What a monitor asks; None: never, or not here."""

    messages_due: int
    oldest_due_seconds: int | None
    sender_silent_seconds: int | None
    backup_age_seconds: int | None
    disk_free_percent: int

    @property
    def problems(self) -> list[str]:
        """What somebody has to look after, in words that never change: a monitor may compare them."""
        found = []
        if self.sender_silent_seconds is None or self.sender_silent_seconds > SENDER_SILENT.total_seconds():
            found.append("sender silent")
        if self.backup_age_seconds is None or self.backup_age_seconds > NO_BACKUP.total_seconds():
            found.append("no backup")
        if self.disk_free_percent < LEAST_FREE:
            found.append("disk nearly full")
        return found

    def to_json(self) -> dict[str, object]:
        return {"status": "problems" if self.problems else "ok", "problems": self.problems, **asdict(self)}


@as_program()
def health() -> Health:
    """The figures now."""
    now, runs = timezone.now(), last_runs()
    due = Delivery.objects.waiting().filter(due_at__lte=now, episode__client__practice__live_at__lte=now)
    found = due.aggregate(number=Count("pk"), oldest=Min("due_at"))
    disk = shutil.disk_usage(settings.VAR_DIR)
    return Health(
        messages_due=found["number"],
        oldest_due_seconds=_since(found["oldest"], now),
        sender_silent_seconds=_since(runs.get(Job.SENDER), now),
        backup_age_seconds=_since(runs.get(Job.BACKUP), now),
        disk_free_percent=100 * disk.free // disk.total,
    )


def _since(at: datetime | None, now: datetime) -> int | None:
    return max(0, int((now - at).total_seconds())) if at else None
