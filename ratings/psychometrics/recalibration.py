"""What flags state, brought into line with what a practice's therapists say of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratings.psychometrics.evidence import Recalibration, log_odds, probability_of

FEWEST = 100  # answers on flags; convention of this app
SD_INTERCEPT = 0.5  # of the prior: how far the program may be off, in log-odds; convention of this app
SD_SLOPE = 0.25  # as above; a slope of 1 keeps differences as they are stated
LEAST_SLOPE = 0.2  # so that a surer flag stays the surer one
DIGITS = 3  # to which it is frozen: less than a hundredth of a probability


@dataclass(frozen=True, slots=True)
class StatedAndFound:
    """What one flag stated before any recalibration, and whether there was strain."""

    stated: float  # above 0 and below 1
    strain: bool


def recalibrate(answers: Sequence[StatedAndFound]) -> Recalibration | None:
    """Find the line on the scale of log-odds that fits what flags state to what was found.

    Parameters
    ----------
    answers
        One for each flag with an answer. Below 100 nothing is learned.

    Returns
    -------
    Recalibration or None
        ln(q / (1 - q)) = intercept + slope ln(p / (1 - p)), with the intercept and slope that make
        sum(y ln q + (1 - y) ln(1 - q)) - intercept^2 / (2 0.5^2) - (slope - 1)^2 / (2 0.25^2)
        largest, found by Newton's method: Platt's (1999) line with normal priors around "as stated", which few answers
        hardly move and many do. The slope is at least 0.2.

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines. In Advances in Large Margin Classifiers, 61-74.
    Cox, D. R. (1958). Two further applications of a model for binary regression. Biometrika, 45, 562-565.

    Examples
    --------
    Flags that state 0.2 and 0.6 in equal parts, and are right in 0.4 and 0.8:

    >>> flags = [StatedAndFound(p, n < right) for p, right in ((0.2, 80), (0.6, 160)) for n in range(200)]
    >>> found = recalibrate(flags)
    >>> round(found.stated(0.2), 2), round(found.stated(0.6), 2)
    (0.39, 0.79)
    >>> recalibrate(flags[:99]) is None
    True
    """
    if len(answers) < FEWEST:
        return None
    rows = [(log_odds(one.stated), float(one.strain)) for one in answers]
    intercept, slope = 0.0, 1.0
    for _step in range(50):
        move = _newton(rows, intercept, slope)
        intercept, slope = intercept + move[0], slope + move[1]
        if max(map(abs, move)) < 1e-9:
            break
    return Recalibration(round(intercept, DIGITS), round(max(slope, LEAST_SLOPE), DIGITS))


def _newton(rows: Sequence[tuple[float, float]], intercept: float, slope: float) -> tuple[float, float]:
    """The next move of intercept and slope: minus the gradient over the matrix of second derivatives."""
    gradient = [-intercept / SD_INTERCEPT**2, -(slope - 1) / SD_SLOPE**2]
    a, b, c = 1 / SD_INTERCEPT**2, 0.0, 1 / SD_SLOPE**2
    for x, y in rows:
        q = probability_of(intercept + slope * x)
        gradient[0] += y - q
        gradient[1] += (y - q) * x
        w = q * (1 - q)
        a, b, c = a + w, b + w * x, c + w * x * x
    whole = a * c - b * b
    return (c * gradient[0] - b * gradient[1]) / whole, (a * gradient[1] - b * gradient[0]) / whole
