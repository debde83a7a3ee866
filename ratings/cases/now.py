"""What now: the one next thing to do on a case. The rule takes facts, so that it is tested without a database."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from django.urls import reverse
from django.utils.translation import gettext as _

from alliance.dates import DateFormat, day


class ReadsAs(Enum):
    """In which part somebody opens the page of a case."""

    THERAPIST = auto()
    COVER = auto()
    SUPERVISOR = auto()


class Repair(Enum):
    """How far the repair of an open rupture has come."""

    NONE = auto()  # no rupture is open
    UNTOUCHED = auto()  # no step was planned or taken
    PLANNED = auto()  # a step waits for a session
    TAKEN = auto()  # the last step was taken


class Next(Enum):
    """What there may be to do, the most pressing first."""

    LOG = auto()
    RATE = auto()
    START_REPAIR = auto()
    TAKE_STEP = auto()
    CHECK_REPAIR = auto()
    HEAR_WISH = auto()
    DISCUSS = auto()
    MEND_GOAL = auto()
    WRITE_GOAL = auto()
    PLAN_SESSION = auto()


@dataclass(frozen=True, slots=True)
class SessionAt:
    """A session, by its code."""

    code: str
    starts_at: datetime
    number: int | None


@dataclass(frozen=True, slots=True)
class RefusedGoal:
    """A goal that is not, or not quite, right to the client any more."""

    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rule looks at: what there is on record, as far as this reader may see it."""

    reads_as: ReadsAs
    case_code: str
    name: str
    therapist: str
    has_ended: bool = False
    unlogged: SessionAt | None = None  # the first planned session that is over
    unrated: SessionAt | None = None  # the last session held, where the therapist rated earlier ones and not this one
    repair: Repair = Repair.NONE
    rupture_code: str = ""
    asks_about: int | None = None  # number of the session that speaks for the rupture
    has_wish: bool = False  # the client's
    question: str = ""  # put forward for supervision
    refused_goal: RefusedGoal | None = None
    has_goal: bool = True
    misses_plan: bool = False  # sessions were planned in a series, and none is left


def next_of(facts: Facts) -> Next | None:
    """The one next thing for this reader; None where nothing waits for them.

    A supervisor writes nothing on a case: for them it is the question that was put forward. Who covers logs, and hears
    what the client asked for. Of an ended therapy nothing is left but to log what was held.
    """
    if facts.reads_as == ReadsAs.SUPERVISOR:
        return Next.DISCUSS if facts.question else None
    is_own = facts.reads_as == ReadsAs.THERAPIST and not facts.has_ended
    waits = {
        Next.LOG: facts.unlogged is not None,
        Next.RATE: is_own and facts.unrated is not None,
        Next.START_REPAIR: is_own and facts.repair == Repair.UNTOUCHED,
        Next.TAKE_STEP: is_own and facts.repair == Repair.PLANNED,
        Next.CHECK_REPAIR: is_own and facts.repair == Repair.TAKEN,
        Next.HEAR_WISH: facts.has_wish and not facts.has_ended,
        Next.MEND_GOAL: is_own and facts.refused_goal is not None,
        Next.WRITE_GOAL: is_own and not facts.has_goal,
        Next.PLAN_SESSION: is_own and facts.misses_plan,
    }
    return next((step for step in Next if waits.get(step)), None)


# --- In words ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WhatNow:
    """The next thing in a sentence, with the page on which to do it."""

    text: str
    quote: str
    address: str
    link: str


def what_now(facts: Facts) -> WhatNow | None:
    """The next thing, with its words and its address."""
    step = next_of(facts)
    return _WORDS[step](facts) if step else None


def _log(facts: Facts) -> WhatNow:
    assert facts.unlogged is not None
    text = _("Log the session of %(day)s.") % {"day": day(facts.unlogged.starts_at, DateFormat.WEEKDAY)}
    return WhatNow(text, "", reverse("ratings:planned-session-log", args=[facts.unlogged.code]), _("Log it"))


def _rate(facts: Facts) -> WhatNow:
    assert facts.unrated is not None
    text = _("Give your own rating of session %(n)s.") % {"n": facts.unrated.number}
    return WhatNow(text, "", reverse("ratings:session-correct", args=[facts.unrated.code]), _("Rate it"))


def _start_repair(facts: Facts) -> WhatNow:
    text = _("Ask about session %(n)s.") % {"n": facts.asks_about} if facts.asks_about else _("Ask what did not fit.")
    return WhatNow(text, "", reverse("ratings:rupture", args=[facts.rupture_code]), _("Start repair"))


def _take_step(facts: Facts) -> WhatNow:
    return _in_repair(facts, _("You planned a step of the repair. Take it in the next session."))


def _check_repair(facts: Facts) -> WhatNow:
    return _in_repair(facts, _("You took a step of the repair. See whether it helped."))


def _in_repair(facts: Facts, text: str) -> WhatNow:
    return WhatNow(text, "", reverse("ratings:rupture", args=[facts.rupture_code]), _("Open repair"))


def _hear_wish(facts: Facts) -> WhatNow:
    return WhatNow(_("Hear what %(name)s asked for.") % {"name": facts.name}, "", "#wish", _("Look"))


def _discuss(facts: Facts) -> WhatNow:
    text = _("%(therapist)s asks for supervision:") % {"therapist": facts.therapist}
    return WhatNow(text, facts.question, "#supervision", _("Look"))


def _mend_goal(facts: Facts) -> WhatNow:
    goal = facts.refused_goal
    assert goal is not None
    text = _("Go over a goal. Is it still right? %(name)s answered: %(answer)s.")
    address = reverse("ratings:plan", args=[facts.case_code])
    return WhatNow(text % {"name": facts.name, "answer": goal.answer}, goal.text, address, _("Open plan"))


def _write_goal(facts: Facts) -> WhatNow:
    text = _("Agree on a goal.")
    return WhatNow(text, "", reverse("ratings:goal-agree", args=[facts.case_code]), _("Add a goal"))


def _plan_session(facts: Facts) -> WhatNow:
    return WhatNow(_("Plan the next session."), "", reverse("ratings:week"), _("Open the week"))


_WORDS = {
    Next.LOG: _log,
    Next.RATE: _rate,
    Next.START_REPAIR: _start_repair,
    Next.TAKE_STEP: _take_step,
    Next.CHECK_REPAIR: _check_repair,
    Next.HEAR_WISH: _hear_wish,
    Next.DISCUSS: _discuss,
    Next.MEND_GOAL: _mend_goal,
    Next.WRITE_GOAL: _write_goal,
    Next.PLAN_SESSION: _plan_session,
}
