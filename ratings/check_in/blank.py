"""The parts of an empty check-in that are the same for everybody who is asked with one wording.

Drawn once in a process: that takes some 15 ms, thirty times the rest of the page.
"""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.translation import get_language

from ratings.check_in.forms import CheckInForm
from ratings.check_in.repair_questions import still_asks_about_repair
from ratings.models import CheckIn, InstrumentText

MOST_KEPT = 200  # wordings, each with and without the questions about a repair; convention of this app


@dataclass(frozen=True, slots=True)
class Blank:
    """The questions of an instrument, and what is asked after them, as HTML; nothing of any client."""

    number: int  # of questions
    questions: str
    rest: str


_drawn: dict[tuple[object, ...], Blank] = {}


def blank_parts(check_in: CheckIn) -> Blank:
    """The parts of the empty form of a check-in. A page has what is asked about the plan between them."""
    key = (*_wording(check_in.text), still_asks_about_repair(check_in), get_language())
    if key not in _drawn:
        if len(_drawn) >= MOST_KEPT:
            _drawn.clear()
        _drawn[key] = _draw(CheckInForm(check_in=check_in, with_plan=False))
    return _drawn[key]


def _wording(text: InstrumentText) -> tuple[object, ...]:
    """What tells one wording from all others: another one is another version, language or revision."""
    return (text.instrument.key, text.instrument.version, text.language, text.revision, text.loaded_at)


def _draw(form: CheckInForm) -> Blank:
    return Blank(
        number=len(form.questions),
        questions=render_to_string("ratings/check_in/_questions.html", {"form": form}),
        rest=render_to_string("ratings/check_in/_if_you_like.html", {"form": form}),
    )
