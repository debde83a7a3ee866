"""Which of our own instruments a client and a therapist answer after a session, in which words."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import override

from alliance.models import CheckInFormChoice, Episode, TherapistForm
from ratings.findings import scale
from ratings.models import Instrument, InstrumentText, Rating
from ratings.psychometrics import instruments
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, TherapySession

SIX_ITEMS, FOR_CHILDREN, ABOUT_FIT, FOR_THERAPISTS = "alliance-6", "alliance-3", "alliance-fit", "alliance-t3"
FORMS = {  # what each choice asks
    CheckInFormChoice.STANDARD: SIX_ITEMS,
    CheckInFormChoice.SHORT: FOR_CHILDREN,
}
_parsed: dict[tuple[str, str], tuple[dict[str, Any], instruments.Instrument]] = {}  # as many as there are versions
STILL_AWAITED = timedelta(days=14)  # convention of this app: an older check-in is not on a therapist's mind
FIRST_SESSIONS = 3  # a first impression forms within three visits; convention of this app


def instrument_for(client, number):
    """The key of the instrument for the session of this number."""
    form = FORMS[client.check_in_form]
    return ABOUT_FIT if form == SIX_ITEMS and client.asks_about_fit and number <= FIRST_SESSIONS else form


def therapist_instrument_for(client, number):
    """The key of what the therapist answers: one sentence a pillar, or the mirror of what the client is asked."""
    if client.practice.therapist_form == TherapistForm.THREE:
        return FOR_THERAPISTS
    return instrument_for(client, number)


def number_at(episode: Episode, at: datetime) -> int:
    """The number of a session that starts then: one more than were held before.

    One that the client has answered was held, also where nobody has logged it yet.
    """
    before = TherapySession.objects.not_voided().filter(episode=episode, starts_at__lt=at)
    answered = Exists(Rating.objects.current().filter(therapy_session=OuterRef("pk"), rater=Rater.CLIENT))
    held = Q(attendance=Attendance.ATTENDED) | (Q(attendance=Attendance.PLANNED) & answered)
    return before.filter(held).count() + 1


def own_text(instrument: str, language: str) -> InstrumentText | None:
    """The newest text of one of our own instruments; None for another key.

    It is in this language, else in English.
    """
    if instrument not in (*FORMS.values(), ABOUT_FIT, FOR_THERAPISTS):
        return None
    texts = InstrumentText.objects.filter(instrument__key=instrument).select_related("instrument")
    newest = texts.order_by("-instrument__loaded_at", "-revision")
    return newest.filter(language=language).first() or newest.filter(language="en").first()


def in_our_words(rating: Rating) -> bool:
    """Whether the answers were the five of our own questionnaires."""
    if rating.text is None:
        return False
    with override(rating.text.language):
        return list(rating.text.text[rating.rater]["answers"]) == scale.our_answers()


def definition_of(instrument: Instrument) -> instruments.Instrument:
    """The stored definition of an instrument version, as the scoring reads it.

    Each is checked and put together once in a process, and again where it was loaded anew since.
    """
    name = instrument.key, instrument.version
    stored, parsed = _parsed.get(name, (None, None))
    if parsed is None or stored != instrument.definition:
        parsed = instruments.parse(instrument.definition)
        _parsed[name] = deepcopy(instrument.definition), parsed
    return parsed
