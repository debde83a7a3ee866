"""The command that finds a changed, removed or added event in the closed audit."""

import re

from django.core.management.base import BaseCommand, CommandError

from alliance.audit_chain import verify
from alliance.last_runs import Job, last_runs, record_run
from alliance.models import AuditEvent, AuditSeal

SEAL = re.compile("[0-9a-f]{64}")


class Command(BaseCommand):
    help = "Checks that every closed batch of the audit is as it was when it was closed."

    def add_arguments(self, parser):
        parser.add_argument("--head", default="", help="a seal that was kept elsewhere: the chain must still hold it")

    def handle(self, head, **options):
        if head and not SEAL.fullmatch(head):
            raise CommandError(f"{head!r} is no seal: 64 of the characters 0-9 and a-f, as seal_audit prints them.")
        verdict = verify(head)
        fits = not verdict.fault or verdict.misses_head
        record_run(Job.AUDIT, found_fault=not fits)
        missed_at = missed_on()
        stands = missed_at is not None and not holds_since(head, missed_at)
        if head and fits and (verdict.misses_head or not stands):
            record_run(Job.AUDIT_HEAD, found_fault=verdict.misses_head)
        if verdict.fault:
            raise CommandError(verdict.fault)
        self.stdout.write(
            f"{verdict.n_events} events in {verdict.n_seals} batches are as they were. {verdict.head}".strip()
        )
        if stands:
            since = f"{missed_at:%Y-%m-%d %H:%M %Z}"
            self.stdout.write(f"Since {since} a kept seal is missing. Only a seal over what happened since clears it.")


def missed_on():
    """When a kept seal was last missing, where no later one has been found since; else None."""
    run = last_runs().get(Job.AUDIT_HEAD)
    return run.at if run and run.found_fault else None


def holds_since(head, at):
    """Whether a seal of the chain was made over an event after an instant.

    By the event, which the seal covers, and not by when the batch was closed: it does not cover that.
    """
    last = AuditSeal.objects.filter(digest=head).values("last_event")
    return AuditEvent.objects.filter(pk__in=last, at__gt=at).exists()
