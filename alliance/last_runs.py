"""When the jobs that run by themselves were last done, by the database's clock: all machines see it."""

from datetime import datetime

from django.db.models.functions import Now

from alliance.models import LastRun

Job = LastRun.Job


def record_run(job: LastRun.Job) -> None:
    """Stores that a job has come to its end now."""
    LastRun.objects.update_or_create(job=job, defaults={"at": Now()})


def last_runs() -> dict[str, datetime]:
    """Job -> when it was last done; a job that never was is absent."""
    return dict(LastRun.objects.values_list("job", "at"))
