"""Which of our own instruments a client is asked after a session, in which words."""

from datetime import timedelta

from alliance.models import CheckInFormChoice
from ratings.models import Instrument, InstrumentText
from ratings.psychometrics import instruments
from sessions.models import TherapySession

SIX_ITEMS, FOR_CHILDREN, ABOUT_FIT = "alliance-6", "alliance-3", "alliance-fit"
FORMS = {  # what each choice asks
    CheckInFormChoice.STANDARD: SIX_ITEMS,
    CheckInFormChoice.SHORT: FOR_CHILDREN,
}
STILL_AWAITED = timedelta(days=14)  # convention of this app: an older check-in is not on a therapist's mind
FIRST_SESSIONS = 3  # a first impression forms within three visits; convention of this app


def instrument_for(client, number):
    """The key of the instrument for the session of this number."""
    form = FORMS[client.check_in_form]
    return ABOUT_FIT if form == SIX_ITEMS and client.asks_about_fit and number <= FIRST_SESSIONS else form


def number_at(episode, at):
    """The number of a session that starts then: one more than were held before."""
    return TherapySession.objects.attended().filter(episode=episode, starts_at__lt=at).count() + 1


def own_text(instrument: str, language: str) -> InstrumentText | None:
    """The newest text of one of our own instruments; None for another key.

    It is in this language, else in English.
    """
    if instrument not in (*FORMS.values(), ABOUT_FIT):
        return None
    texts = InstrumentText.objects.filter(instrument__key=instrument).select_related("instrument")
    newest = texts.order_by("-instrument__loaded_at", "-revision")
    return newest.filter(language=language).first() or newest.filter(language="en").first()


def definition_of(instrument: Instrument) -> instruments.Instrument:
    """The stored definition of an instrument version, as the scoring reads it."""
    return instruments.parse(instrument.definition)
