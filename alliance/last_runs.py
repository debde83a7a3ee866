"""When the jobs that run by themselves were last done, by the database's clock: all machines see it."""

from alliance.database_clock import Now
from alliance.models import LastRun

Job = LastRun.Job


def record_run(job: LastRun.Job, *, found_fault: bool = False) -> None:
    """Stores that a job has come to its end now, and whether it found something wrong."""
    LastRun.objects.update_or_create(job=job, defaults={"at": Now(), "found_fault": found_fault})


def last_runs() -> dict[str, LastRun]:
    """Job -> its last run; a job that never ran is absent."""
    return {run.job: run for run in LastRun.objects.all()}
