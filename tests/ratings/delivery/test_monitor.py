"""Figures for a monitor: what somebody has to look after, and nothing of anybody."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from alliance.audit_chain import close_batches
from alliance.last_runs import Job, last_runs, record_run
from alliance.models import AuditEvent, AuditSeal, LastRun
from tests.factories import days_ago

TOKEN = "a token of more than thirty-two characters"


@pytest.fixture
def asked(http, settings):
    """`asked(token)`: the answer to a monitor with this token."""
    settings.MONITOR_TOKEN = TOKEN
    return lambda token=TOKEN: http.get("/monitor", headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def all_well(db):
    for job in Job:
        record_run(job)


def test_where_all_is_well_it_says_so(asked, all_well, due_message):
    page = asked()
    assert (page.status_code, page.json()["problems"]) == (200, [])
    assert page.json()["messages_due"] == 1
    assert page.json()["oldest_due_seconds"] > 0
    assert "Juniper" not in page.text and str(due_message.code) not in page.text


@pytest.mark.parametrize("token", ["", "another token of more than thirty-two letters"])
def test_without_the_token_there_is_no_such_page(asked, all_well, token):
    assert asked(token).status_code == 404
    assert asked().status_code == 200


def test_without_a_token_in_the_settings_there_is_none_for_anybody(asked, all_well, settings):
    settings.MONITOR_TOKEN = ""
    assert asked("").status_code == 404


@pytest.mark.parametrize(
    ("job", "silent", "problem"),
    [
        (Job.SENDER, timedelta(minutes=16), "sender silent"),
        (Job.BACKUP, timedelta(hours=27), "no backup"),
        (Job.AUDIT, timedelta(hours=27), "audit not read again"),
    ],
)
def test_a_job_that_stands_still_is_a_problem(asked, all_well, job, silent, problem):
    LastRun.objects.filter(job=job).update(at=timezone.now() - silent)
    page = asked()
    assert (page.status_code, page.json()["problems"]) == (503, [problem])
    LastRun.objects.filter(job=job).delete()
    assert asked().json()["problems"] == [problem]


def test_a_full_disk_is_a_problem(asked, all_well, monkeypatch):
    monkeypatch.setattr("ratings.delivery.monitor.LEAST_FREE", 101)
    assert asked().json()["problems"] == ["disk nearly full"]


def test_an_audit_that_is_not_as_it_was_is_a_problem_until_it_is_again(asked, all_well):
    AuditEvent.objects.create(subject_type="episode", verb="read", at=days_ago(1))
    digest = close_batches()
    AuditSeal.objects.update(digest="0" * 64)
    with pytest.raises(CommandError, match="not as they were"):
        call_command("verify_audit")
    page = asked()
    assert (page.status_code, page.json()["problems"]) == (503, ["audit changed"])
    AuditSeal.objects.update(digest=digest)
    call_command("verify_audit")
    page = asked()
    assert (page.status_code, page.json()["problems"]) == (200, [])
    assert page.json()["audit_read_seconds"] < 60


@pytest.fixture
def made_anew(all_well):
    """The seal that was kept, of a chain that somebody has made anew since; each batch of it fits."""
    AuditEvent.objects.create(subject_type="episode", verb="read", at=days_ago(1))
    kept = close_batches()
    AuditEvent.objects.create(subject_type="episode", verb="read", at=days_ago(1))
    AuditSeal.objects.all().delete()
    close_batches()
    with pytest.raises(CommandError, match="made anew"):
        call_command("verify_audit", head=kept)
    return kept


@pytest.fixture
def since(made_anew):
    """A seal over what happened after the kept one was missing, and before now."""
    LastRun.objects.filter(job=Job.AUDIT_HEAD).update(at=days_ago(0.9))
    AuditEvent.objects.create(subject_type="episode", verb="read", at=days_ago(0.5))
    return close_batches()


def test_what_a_kept_seal_has_shown_is_not_cleared_by_a_run_without_one(asked, made_anew):
    call_command("verify_audit")
    assert asked().json()["problems"] == ["audit changed"]


def test_what_a_kept_seal_has_shown_is_not_cleared_by_one_over_what_happened_before(asked, made_anew, capsys):
    AuditSeal.objects.all().delete()
    call_command("verify_audit", head=close_batches())  # also where that is closed anew
    assert "Only a seal over what happened since clears it." in capsys.readouterr().out
    assert asked().json()["problems"] == ["audit changed"]


def test_what_a_kept_seal_has_shown_is_cleared_by_one_over_what_happened_since(asked, since, capsys):
    call_command("verify_audit", head=since)
    call_command("verify_audit", head=AuditSeal.objects.order_by("last_event").first().digest)
    assert "missing" not in capsys.readouterr().out
    assert asked().json()["problems"] == []


def test_what_a_kept_seal_has_shown_is_not_cleared_by_an_earlier_one_where_there_is_a_later_one(asked, since):
    call_command("verify_audit", head=AuditSeal.objects.order_by("last_event")[0].digest)
    assert asked().json()["problems"] == ["audit changed"]


def test_what_a_kept_seal_has_shown_again_is_cleared_by_one_over_what_happened_after_that(asked, made_anew, since):
    with pytest.raises(CommandError, match="made anew"):
        call_command("verify_audit", head=made_anew)
    call_command("verify_audit", head=since)
    assert asked().json()["problems"] == ["audit changed"]


def test_what_a_kept_seal_has_shown_is_not_cleared_while_another_batch_does_not_fit(asked, since):
    first = AuditSeal.objects.order_by("last_event")[0]
    AuditSeal.objects.filter(pk=first.pk).update(count=9)
    with pytest.raises(CommandError, match="not as they were"):
        call_command("verify_audit", head=since)
    AuditSeal.objects.filter(pk=first.pk).update(count=first.count)
    call_command("verify_audit")
    assert asked().json()["problems"] == ["audit changed"]


def test_a_run_without_a_kept_seal_is_not_on_record_as_one_with_it(db):
    call_command("verify_audit")
    assert set(last_runs()) == {Job.AUDIT}


@pytest.mark.parametrize("head", ["x", "0" * 63, "0" * 65, "2026-11-29"])
def test_what_is_no_seal_is_no_fault_of_the_audit(asked, all_well, head):
    with pytest.raises(CommandError, match="is no seal"):
        call_command("verify_audit", head=head)
    assert asked().json()["problems"] == []
