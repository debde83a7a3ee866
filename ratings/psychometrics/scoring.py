"""From answers to scores: pillar means, and percent of maximum possible (POMP)."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ratings.psychometrics.evidence import Pillar, Scores
from ratings.psychometrics.instruments import OVERALL_OF_PILLARS, Instrument

FEWEST_FOR_STRAIGHT_LINE = 3  # convention of this app: two equal answers are no pattern


class ScoreError(ValueError):
    """Answers that cannot be scored; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What one filled questionnaire says."""

    raw: Mapping[Pillar, float | None]  # mean answer per pillar, on the instrument's own scale, reversed items turned
    scores: Scores  # POMP
    items_answered: int
    items_asked: int

    @property
    def straight_line(self) -> bool:
        """Whether every item was given the same answer."""
        return self.scores.straight_line


def pomp(value: float, lowest: float, highest: float) -> float:
    """Say where a score stands between the lowest and the highest possible one.

    100 (value - lowest) / (highest - lowest).

    Parameters
    ----------
    value, lowest, highest
        On the same scale; higher is a stronger alliance.

    Returns
    -------
    float
        Percent of maximum possible, 0-100.

    Raises
    ------
    ScoreError
        A value outside the scale, or a scale whose ends are one.

    Notes
    -----
    A single answer, a mean of answers or a sum goes in, each with the ends of its own scale. A change between two
    scores is no score and does not: it has no place on the scale.

    References
    ----------
    Cohen, P., Cohen, J., Aiken, L. S., & West, S. G. (1999). The problem of units and the circumstance for POMP.
    Multivariate Behavioral Research, 34(3), 315-346.

    Examples
    --------
    >>> pomp(3, 0, 4)
    75.0
    >>> pomp(5.5, 1, 7)  # a mean on a scale from 1 to 7
    75.0
    """
    if not (_is_number(value) and lowest <= value <= highest and lowest < highest):
        raise ScoreError(f"the score is {value!r}; it must be a number from {lowest} to {highest}.")
    return 100 * (value - lowest) / (highest - lowest)


def score(answers: Mapping[str, float], instrument: Instrument) -> Scored:
    """Score one client's or therapist's answers to one questionnaire.

    Parameters
    ----------
    answers
        Item id to answer, on the instrument's scale. A skipped item is absent; it is never 0.
    instrument
        The version that was answered.

    Returns
    -------
    Scored
        A pillar needs at least ``minimum_share`` of its items (half: convention of this app), else it is None.
        Overall is the mean of the three pillars' POMP where all three are there (``overall = "pillars"``), or the
        POMP of the sum where every item was answered (``overall = "items"``).

    Raises
    ------
    ScoreError
        An answer to an item that is not asked, outside the scale, or not a number.

    Examples
    --------
    >>> from ratings.psychometrics.instruments import parse
    >>> short = parse({"key": "k", "version": "1", "title": "t", "licence": "l", "source": "s",
    ...     "lowest": 0, "highest": 4, "items": [{"id": "g", "pillar": "goal"}, {"id": "t", "pillar": "task"},
    ...     {"id": "b", "pillar": "bond"}]})
    >>> scored = score({"g": 4, "t": 2, "b": 3}, short)
    >>> scored.scores.task, scored.scores.overall
    (50.0, 75.0)
    >>> score({"g": 4, "b": 3}, short).scores.task is None
    True
    """
    turned = _checked(answers, instrument)
    span = (instrument.lowest, instrument.highest)
    raw: dict[Pillar, float | None] = {}
    percent: dict[Pillar, float | None] = {}
    for pillar in Pillar:
        items = instrument.items_of(pillar)
        given = [turned[item.id] for item in items if item.id in turned]
        enough = bool(given) and len(given) >= math.ceil(instrument.minimum_share * len(items))
        mean = sum(given) / len(given) if enough else None
        raw[pillar], percent[pillar] = mean, None if mean is None else pomp(mean, *span)
    if instrument.overall == OVERALL_OF_PILLARS:
        parts = [part for part in percent.values() if part is not None]
        overall = sum(parts) / len(parts) if len(parts) == len(Pillar) else None
    else:
        complete = len(turned) == len(instrument.items)
        overall = pomp(sum(turned.values()) / len(turned), *span) if complete else None
    straight = is_straight_line(answers.values(), len(instrument.items))
    return Scored(
        raw=raw,
        scores=Scores(
            goal=percent[Pillar.GOAL],
            task=percent[Pillar.TASK],
            bond=percent[Pillar.BOND],
            overall=overall,
            straight_line=straight,
        ),
        items_answered=len(turned),
        items_asked=len(instrument.items),
    )


def score_total(total: float, lowest: float, highest: float) -> Scores:
    """Score a rating that came as a total only: it has no pillars.

    Parameters
    ----------
    total, lowest, highest
        The total and the ends of its scale; higher is a stronger alliance.

    Raises
    ------
    ScoreError
        A total outside its scale.

    Examples
    --------
    >>> score_total(36, 0, 40).overall
    90.0
    """
    return Scores(overall=pomp(total, lowest, highest))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_straight_line(given: Collection[float], asked: int) -> bool:
    """Say whether every question was answered, and all of them alike.

    Parameters
    ----------
    given
        The answers as they were ticked, reversed items not turned. A skipped one is absent.
    asked
        How many there could be; with fewer than three, equal answers say nothing.

    Examples
    --------
    >>> is_straight_line([4, 4, 4], 3), is_straight_line([4, 4], 3), is_straight_line([4, 4], 2)
    (True, False, False)
    """
    return len(given) == asked >= FEWEST_FOR_STRAIGHT_LINE and len(set(given)) == 1


def _checked(answers: Mapping[str, float], instrument: Instrument) -> dict[str, float]:
    items = {item.id: item for item in instrument.items}
    turned = {}
    for identifier, answer in answers.items():
        if identifier not in items:
            raise ScoreError(f"{instrument.key} {instrument.version} has no item {identifier!r}.")
        if not _is_number(answer) or not instrument.lowest <= answer <= instrument.highest:
            raise ScoreError(
                f"the answer to {identifier} is {answer!r}; "
                f"it must be a number from {instrument.lowest} to {instrument.highest}."
            )
        if instrument.whole_answers and answer != int(answer):
            raise ScoreError(f"the answer to {identifier} is {answer!r}; it must be a whole number.")
        flip = items[identifier].reversed
        turned[identifier] = instrument.lowest + instrument.highest - answer if flip else answer
    return turned
