"""What goes into the detector and what comes out of it.

Plain frozen dataclasses: no model, no request, no sentence. The pages and the commands turn an
`Assessment` into words (`ratings/findings/phrases.py`), so that one finding reads the same everywhere.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NOTICEABLE_POINTS = 5  # smaller contributions are not worth a clause; convention of this app


def choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """The members of an enum as pairs of value and words."""
    return [(member.value, member.value.replace("_", " ")) for member in enum]


class Pillar(StrEnum):
    """The three pillars of the alliance (Bordin 1979)."""

    GOAL = "goal"
    TASK = "task"
    BOND = "bond"


class Rater(StrEnum):
    """Whose rating it is."""

    CLIENT = "client"
    THERAPIST = "therapist"


class Kind(StrEnum):
    """How a rupture shows (Safran & Muran 2000); said only when one side is clear."""

    WITHDRAWAL = "withdrawal"
    CONFRONTATION = "confrontation"
    UNCLEAR = "unclear"


class State(StrEnum):
    """Where an episode stands after one therapy session."""

    TOO_FEW = "too_few"  # not enough ratings to compare with
    STEADY = "steady"
    OPEN = "open"  # a rupture is likely
    RECOVERING = "recovering"  # one rated session back within error
    UNREPAIRED = "unrepaired"  # still on: open for four sessions or more, and still likely
    REPAIRED = "repaired"  # back, after a rupture that was likely or named; said at the session that closes it
    BACK_TO_USUAL = "back_to_usual"  # back, and nobody knows whether it was a rupture; said as above
    SETTLED_LOWER = "settled_lower"  # not back, and no longer falling: from the session that closes the rupture on

    @classmethod
    def _missing_(cls, value: object) -> "State | None":
        return cls.REPAIRED if value == STRONGER else None


STRONGER = "stronger"  # stored by older programs, where ratings rose after a repair; read as repaired
IN_RUPTURE = (State.OPEN, State.RECOVERING, State.UNREPAIRED)
STRAINED = (State.OPEN, State.UNREPAIRED)
CLOSING = (State.REPAIRED, State.BACK_TO_USUAL, State.SETTLED_LOWER)


class RuptureState(StrEnum):
    """Where a rupture on record stands."""

    OPEN = "open"
    RECOVERING = "recovering"
    REPAIRED = "repaired"
    BACK_TO_USUAL = "back_to_usual"
    SETTLED_LOWER = "settled_lower"
    UNREPAIRED = "unrepaired"  # still on when the therapy ended
    OPEN_AT_END = "open_at_end"  # the therapy ended before anybody could tell
    SET_ASIDE = "set_aside"  # by the therapist
    WITHDRAWN = "withdrawn"  # its evidence was corrected away


class OpenedBy(StrEnum):
    """Who said that there is a rupture."""

    DETECTOR = "detector"
    THERAPIST = "therapist"
    CLIENT = "client"


class Note(StrEnum):
    """What is worth a remark but is no rupture."""

    CEILING = "ceiling"  # the latest three forms are at the top of the scale: such ratings cannot show strain
    EARLY_LOW = "early_low"  # sessions 1-3 lower than most clients' first three
    NO_CHECK_INS = "no_checkins"  # three attended sessions in a row without a client rating
    THERAPIST_FELL = "therapist_fell"  # the therapist's own ratings fell before the client rated twice; for them alone
    # A pillar was left out, so that the total is no answer but estimated from the others; told where it is shown.
    CLIENT_ESTIMATED = "client_estimated"
    THERAPIST_ESTIMATED = "therapist_estimated"


ESTIMATED = {"client": Note.CLIENT_ESTIMATED, "therapist": Note.THERAPIST_ESTIMATED}  # by the source of points


class Budget(StrEnum):
    """New alerts a practice accepts per 100 quiet sessions."""

    QUIET = "quiet"  # 2
    NORMAL = "normal"  # 5
    WATCHFUL = "watchful"  # 10


class Use(StrEnum):
    """Whose evidence a detector weighs. The rest is shown and does not count."""

    CLIENT = "client"
    BOTH = "client+therapist"
    ALL = "all"  # behaviour as well


@dataclass(frozen=True, slots=True)
class Scores:
    """One rater's scores for one therapy session, in POMP (100: strongest alliance).

    A pillar with too few answers, or a rating that came as a total only, is None: never 0.
    """

    goal: float | None = None
    task: float | None = None
    bond: float | None = None
    overall: float | None = None
    straight_line: bool = False  # every item was given the same answer

    def of(self, pillar: Pillar) -> float | None:
        """The score of a pillar."""
        score: float | None = getattr(self, pillar)
        return score

    @property
    def has_total(self) -> bool:
        """Whether the answers give the alliance as a whole, and not some pillars of it alone."""
        return self.overall is not None or None not in (self.goal, self.task, self.bond)


@dataclass(frozen=True, slots=True)
class SessionEvidence:
    """All that is known of one therapy session."""

    number: int | None  # 1-based among attended sessions; None where the client did not come
    client: Scores | None = None
    therapist: Scores | None = None
    attended: bool = True
    checkin_answered: bool | None = None  # None: not asked, or not known
    comment_words: int | None = None  # None: no check-in
    tension: bool | None = None  # the client's report: was there any tension? None: not asked, or left out
    talked_about: bool | None = None  # the client says that the tension was talked about; None: not asked, or left out
    tension_therapist: bool | None = None  # the therapist's report: did they notice something? None: as above
    kind_therapist: Kind | None = None  # the kind that the therapist noticed
    named: bool = False  # somebody named a rupture here by hand
    helped: bool | None = None  # the client says that it was talked about, and whether that helped; None: not asked
    rebased: bool = False  # from the next session on the therapist takes the present level for the usual one
    instrument: str | None = None  # that the client answered; the usual is kept over a switch, with an offset
    instrument_therapist: str | None = None


def report_of(therapy_session: SessionEvidence) -> OpenedBy | None:
    """Who says after this session that there is strain; the client first.

    What the client says was talked about already asks for no repair.
    """
    if therapy_session.tension and not therapy_session.talked_about:
        return OpenedBy.CLIENT
    return OpenedBy.THERAPIST if therapy_session.tension_therapist else None


class Report(StrEnum):
    """What a person says directly, as a source of points: a report, never a prediction."""

    CLIENT = "report:client"
    THERAPIST = "report:therapist"


class BehaviourSign(StrEnum):
    """What a client does or does not do, as a source of points."""

    NO_SHOW = "behaviour:no_show"
    UNANSWERED = "behaviour:unanswered"
    COMMENT = "behaviour:comment"  # shorter than usual
    STRAIGHT_LINE = "behaviour:straight_line"


@dataclass(frozen=True, slots=True)
class Points:
    """What one source of evidence added to the suspicion.

    Points are 10 log10 of a likelihood ratio, or 10 pooled SD for a rule without one.
    """

    source: str  # a rater, alone or with a pillar ("client:task"), a `Report`, or a `BehaviourSign`
    points: float
    seen: float | None = None  # POMP, or the count that was seen
    usual: float | None = None  # the dyad's own usual for it, same unit

    @property
    def is_behaviour(self) -> bool:
        return self.source in tuple(BehaviourSign)

    @property
    def is_report(self) -> bool:
        return self.source in tuple(Report)

    def to_json(self) -> dict[str, Any]:
        """The points as they are stored."""
        return {"source": self.source, "points": self.points, "seen": self.seen, "usual": self.usual}


def only_the_therapist_fell(points: tuple[Points, ...]) -> bool:
    """Whether the therapist's own ratings fell, and the client's say nothing of it."""
    fell = {"client": 0.0, "therapist": 0.0}
    for part in points:
        rater = part.source.removeprefix("report:").partition(":")[0]
        fell[rater] = fell.get(rater, 0.0) + part.points
    return fell["therapist"] > 0 >= fell["client"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the detector thinks after one therapy session."""

    number: int | None
    state: State
    suspicion: float | None = None  # that this is a rupture, in the criterion's own unit; None: it cannot judge
    probability: float | None = None  # of a rupture, 0-1; None where a rule has none
    alert: bool = False  # True only at the session that opens a rupture
    kind: Kind | None = None
    pillars: tuple[Pillar, ...] = ()  # those that fell; empty: the alliance as a whole
    points: tuple[Points, ...] = ()
    notes: tuple[Note, ...] = ()

    def is_estimated(self, part: Points) -> bool:
        """Whether what is seen of a rating as a whole is no answer: a pillar was left out."""
        return ESTIMATED.get(part.source) in self.notes

    def to_json(self) -> dict[str, Any]:
        """The assessment as it is stored.

        Its suspicion is the `score` of the tables and files. Its number is derived, and left out.
        """
        return {
            "state": self.state,
            "score": self.suspicion,
            "probability": self.probability,
            "alert": self.alert,
            "kind": self.kind or "",
            "pillars": list(self.pillars),
            "points": [part.to_json() for part in self.points],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], number: int | None) -> "Assessment":
        """The assessment that `to_json` made.

        What an older program did not store has its default.
        """
        return cls(
            number=number,
            state=State(stored["state"]),
            suspicion=stored.get("score"),
            probability=stored.get("probability"),
            alert=stored.get("alert", False),
            kind=Kind(stored["kind"]) if stored.get("kind") else None,
            pillars=tuple(Pillar(pillar) for pillar in stored.get("pillars", ())),
            points=tuple(Points(**part) for part in stored.get("points", ())),
            notes=notes_of(stored.get("notes", ())),
        )


