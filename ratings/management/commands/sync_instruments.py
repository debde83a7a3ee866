import tomllib
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ratings.models import Instrument, InstrumentText
from ratings.psychometrics.instruments import InstrumentError, load

FOLDER = Path(__file__).resolve().parents[2] / "instruments"


class Command(BaseCommand):
    help = "Loads the instruments under ratings/instruments/. A changed key needs a new version; changed texts do not."

    @transaction.atomic
    def handle(self, **options):
        for path in sorted(FOLDER.glob("*.toml")):
            try:
                instrument = load(path)
            except InstrumentError as error:
                raise CommandError(str(error)) from error
            definition = tomllib.loads(path.read_text(encoding="utf-8"))
            texts = definition.pop("text", {})
            stored, created = Instrument.objects.get_or_create(
                key=instrument.key, version=instrument.version, defaults={"definition": definition}
            )
            if not created and stored.definition != definition:
                raise CommandError(
                    f"{path.name}: {instrument.key} {instrument.version} is stored with another definition."
                    " Answers were given to that one, so a change needs a new version."
                )
            for language, text in texts.items():
                self._load_text(stored, language, text)

    def _load_text(self, stored, language, text):
        newest = stored.texts.filter(language=language).order_by("-revision").first()
        if newest is None or newest.text != text:
            revision = newest.revision + 1 if newest else 1
            InstrumentText.objects.create(instrument=stored, language=language, revision=revision, text=text)
