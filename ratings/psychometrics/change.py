"""Change between two points in time: reliable change, and sudden losses seen in hindsight."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Two-sided 5 % points of Student's t, by degrees of freedom; Lutz et al. (2013) and the R package suddengains
CRITICAL_T = {4: 2.776, 3: 3.182, 2: 4.303}
SHARE_OF_BEFORE = 0.25  # Tang & DeRubeis (1999), second criterion
RELIABLE_Z = 1.96  # two-sided 5 %


def standard_error(sd: float, reliability: float) -> float:
    """How far one score strays from the true one by error of measurement alone.

    Parameters
    ----------
    sd
        Standard deviation of the scores, above 0, in the unit of the result.
    reliability
        From 0 to 1.

    Raises
    ------
    ValueError
        A standard deviation or reliability outside its range.

    Examples
    --------
    >>> round(standard_error(7.5, 0.80), 2)
    3.35
    """
    if not (math.isfinite(sd) and sd > 0):
        raise ValueError(f"The standard deviation is {sd}; it must be above 0.")
    if not 0 <= reliability <= 1:
        raise ValueError(f"The reliability is {reliability}; it must lie from 0 to 1.")
    return sd * math.sqrt(1 - reliability)


def reliable_change_index(before: float, after: float, sd: float, reliability: float) -> float:
    """Change in units of the error of a difference; beyond ±1.96 it is unlikely to be error alone.

    Parameters
    ----------
    before, after
        Two scores of one client on one scale. Positive: the score rose.
    sd, reliability
        Of that scale in a comparable group.

    Raises
    ------
    ValueError
        As `standard_error`; also a reliability of 1, under which any change is reliable.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance. Journal of Consulting and Clinical Psychology, 59(1),
    12-19, p. 14.

    Examples
    --------
    The worked example of that page: 47.5 before, 32.5 after, SD 7.5, reliability .80.

    >>> round(reliable_change_index(47.5, 32.5, sd=7.5, reliability=0.80), 2)
    -3.16
    """
    error = math.sqrt(2) * standard_error(sd, reliability)
    if error == 0:
        raise ValueError("The reliability is 1; the index is not defined.")
    return (after - before) / error


def reliable_change(sd: float, reliability: float) -> float:
    """The smallest change that counts as reliable (5 %, two-sided), in the unit of `sd`.

    References
    ----------
    Jacobson & Truax (1991); the same figure as `define_crit1_cutoff` of the R package suddengains.

    Examples
    --------
    >>> round(reliable_change(10.5, 0.961), 3)
    5.748
    """
    return RELIABLE_Z * math.sqrt(2) * standard_error(sd, reliability)


@dataclass(frozen=True, slots=True)
class SuddenLoss:
    """One large and lasting fall between two neighbouring sessions, by position in the series."""

    before: int
    after: int
    fall: float


def sudden_losses(ratings: Sequence[float | None], least: float) -> list[SuddenLoss]:
    """Find large, lasting falls from one session to the next. Retrospective: it needs up to three later sessions.

    Parameters
    ----------
    ratings
        One score per session in order; None where there is none. Higher is a stronger alliance; the scale starts at 0.
    least
        First criterion: the smallest fall that counts, such as a reliable change, in the unit of the ratings.

    Returns
    -------
    list of SuddenLoss
        Both neighbours must be rated, and at least two of the three sessions on each side. The fall must reach `least`,
        25 % of the rating before, and exceed the difference of means that the spread on both sides explains.

    References
    ----------
    After Tang & DeRubeis (1999), doi 10.1037/0022-006X.67.6.894, turned round; adjustment for missing sessions as in
    Lutz et al. (2013), doi 10.1080/10503307.2012.693837, and in the R package suddengains (a fall here is a "gain"
    there, as its scores mean symptoms).

    Examples
    --------
    >>> sudden_losses([32, 31, 33, 5, 6, 7], least=7)
    [SuddenLoss(before=2, after=3, fall=28)]
    """
    found = []
    for after in range(1, len(ratings)):
        before = after - 1
        if ratings[before] is None or ratings[after] is None:
            continue
        fall = ratings[before] - ratings[after]
        earlier = [value for value in ratings[max(0, after - 3) : after] if value is not None]
        later = [value for value in ratings[after : after + 3] if value is not None]
        if fall < least or fall < SHARE_OF_BEFORE * ratings[before] or min(len(earlier), len(later)) < 2:
            continue
        freedom = len(earlier) + len(later) - 2
        spread = math.sqrt((_squares(earlier) + _squares(later)) / freedom)
        if sum(earlier) / len(earlier) - sum(later) / len(later) > CRITICAL_T[freedom] * spread:
            found.append(SuddenLoss(before, after, fall))
    return found


def _squares(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)
