from datetime import date
from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from alliance.models import Practice
from ratings.cells.days import DateOrder
from ratings.cells.values import reference_in
from ratings.importing.actions import NotAllGood, import_ratings
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver, therapists_of


class Command(BaseCommand):
    help = "Imports past ratings from a CSV file: all of it or, with a wrong line, nothing. Again: nothing more."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--practice", required=True, metavar="CODE_OR_NAME")
        parser.add_argument(
            "--therapist", action="append", default=[], metavar="ID=EMAIL", help="whom the file calls ID; repeatable"
        )
        parser.add_argument("--all-to", metavar="EMAIL", help="all rows become cases of this therapist")
        parser.add_argument(
            "--dates", choices=DateOrder.values, help="how dates are written that can be read in two ways"
        )
        parser.add_argument(
            "--end-before", type=date.fromisoformat, metavar="DATE", help="end the therapies last seen before this day"
        )
        parser.add_argument("--only-good", action="store_true", help="leave out the wrong lines and import the others")
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported, and write nothing")

    def handle(self, *, file, practice, therapist, all_to, dates, end_before, only_good, dry_run, **options):
        practice = find_practice(practice)
        receiver = find_receiver(practice, therapist, all_to)
        try:
            parsed = read(file.read_bytes(), dates and DateOrder(dates))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.", returncode=2) from None
        if parsed.dates.is_asked:
            raise CommandError(
                "Each date in this file can be read in two ways. Say --dates day-first or --dates month-first.\n"
                "Nothing was imported.",
                returncode=2,
            )
        preview = make_preview(practice=practice, parsed=parsed, receiver=receiver, end_before=end_before)
        errors = [f"line {error.line}: {error.sentence}" for error in preview.errors]
        if errors and (not parsed.layout or not only_good):
            raise CommandError("\n".join([*errors, "Nothing was imported."]), returncode=2)
        if not dry_run:
            try:
                import_ratings(practice=practice, preview=preview, by=None, only_good=only_good)
            except NotAllGood:  # somebody else wrote in between
                raise CommandError(
                    "The data changed meanwhile; nothing was imported. Try again.", returncode=2
                ) from None
        for line in errors:
            self.stderr.write(f"left out, {line}")
        for name in ("clients", "episodes", "sessions", "ratings"):
            count = getattr(preview.counts, name)
            self.stdout.write(f"{name}: {count.new} new, {count.known} known")
        if preview.quiet and end_before is None:
            self.stdout.write(
                f"of the new cases, last seen before {preview.quiet_before}: {preview.quiet}; --end-before ends them"
            )
        if dry_run:
            self.stdout.write("Nothing was written: this was a dry run.")


def find_practice(code_or_name):
    """The practice with this code or name."""
    try:
        practices = Practice.objects.filter(code=UUID(code_or_name))
    except ValueError:
        practices = Practice.objects.filter(name=code_or_name)
    if len(practices) != 1:
        problem = "No practice has" if not practices else "Several practices have"
        raise CommandError(f"{problem} this code or name: {code_or_name}", returncode=2)
    return practices[0]


def find_receiver(practice, pairs, all_to):
    """Whose cases the rows become; `pairs` are the arguments `ID=EMAIL`."""
    therapists = therapists_of(practice)

    def therapist(email):
        try:
            return therapists[email.strip().casefold()]
        except KeyError:
            raise CommandError(f"{email} is not the e-mail of a therapist of {practice.name}.", returncode=2) from None

    named = {}
    for pair in pairs:
        name, sign, email = pair.rpartition("=")
        if not (sign and name):
            raise CommandError(f"--therapist {pair}: write it as ID=EMAIL.", returncode=2)
        named[reference_in(name) or name.strip()] = therapist(email)
    return Receiver(all_to=therapist(all_to) if all_to else None, named=named)
