"""Whether a rating changed by more than its error of measurement."""

from math import sqrt

from ratings.psychometrics.constants import DEFAULTS, Constants
from ratings.psychometrics.evidence import Assessment, Rater
from ratings.psychometrics.series import OVERALL

DEPENDABILITY = 0.77  # of one session's score, between clients (PMC3111943, 45 clients; docs/reference/science.md)
Z = 1.96  # error alone changes a rating further in 1 of 20 pairs (Jacobson & Truax 1991, p. 14)


def error_of_change(series: str = OVERALL, constants: Constants = DEFAULTS) -> float:
    """Say how far two ratings of a steady client may lie apart by error of measurement alone.

    SE = SD sqrt(1 - r); S_diff = sqrt(2) SE; and 1.96 S_diff.

    Parameters
    ----------
    series
        The total, or a pillar, whose ratings vary more by `pillar_sd_ratio`.
    constants
        Those of the population: SD^2 is `sd_between`^2 + `sd_within`^2, of one rating of any client.

    Returns
    -------
    float
        POMP (0-100), in either direction. A usual level that rests on several ratings has less error than one of two
        ratings, so a fall below it that is larger than this is surely more than error.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Journal of Consulting and Clinical Psychology, 59, 12-19: the reliable change.
    That r is the dependability of one session's score is this app's choice; no instrument here states a retest of its
    own.

    Examples
    --------
    >>> round(error_of_change(), 1)
    21.0
    >>> round(error_of_change("task"), 1)
    30.4
    """
    sd = sqrt(constants.sd_between**2 + constants.sd_within**2)
    ratio = 1 if series == OVERALL else constants.pillar_sd_ratio
    return Z * sqrt(2) * sd * ratio * sqrt(1 - DEPENDABILITY)


def fell_beyond_error(assessment: Assessment, constants: Constants = DEFAULTS) -> list[str]:
    """The series of the client that lie further below their usual than error of measurement explains, in order.

    Examples
    --------
    >>> from ratings.psychometrics.evidence import Points, State
    >>> fell = Points("client:task", 12.0, seen=25.0, usual=80.0), Points("client:goal", 2.0, seen=60.0, usual=80.0)
    >>> fell_beyond_error(Assessment(number=7, state=State.OPEN, points=fell))
    ['task']
    """
    found = []
    for point in assessment.points:
        rater, _colon, pillar = point.source.partition(":")
        if rater != Rater.CLIENT or point.seen is None or point.usual is None or assessment.is_estimated(point):
            continue
        series = pillar or OVERALL
        if point.usual - point.seen > error_of_change(series, constants):
            found.append(series)
    return found
