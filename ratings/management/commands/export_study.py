from io import BytesIO
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from alliance import audit
from ratings.exchange.study import Study, write_study
from ratings.management.commands.import_ratings import find_practice


class Command(BaseCommand):
    help = "Writes the data of clients who agreed to a study, under pseudonyms, to a ZIP file, with its analysis."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="the archive to write; it must not exist yet")
        parser.add_argument("--practice", required=True, metavar="CODE_OR_NAME")

    @transaction.atomic
    def handle(self, *, file, practice, **options):
        practice = find_practice(practice)
        study = Study(practice)
        if not study.episodes:
            raise CommandError("No client of this practice has agreed to a study. Nothing was written.", returncode=2)
        audit.record(audit.Verb.EXPORTED, practice, practice=practice, count=len(study.episodes))
        archive = BytesIO()
        write_study(study, archive)
        try:
            file.touch(mode=0o600, exist_ok=False)  # for nobody else on this machine
            file.write_bytes(archive.getvalue())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}. Nothing was written.", returncode=2) from None
        self.stdout.write(f"{file}: {len(study.episodes)} cases, {len(study.held)} sessions; no name and no date.")
