"""A person's own usual range: what the chart shows as a band, and what "below own usual" means in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import Assessment, SessionEvidence, State
from ratings.psychometrics.finding import OVERALL, SERIES, value_of

FEWEST = 5  # below this no band is drawn; experts on run charts ask for 5 to 6 at the least
FIRM_FROM = 12  # below this it is "an early estimate" (limits locked at 12: NHSRplotthedots)
WIDTH_SD = 2  # half the band's height: about 19 of 20 ratings of a steady client lie inside; convention of this app
PRIOR_WEIGHT = 6  # ratings that the population's SD counts for (science.md §5, n0)
LOWEST, HIGHEST = 0.0, 100.0
IN_RUPTURE = {State.OPEN, State.RECOVERING}
FEWEST_IN_RUPTURE = 2  # a flag may speak from two earlier ratings on, and then its words must not say "too few"
FEW = "few"


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Where this person's ratings mostly lie, in POMP."""

    low: float
    high: float
    early: bool  # an early estimate

    def word(self, value: float) -> str:
        """ "below", "usual" or "above"."""
        if value < self.low:
            return "below"
        return "above" if value > self.high else "usual"


def usual_range(levels: Sequence[float], population_sd: float, fewest: int = FEWEST) -> UsualRange | None:
    """Say where this person's own ratings mostly lie, so that a new one can be compared with it.

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


def usual_ranges(
    history: Sequence[SessionEvidence], assessments: Sequence[Assessment], constants: Constants, fewest: int = FEWEST
) -> dict[str, UsualRange | None]:
    """The client's own usual range of the total and of each pillar, from the ratings outside ruptures.

    Only the instrument of the latest rating counts: scores of two instruments have no usual in common.
    """
    instrument = next(
        (therapy_session.instrument for therapy_session in reversed(history) if therapy_session.client), None
    )
    ranges = {}
    for series in SERIES:
        values = [
            value_of(therapy_session.client, series)
            for therapy_session, assessment in zip(history, assessments, strict=True)
            if assessment.state not in IN_RUPTURE and therapy_session.instrument == instrument
        ]
        sd = constants.sd_within * (1 if series == OVERALL else constants.pillar_sd_ratio)
        ranges[series] = usual_range([value for value in values if value is not None], sd, fewest)
    return ranges


def latest_words(
    history: Sequence[SessionEvidence], assessments: Sequence[Assessment], constants: Constants
) -> dict[str, str]:
    """How the latest rating compares with the earlier ones: "usual", "below", "above" or "few" for each series.

    A pillar that the detector names as fallen is "below", so that the words and the flag never disagree.
    """
    rated = [position for position, therapy_session in enumerate(history) if therapy_session.client]
    if not rated:
        return dict.fromkeys(SERIES, FEW)
    last = rated[-1]
    now = assessments[last]
    fewest = FEWEST_IN_RUPTURE if now.state in IN_RUPTURE else FEWEST
    same = [p for p in range(last) if history[p].instrument == history[last].instrument]
    ranges = usual_ranges([history[p] for p in same], [assessments[p] for p in same], constants, fewest)
    words = {}
    for series, usual in ranges.items():
        value = value_of(history[last].client, series)
        if now.state == State.OPEN and series in now.pillars:
            words[series] = "below"
        else:
            words[series] = usual.word(value) if usual and value is not None else FEW
    return words
