"""A person's own usual range: the band of the chart, and the words for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import IN_RUPTURE, STRAINED, Assessment, SessionEvidence, State
from ratings.psychometrics.series import OVERALL, SERIES, value_of

FEWEST = 5  # below this no band is drawn; experts on run charts ask for 5 to 6 at the least
FIRM_FROM = 12  # below this it is "an early estimate" (limits locked at 12: NHSRplotthedots)
WIDTH_SD = 2  # half the band's height: about 19 of 20 ratings of a steady client lie inside; convention of this app
PRIOR_WEIGHT = 6  # ratings that the population's SD counts for (science.md §5, n0)
LOWEST, HIGHEST = 0.0, 100.0
FEWEST_FOR_FLAG = 2  # a flag may speak from two earlier ratings on, and then its words must not say "too few"


class TrendWord(StrEnum):
    """Where a rating lies in this person's own usual range."""

    USUAL = "usual"
    BELOW = "below"
    ABOVE = "above"
    LOWER = "lower"  # where ratings settled after an unrepaired rupture, below where they stood before
    FEW = "few"  # too few ratings to know the range
    UNTOLD = "untold"  # shadow mode: nobody is told


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Where this person's ratings mostly lie, in POMP."""

    low: float
    high: float
    early: bool  # an early estimate

    def word(self, value: float) -> TrendWord:
        """Below, above, or usual: in the range, its ends included."""
        if value < self.low:
            return TrendWord.BELOW
        return TrendWord.ABOVE if value > self.high else TrendWord.USUAL


def usual_range(levels: Sequence[float], population_sd: float, fewest: int = FEWEST) -> UsualRange | None:
    """Say where this person's own ratings mostly lie.

    mean +- 2 sd, with sd^2 = (6 SD^2 + sum of (rating - mean)^2) / (6 + n), SD being the population's.

    Parameters
    ----------
    levels
        Earlier ratings of one series outside ruptures, POMP 0-100, higher is a stronger alliance. Sessions without
        a rating are left out, not counted as 0.
    population_sd
        Within-person standard deviation of the population, POMP; it counts for six ratings.
    fewest
        With fewer ratings there is no range.

    Returns
    -------
    UsualRange or None
        The own mean plus and minus 2 of the own SD (shrunk towards the population's), clipped to 0-100.

    Examples
    --------
    >>> usual_range([75, 75, 87.5, 75, 75], 12.3)
    UsualRange(low=58.121098633260495, high=96.87890136673951, early=True)
    >>> usual_range([75, 75], 12.3) is None
    True
    """
    if len(levels) < fewest:
        return None
    mean = sum(levels) / len(levels)
    squares = sum((level - mean) ** 2 for level in levels)
    sd = ((PRIOR_WEIGHT * population_sd**2 + squares) / (PRIOR_WEIGHT + len(levels))) ** 0.5
    return UsualRange(
        low=max(LOWEST, mean - WIDTH_SD * sd), high=min(HIGHEST, mean + WIDTH_SD * sd), early=len(levels) < FIRM_FROM
    )


@dataclass(frozen=True, slots=True)
class Level:
    """The level on which the ratings lie since a fall that was not regained."""

    fell: int  # the position of the session that opened the rupture which closed so
    taken: bool  # the therapist took it for the usual one


def level_of(history: Sequence[SessionEvidence], assessments: Sequence[Assessment]) -> Level | None:
    """The lower level on which the ratings lie now; None: it has been one level, or they are back.

    Once the therapist has taken it for the usual one, a further fall begins the next level.
    """
    opened = before = level = None
    for position, assessment in enumerate(assessments):
        if assessment.alert:
            opened = position
        if assessment.state == State.SETTLED_LOWER and before in IN_RUPTURE and opened is not None:
            level = Level(opened, taken=False) if level is None or level.taken else level
        elif assessment.state == State.BACK_TO_USUAL and before == State.SETTLED_LOWER:  # regained
            level = None
        if level and history[position].rebased:
            level = replace(level, taken=True)
        before = assessment.state
    return level


def settled_from(history: Sequence[SessionEvidence], assessments: Sequence[Assessment]) -> int | None:
    """The position of the fall after which the ratings have settled lower; None where they have not, or no longer.

    Once the therapist has taken the lower level for the usual one, there is none.
    """
    level = level_of(history, assessments)
    if level is None or level.taken or assessments[-1].state not in (State.SETTLED_LOWER, *IN_RUPTURE):
        return None
    return level.fell