def notes_of(stored: Iterable[str]) -> tuple[Note, ...]:
    """The notes that were stored; those of older programs that are no longer made are left out."""
    return tuple(Note(note) for note in stored if note in tuple(Note))


class Sureness(StrEnum):
    """How sure a flag is, as it is told."""

    CLEAR = "clear"
    POSSIBLE = "possible"


CLEAR_FROM = 0.35  # probability; about half of these were ruptures in simulation, fewer below


def sureness(probability: float | None) -> Sureness | None:
    """Clear from a probability of .35 on, possible below it; None for a rule that states no probability."""
    if probability is None:
        return None
    return Sureness.CLEAR if probability >= CLEAR_FROM else Sureness.POSSIBLE


@dataclass(frozen=True, slots=True)
class ByNumber:
    """One threshold for each stretch of a course: few earlier ratings make a suspicion jump more easily."""

    third: float  # session 3, the first that is judged
    early: float  # 4 to 6
    later: float

    def at(self, number: int | None) -> float:
        """The threshold in this session (its number among the attended ones; None: not attended)."""
        return (self.third, self.early, self.later)[stretch(number)]


LAST_THIRD, LAST_EARLY = 3, 6  # numbers of sessions; where the rate of false alerts was seen to change
STRETCHES = ("third", "early", "later")


