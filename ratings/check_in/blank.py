"""The page of an empty check-in, drawn once for all clients who are asked in the same words.

That takes some 20 ms, twenty times what it takes to put in what is a client's own.
"""

import re
import secrets
from dataclasses import dataclass, fields

from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ratings.check_in.forms import CheckInForm
from ratings.check_in.repair_questions import still_asks_about_repair
from ratings.models import CheckIn, InstrumentText

MOST_KEPT = 200  # pages; convention of this app
MARK = f"own-{secrets.token_hex(16)}-"  # no text of a practice has it
PLACE = re.compile(f"{MARK}([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Own:
    """What a page has of one client."""

    date: str  # of the session
    asked_by: str
    plan: str  # the questions about it, as HTML; empty for none
    way_to_readers: str  # the address of the page that tells who they are; empty for none


OPEN = Own(**{one.name: SafeString(MARK + one.name) for one in fields(Own)})


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says or not, beside its questions."""

    is_covered: bool
    last_was_read: bool
    own_device: bool
    leads_to_readers: bool


@dataclass(frozen=True, slots=True)
class BlankPage:
    """A page of no client yet."""

    pieces: list[str]  # of its HTML; every second one is the name of a place that is left open

    def filled(self, own: Own) -> str:
        """The page of one client, as HTML."""
        return "".join(
            conditional_escape(getattr(own, piece)) if number % 2 else piece for number, piece in enumerate(self.pieces)
        )


_drawn: dict[tuple[object, ...], BlankPage] = {}


def blank_page(check_in: CheckIn, said: Said) -> BlankPage:
    """The page that is the same for all who are asked what this check-in asks, but for their plan."""
    practice = check_in.episode.client.practice
    lines = practice.crisis_phone, practice.emergency_phone
    key = (*_wording(check_in.text), still_asks_about_repair(check_in), said, *lines, get_language())
    if key not in _drawn:
        if len(_drawn) >= MOST_KEPT:
            _drawn.clear()
        _drawn[key] = _draw(check_in, said)
    return _drawn[key]


def _wording(text: InstrumentText) -> tuple[object, ...]:
    """What tells one wording from all others: another one is another version, language or revision."""
    return (text.instrument.key, text.instrument.version, text.language, text.revision, text.loaded_at)


def _draw(check_in: CheckIn, said: Said) -> BlankPage:
    form = CheckInForm(check_in=check_in, with_plan=False)
    context = {"form": form, "own": OPEN, "said": said, "practice": check_in.episode.client.practice}
    return BlankPage(PLACE.split(render_to_string("ratings/check_in/check_in.html", context)))
