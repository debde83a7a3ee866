"""The command that brings a database to this version of the program, and says how to go back."""

from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from alliance.installation.upgrade import CannotUpgrade, in_words, plan


class Command(BaseCommand):
    help = "Makes a backup, brings the tables up to date, draws standings anew, and says how to go back."
    requires_system_checks = []  # they ask the tables, which may be of the version before

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="where the backup goes")
        parser.add_argument("--grant", metavar="ROLE", help="the role of PostgreSQL that runs the program")
        parser.add_argument(
            "--standings-later",
            action="store_true",
            help="the program before still runs: run rebuild_standings once it does not",
        )

    def handle(self, *, folder, grant, standings_later, **options):
        try:
            missing = plan()
        except CannotUpgrade as refusal:
            raise CommandError(str(refusal)) from refusal
        self._step("Backup")
        call_command("backup", folder, stdout=self.stdout)
        made = max(folder.glob("alliance-*.backup"))
        try:
            self._bring_up_to_date(missing, grant, standings_later)
        finally:
            self._say_way_back(missing, made)

    def _bring_up_to_date(self, missing, grant, standings_later):
        self._step(f"Tables: {in_words(missing.steps) or 'nothing is missing'}")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("sync_instruments", verbosity=0)
        if grant:
            call_command("grant_application", grant, stdout=self.stdout)
        if not standings_later:
            self._step("Standings")
            call_command("rebuild_standings", stdout=self.stdout)

    def _step(self, what):
        self.stdout.write(f"{what}.")
        self.stdout.flush()

    def _say_way_back(self, missing, made):
        self.stdout.write("\nThe way back: put the version before in place, and start it. It runs on these tables too.")
        if missing.for_good:
            self.stdout.write(f"For good: {in_words(missing.for_good)}. Only the backup has the tables before.")
        elif missing.steps:
            self.stdout.write("To have the tables as they were too, first, with this version:")
            for app, name in missing.back:
                self.stdout.write(f"  manage.py migrate {app} {name}")
        self.stdout.write(
            f"All as it was, without what was written since:\n  manage.py restore {made} --key … --into …"
        )