def stretch(number: int | None) -> int:
    """The position in STRETCHES of a session by its number; None, not attended, is a later one."""
    if number is None or number > LAST_EARLY:
        return 2
    return 1 if number > LAST_THIRD else 0


EDITION = 4  # of what the program brings: the constants, and the thresholds that were found with them


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), for a probability above 0 and below 1; one at an end counts as a millionth from it."""
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))


def probability_of(log_odds: float) -> float:
    """The probability with these log-odds."""
    return 1 / (1 + math.exp(-log_odds))


@dataclass(frozen=True, slots=True)
class Recalibration:
    """How a practice states a probability, after what its therapists said of flags: a line in log-odds."""

    intercept: float
    slope: float  # above 0

    def stated(self, probability: float) -> float:
        """What is stated where the criterion finds this probability."""
        return probability_of(self.intercept + self.slope * log_odds(probability))

    def before(self, stated: float) -> float:
        """The probability that the criterion found where this is stated."""
        return probability_of((log_odds(stated) - self.intercept) / self.slope)


@dataclass(frozen=True, slots=True)
class Version:
    """A frozen detector: the same history gives the same assessments, for ever."""

    criterion: str = "rupture_filter"
    budget: Budget = Budget.NORMAL
    use: Use = Use.BOTH
    constants: dict[str, float] = field(default_factory=dict)  # overrides of the published constants
    threshold: float | None = None  # one for all sessions, as older versions have it
    thresholds: "ByNumber | None" = None  # None: what the evaluation found for this criterion, budget and use
    clear_only: bool = False  # tell of clear flags alone
    recalibration: Recalibration | None = None  # None: a probability is stated as the criterion finds it
    by_therapist: dict[str, float] = field(default_factory=dict)  # what the ratings of each weigh, by key; 0-1
    edition: int = EDITION  # whose constants it has, where it brings none of its own
    shadow: bool = False  # tell of none: all is worked out and stored, and nothing of it is shown
