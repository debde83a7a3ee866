from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from alliance.models import DataExport
from alliance.refusal import Refused
from ratings.exchange.actions import export_by_command, write_key, write_taken
from ratings.management.commands.import_ratings import find_practice


class Command(BaseCommand):
    help = "Writes the ratings, flags and repairs of a practice to a ZIP file of CSV files, under pseudonyms."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="the archive to write; it must not exist yet")
        parser.add_argument("--practice", required=True, metavar="CODE_OR_NAME")
        parser.add_argument("--reason", required=True, choices=DataExport.Reason.values)
        parser.add_argument("--key", type=Path, metavar="FILE", help="write who is who into a file apart")
        parser.add_argument("--names", action="store_true", help="clients keep their names")
        parser.add_argument("--true-dates", action="store_true", help="shift no dates")

    def handle(self, *, file, practice, reason, key, names, true_dates, **options):
        export = export_by_command(
            practice=find_practice(practice), reason=reason, keeps_names=names, is_shifted=not true_dates
        )
        with _new(file) as archive:
            try:
                written = write_taken(export=export, file=archive)
            except Refused as refusal:
                raise CommandError(f"{refusal} Nothing was written.", returncode=2) from None
        if key:
            with _new(key) as apart:
                apart.write(write_key(export=export).encode())
        self.stdout.write(f"{file}: {written.cases} cases, {written.sessions} sessions, {written.ratings} ratings")


@contextmanager
def _new(path):
    """A new file for nobody else on this machine; gone where it could not be finished."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}. Nothing was written.", returncode=2) from None
    try:
        with path.open("wb") as file:
            yield file
    except BaseException:
        path.unlink()
        raise
