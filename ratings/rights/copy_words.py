"""How the page of a copy says what the program stores: columns, instants, ticks and numbers, for a client to read.

The files of the copy keep the program's own names and instants in UTC.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from alliance.dates import DateFormat, written
from ratings.findings.names import StrOrLazy, answered_of, kind_name, note_name, pillar_names, source_name, state_name
from ratings.psychometrics.evidence import BehaviourSign, Kind, Points, State, notes_of

# Column -> its label, where the name of the column says little to whoever it is about.
LABELS: dict[str, StrOrLazy] = {
    "asks_about_fit": gettext_lazy("Asked about the fit in the first sessions"),
    "bond_pomp": gettext_lazy("How we get on, from 0 to 100"),
    "bond_raw": gettext_lazy("How we get on, mean of the answers"),
    "check_in_form": gettext_lazy("What you are asked"),
    "comment_for": gettext_lazy("Who may read the comment"),
    "comment_words": gettext_lazy("Words in the comment"),
    "created_at": gettext_lazy("Entered on"),
    "ends_at": gettext_lazy("Ends"),
    "goal_pomp": gettext_lazy("What we work on, from 0 to 100"),
    "goal_raw": gettext_lazy("What we work on, mean of the answers"),
    "instrument": gettext_lazy("Questionnaire"),
    "items_answered": gettext_lazy("Questions answered"),
    "overall_pomp": gettext_lazy("All together, from 0 to 100"),
    "rater": gettext_lazy("Who answered"),
    "starts_at": gettext_lazy("Begins"),
    "starts_at_known": gettext_lazy("The hour is known"),
    "straight_line": gettext_lazy("The same answer to every question"),
    "task_pomp": gettext_lazy("How we work, from 0 to 100"),
    "task_raw": gettext_lazy("How we work, mean of the answers"),
    "text_version": gettext_lazy("The words"),
    "therapist_may_be_named": gettext_lazy("E-mails may name your therapist"),
    "therapy_session": gettext_lazy("Session of"),
    "zone": gettext_lazy("Time zone"),
}


# Key of what is stored with a strain -> its label.
EVIDENCE_LABELS: dict[str, StrOrLazy] = {
    "number": gettext_lazy("Session"),
    "held_at": gettext_lazy("Held on"),
    "for_sessions": gettext_lazy("For how many sessions"),
    "state": gettext_lazy("What the program took it for"),
    "probability": gettext_lazy("How likely, from 0 to 1"),
    "score": gettext_lazy("Suspicion"),
    "alert": gettext_lazy("It began there"),
    "kind": gettext_lazy("Kind"),
    "pillars": gettext_lazy("Pillars that fell"),
    "points": gettext_lazy("What counted, and how much"),
    "notes": gettext_lazy("Notes"),
    "hurried": gettext_lazy("Sessions answered in a hurry"),
    "straight_before": gettext_lazy("The same answer to every question before"),
}


# Column of a finding -> its words, for what is stored in it.
FINDINGS: dict[str, Callable[[Any], str | list[str]]] = {
    "state": lambda stored: state_name(State(stored)),
    "kind": lambda stored: kind_name(Kind(stored)),
    "pillars": pillar_names,
    "points": lambda stored: [words for part in stored if (words := _counted(Points(**part)))],
    "notes": lambda stored: [note_name(note) for note in notes_of(stored)],
}


def _counted(part: Points) -> str:
    """What one source added; empty for a source that is not shown."""
    name = source_name(part.source)
    points = float(part.points)
    counted = ngettext("%(points)s point", "%(points)s points", 1 if points == 1 else 2) % {"points": plain(points)}
    return f"{name}: {', '.join(filter(None, [counted, _seen(part)]))}" if name else ""


def _seen(part: Points) -> str:
    """What was seen and what is usual, in its unit: a score, words of a comment, or how often somebody does it."""
    if part.seen is None or part.usual is None:
        return ""
    found = {"seen": plain(float(part.seen)), "usual": plain(float(part.usual))}
    if not part.is_behaviour:
        return _("seen %(seen)s of 100, usually %(usual)s") % found
    if part.source == BehaviourSign.COMMENT:
        return _("seen %(seen)s words, usually %(usual)s") % found
    return _("usually in %(n)s of 100 sessions") % {"n": plain(round(100 * float(part.usual)))}


def evidence_in_words(stored: Mapping[str, Any], instant: Callable[[datetime], str]) -> dict[str, Any]:
    """What spoke for a strain, label -> value, without what is empty; `instant` writes a day with its time.

    Examples
    --------
    >>> evidence_in_words({"held_at": "2026-11-02T09:00+00:00", "pillars": [], "number": 4}, lambda at: f"{at:%d %b}")
    {'Session': 4, 'Held on': '02 Nov'}
    """
    say: dict[str, Callable[[Any], Any]] = {
        **FINDINGS,
        "held_at": lambda at: instant(datetime.fromisoformat(at)),
        "hurried": lambda numbers: ", ".join(str(number) for number in numbers),
        "straight_before": lambda before: answered_of(*before),
    }
    return {
        str(label): say[key](value) if key in say else value
        for key, label in EVIDENCE_LABELS.items()
        if (value := stored.get(key)) not in (None, "", [])
    }


def instant_in_words(instant: datetime, zone: ZoneInfo) -> str:
    """A day with its year, and the time of day, on a clock in this zone."""
    local = instant.astimezone(zone)
    at = {"day": written(local, DateFormat.DAY_YEAR), "time": written(local, DateFormat.TIME)}
    return _("%(day)s, %(time)s") % at


def plain(value: Any) -> Any:
    """A tick in a word, a number to two decimals, a list in a row; anything else as it is.

    Examples
    --------
    >>> plain(66.66666666666667), plain(75.0), plain(3), plain("Mostly")
    ('66.67', '75', 3, 'Mostly')
    >>> plain([{"source": "client", "points": -3.339}, "ceiling"]), plain({"Sleep": 0.5})
    ('source client, points -3.34; ceiling', {'Sleep': '0.5'})
    """
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").removesuffix(".")
    if isinstance(value, list):
        return "; ".join(_in_a_row(one) for one in value)
    return {name: plain(one) for name, one in value.items()} if isinstance(value, dict) else value


def _in_a_row(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_a_row(one)}" for name, one in value.items() if one is not None)
    return str(plain(value))
