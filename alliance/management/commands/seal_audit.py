"""The command that closes the audit in batches, for a job."""

from django.core.management.base import BaseCommand

from alliance.audit_chain import close_batches


class Command(BaseCommand):
    help = "Closes the audit up to an hour ago, and prints the newest seal. Keep it where the database is not."

    def handle(self, **options):
        self.stdout.write(close_batches() or "Nothing to close yet.")
