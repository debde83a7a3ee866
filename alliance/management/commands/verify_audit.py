"""The command that finds a changed, removed or added event in the closed audit."""

import re

from django.core.management.base import BaseCommand, CommandError

from alliance.audit_chain import verify
from alliance.last_runs import Job, record_run

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
        if head and fits:
            record_run(Job.AUDIT_HEAD, found_fault=verdict.misses_head)
        if verdict.fault:
            raise CommandError(verdict.fault)
        self.stdout.write(
            f"{verdict.n_events} events in {verdict.n_seals} batches are as they were. {verdict.head}".strip()
        )
