import tomllib
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ratings.models import CheckIn, Instrument, InstrumentText, Rating
from ratings.psychometrics.instruments import InstrumentError, load

FOLDER = Path(__file__).resolve().parents[2] / "instruments"
ABOUT = ("title", "source", "licence")  # no answer rests on them


class Command(BaseCommand):
    help = "Loads the instruments under ratings/instruments/, and says of each what it did."

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
            changes = ["loaded"] if created else _correct(stored, definition, path.name)
            changes += filter(None, (_load_text(stored, language, text) for language, text in texts.items()))
            if options["verbosity"]:
                self.stdout.write(f"{stored}: {', '.join(changes) or 'unchanged'}")


def _correct(stored, definition, file):
    """Makes a stored version as in the file; says in words what it changed."""
    if stored.definition == definition:
        return []
    parts = {part for part in {**stored.definition, **definition} if part not in ABOUT}
    scores_differently = any(stored.definition.get(part) != definition.get(part) for part in parts)
    used = Rating.objects.filter(instrument=stored).exists() or CheckIn.objects.filter(text__instrument=stored).exists()
    if scores_differently and used:
        raise CommandError(
            f"{file}: {stored} is stored with another definition, and somebody has been asked or has answered."
            " Answers were given to that one, so a change needs a new version."
        )
    stored.definition = definition
    stored.save(update_fields=["definition"])
    return ["replaced, as nobody had used it"] if scores_differently else ["title, source or licence corrected"]


def _load_text(stored, language, text):
    """Makes the newest wording that of the file; what it did in words, else None."""
    newest = stored.texts.filter(language=language).order_by("-revision").first()
    if newest is None:
        InstrumentText.objects.create(instrument=stored, language=language, text=text)
        return f"text {language} loaded"
    if newest.text == text:
        return None
    if not (Rating.objects.filter(text=newest).exists() or CheckIn.objects.filter(text=newest).exists()):
        newest.text = text
        newest.save(update_fields=["text"])
        return f"text {language} corrected, as nobody had used it"
    InstrumentText.objects.create(instrument=stored, language=language, revision=newest.revision + 1, text=text)
    return f"text {language} revision {newest.revision + 1}"
