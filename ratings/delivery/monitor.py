"""Reads: whether the installation does its work, in figures for a monitor; nothing of any client or practice."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from alliance.acting import as_program
from alliance.last_runs import Job, last_runs
from alliance.models import LastRun
from ratings.models import Delivery

# Conventions of this app.
SENDER_SILENT = timedelta(minutes=15)
ONCE_A_DAY = timedelta(hours=26)  # a backup, a reading of the audit; and time for it to run
LEAST_FREE = 10  # percent of the disk with the SQLite file


@dataclass(frozen=True, slots=True)
class Health:
    """What a monitor asks; None: never, or not here."""

    messages_due: int
    oldest_due_seconds: int | None
    sender_silent_seconds: int | None
    backup_age_seconds: int | None
    audit_read_seconds: int | None
    audit_is_whole: bool | None
    disk_free_percent: int

    @property
    def problems(self) -> list[str]:
        """What somebody has to look after, in words that never change: a monitor may compare them."""
        found = []
        if self.sender_silent_seconds is None or self.sender_silent_seconds > SENDER_SILENT.total_seconds():
            found.append("sender silent")
        if self.backup_age_seconds is None or self.backup_age_seconds > ONCE_A_DAY.total_seconds():
            found.append("no backup")
        if self.audit_read_seconds is None or self.audit_read_seconds > ONCE_A_DAY.total_seconds():
            found.append("audit not read again")
        if self.audit_is_whole is False:
            found.append("audit changed")
        if self.disk_free_percent < LEAST_FREE:
            found.append("disk nearly full")
        return found

    def to_json(self) -> dict[str, object]:
        return {"status": "problems" if self.problems else "ok", "problems": self.problems, **asdict(self)}


@as_program()
def health() -> Health:
    """The figures now."""
    now, runs = timezone.now(), last_runs()
    ran = {job: run.at for job, run in runs.items()}
    due = Delivery.objects.waiting().filter(due_at__lte=now, episode__client__practice__live_at__lte=now)
    found = due.aggregate(number=Count("pk"), oldest=Min("due_at"))
    disk = shutil.disk_usage(settings.VAR_DIR)
    return Health(
        messages_due=found["number"],
        oldest_due_seconds=_since(found["oldest"], now),
        sender_silent_seconds=_since(ran.get(Job.SENDER), now),
        backup_age_seconds=_since(ran.get(Job.BACKUP), now),
        audit_read_seconds=_since(ran.get(Job.AUDIT), now),
        audit_is_whole=_audit_is_whole(runs),
        disk_free_percent=100 * disk.free // disk.total,
    )


def _audit_is_whole(runs: Mapping[str, LastRun]) -> bool | None:
    if Job.AUDIT not in runs:
        return None
    return not any(runs[job].found_fault for job in (Job.AUDIT, Job.AUDIT_HEAD) if job in runs)


def _since(at: datetime | None, now: datetime) -> int | None:
    return max(0, int((now - at).total_seconds())) if at else None
