"""Reads: the questionnaires that are loaded, what may be done with each, and how many cases here have answers to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from alliance.acting import as_program
from alliance.models import Practice, TherapistForm
from ratings.check_in.instrument_choice import ABOUT_FIT, FOR_CHILDREN, FOR_THERAPISTS, SIX_ITEMS, definition_of
from ratings.findings.small_counts import told_count
from ratings.models import Instrument, InstrumentText, Rating
from ratings.psychometrics import instruments


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One version of a questionnaire, as its page shows it."""

    about: instruments.Instrument
    asked: str
    languages: Sequence[str]  # of its text; none: a scoring key alone
    open_cases: str  # with answers to it, told in steps of five


@dataclass(frozen=True, slots=True)
class QuestionnairesPage:
    """All of an installation, as one practice uses them."""

    practice: Practice
    questionnaires: list[Questionnaire]

    @property
    def therapists_answer_three(self) -> bool:
        return self.practice.therapist_form == TherapistForm.THREE


@as_program()
def questionnaires_page(practice: Practice) -> QuestionnairesPage:
    """The questionnaires, those with a text first; three statements."""
    languages: dict[int, set[str]] = {}
    for instrument, language in InstrumentText.objects.values_list("instrument", "language"):
        languages.setdefault(instrument, set()).add(language)
    ratings = Rating.objects.current().filter(episode__client__practice=practice, episode__ends_at__isnull=True)
    answered = dict(ratings.order_by().values_list("instrument").annotate(Count("episode", distinct=True)))
    found = [
        Questionnaire(
            about=definition_of(row),
            asked=_asked(row.key, practice, has_text=row.pk in languages),
            languages=sorted(_name(code) for code in languages.get(row.pk, ())),
            open_cases=told_count(answered.get(row.pk, 0)),
        )
        for row in Instrument.objects.order_by("key", "loaded_at")
    ]
    return QuestionnairesPage(practice, sorted(found, key=lambda row: not row.languages))


def _asked(key: str, practice: Practice, *, has_text: bool) -> str:
    """Of whom, and when."""
    if key == FOR_THERAPISTS:
        if practice.therapist_form == TherapistForm.THREE:
            return _("therapists, when they log a session")
        return _("nobody: here therapists answer the mirror of what the client is asked")
    of_clients = {
        SIX_ITEMS: _("clients after each session, unless the therapist chose another one for them"),
        FOR_CHILDREN: _("clients for whom the therapist chose it, after each session"),
        ABOUT_FIT: _("clients for whom the therapist chose it, after sessions 1 to 3"),
    }
    nobody = _("nobody yet") if has_text else _("nobody: its ratings come in by import")
    return of_clients.get(key, nobody)


def _name(language: str) -> str:
    try:
        return str(get_language_info(language)["name_translated"])
    except KeyError:
        return language