def counted(
    history: Sequence[SessionEvidence], assessments: Sequence[Assessment], series: str, before: int | None = None
) -> list[int]:
    """The positions of the ratings that a usual range rests on.

    The range begins at the fifth of them.
    They lie outside ruptures and were made with the instrument of the latest rating: a chart joins no two
    questionnaires. Where the ratings have settled lower they are those since the fall; `before`: those before this
    position.
    """
    level = level_of(history, assessments)
    if before is None and level:
        fell = level.fell
        settled = next(p for p in range(fell, len(assessments)) if assessments[p].state == State.SETTLED_LOWER)
        return [
            p
            for p in _on_latest_form(history, series)
            if p >= fell and (p < settled or assessments[p].state not in IN_RUPTURE)
        ]
    return [
        position
        for position in _on_latest_form(history, series)
        if assessments[position].state not in IN_RUPTURE and (before is None or position < before)
    ]


def _on_latest_form(history: Sequence[SessionEvidence], series: str) -> list[int]:
    instrument = next(
        (therapy_session.instrument for therapy_session in reversed(history) if therapy_session.client), None
    )
    return [
        position
        for position, therapy_session in enumerate(history)
        if therapy_session.instrument == instrument and value_of(therapy_session.client, series) is not None
    ]


def latest_of(history: Sequence[SessionEvidence], series: str) -> int | None:
    """The position of the latest rating of this series, on the latest questionnaire; None: there is none.

    Who leaves out two questions, or sends a comment alone, has not taken back what they answered before.
    """
    return max(_on_latest_form(history, series), default=None)


def usual_ranges(
    history: Sequence[SessionEvidence],
    assessments: Sequence[Assessment],
    constants: Constants,
    fewest: int = FEWEST,
    before: int | None = None,
) -> dict[str, UsualRange | None]:
    """The client's own usual range of the total and of each pillar.

    One rule for the band, the words and the lead. Where the ratings have settled lower it is that since the fall, and
    with `before`, the position of the fall, the one before it.
    """
    ranges = {}
    for series in SERIES:
        positions = counted(history, assessments, series, before)
        values = [value_of(history[position].client, series) for position in positions]
        levels = [value for value in values if value is not None]
        sd = constants.sd_within * (1 if series == OVERALL else constants.pillar_sd_ratio)
        ranges[series] = usual_range(levels, sd, fewest)
    return ranges


def latest_words(
    history: Sequence[SessionEvidence], assessments: Sequence[Assessment], constants: Constants
) -> dict[str, TrendWord]:
    """Where the latest rating of each series lies in its usual range.

    Where the ratings settled lower after a rupture they are "lower", and never "usual". An open flag says "below" of
    the pillars that it names, or of what fell where it names none, with a range or before there is one, so that the
    words and the flag never disagree.
    """
    last = next((p for p in reversed(range(len(history))) if history[p].client), None)
    if last is None:
        return dict.fromkeys(SERIES, TrendWord.FEW)
    now = assessments[last]
    ranges = usual_ranges(history, assessments, constants)
    for_flag = usual_ranges(history, assessments, constants, FEWEST_FOR_FLAG) if now.state in STRAINED else {}
    fell = settled_from(history, assessments)
    lower = _lower_than_before(history, assessments, constants, fell) if fell is not None else ()
    words = {}
    for series, usual in ranges.items():
        value, earlier = _latest_value(history, series), for_flag.get(series)
        if series in lower and now.state == State.SETTLED_LOWER:
            words[series] = TrendWord.LOWER
        elif now.state in STRAINED and series in now.pillars:
            words[series] = TrendWord.BELOW
        elif series in lower and now.state in IN_RUPTURE:  # another rupture does not make the lower level the usual one
            words[series] = TrendWord.LOWER
        elif usual and value is not None:
            words[series] = usual.word(value)
        elif earlier and value is not None and earlier.word(value) == TrendWord.BELOW:
            words[series] = TrendWord.BELOW
        else:
            words[series] = TrendWord.FEW
    return words


def _latest_value(history: Sequence[SessionEvidence], series: str) -> float | None:
    latest = latest_of(history, series)
    return value_of(history[latest].client, series) if latest is not None else None


def _lower_than_before(
    history: Sequence[SessionEvidence], assessments: Sequence[Assessment], constants: Constants, fell: int
) -> list[str]:
    """The series in which the latest rating lies further below the mean before the fall than "back" allows.

    The total is among them always: that it has settled lower is what the state says.
    """
    series_lower = [OVERALL]
    for series in SERIES[1:]:
        earlier = [
            value
            for p in counted(history, assessments, series, fell)
            if (value := value_of(history[p].client, series)) is not None
        ]
        value = _latest_value(history, series)
        allowed = constants.back_within_sd * constants.sd_within * constants.pillar_sd_ratio
        if earlier and value is not None and value < sum(earlier) / len(earlier) - allowed:
            series_lower.append(series)
    return series_lower
