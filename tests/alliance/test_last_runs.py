"""When the jobs that run by themselves were last done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.last_runs import Job, last_runs, record_run
from alliance.models import LastRun


def test_a_job_that_never_ran_is_absent(db):
    assert last_runs() == {}
    record_run(Job.BACKUP)
    assert last_runs().keys() == {Job.BACKUP}


@pytest.mark.parametrize("fault", [False, True])
def test_the_last_run_of_each_job_stands_with_what_it_found(fault, db):
    record_run(Job.BACKUP)
    record_run(Job.AUDIT, found_fault=not fault)
    LastRun.objects.update(at=timezone.now() - timedelta(days=1))
    record_run(Job.AUDIT, found_fault=fault)
    found = last_runs()
    assert [found[job].found_fault for job in (Job.BACKUP, Job.AUDIT)] == [False, fault]
    assert timezone.now() - found[Job.AUDIT].at < timedelta(minutes=1) < timezone.now() - found[Job.BACKUP].at
