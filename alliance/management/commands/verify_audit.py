"""The command that finds a changed, removed or added event in the closed audit."""

from django.core.management.base import BaseCommand, CommandError

from alliance.audit_chain import verify
from alliance.last_runs import Job, record_run


class Command(BaseCommand):
    help = "Checks that every closed batch of the audit is as it was when it was closed."

    def add_arguments(self, parser):
        parser.add_argument("--head", default="", help="a seal that was kept elsewhere: the chain must still hold it")

    def handle(self, head, **options):
        verdict = verify(head)
        record_run(Job.AUDIT, found_fault=bool(verdict.fault))
        if verdict.fault:
            raise CommandError(verdict.fault)
        self.stdout.write(
            f"{verdict.n_events} events in {verdict.n_seals} batches are as they were. {verdict.head}".strip()
        )
