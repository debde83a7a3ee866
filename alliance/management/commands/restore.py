"""The command that brings a backup back into a new database, and counts whether all of it is there."""

from pathlib import Path

import dj_database_url
from django.core.management.base import BaseCommand, CommandError

from alliance.installation import backup, sealed_file


class Command(BaseCommand):
    help = "Brings a backup back into a new SQLite file or an empty PostgreSQL database. Changes nothing else."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("backup", type=Path)
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="holds the private key")
        parser.add_argument(
            "--into", required=True, metavar="TARGET", help="a new file, or postgres://… of an empty one"
        )

    def handle(self, **options):
        try:
            key = sealed_file.private_key(options["key"].read_text().strip())
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['key']} holds no private key: {error}") from None
        try:
            with options["backup"].open("rb") as file:
                missing = _restore(sealed_file.opened(file, key), options["into"])
        except (backup.BackupFailed, sealed_file.DoesNotOpen, OSError) as error:
            raise CommandError(str(error)) from error
        if missing:
            rows = ", ".join(f"{table}: {number}" for table, number in missing.items())
            raise CommandError(f"Rows are missing. {rows}")
        self.stdout.write("Restored; every table has the rows that it had.")


def _restore(pieces, target):
    if "://" in target:
        return backup.restore_postgresql(pieces, dj_database_url.parse(target))
    try:
        return backup.restore_sqlite(pieces, Path(target))
    except (backup.BackupFailed, sealed_file.DoesNotOpen):
        Path(target).unlink(missing_ok=True)  # a part of it is worse than none
        raise
