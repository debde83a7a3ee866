"""How often clients of a practice report strain where there was strain, and where there was none.

Learned from what therapists say of ruptures and of sessions drawn at random. Only the client's report is learned so:
what therapists report is held against their own answers, and would only find itself again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ratings.psychometrics.constants import DEFAULTS, inside
from ratings.psychometrics.criteria.rupture_filter.reports import WITHDRAWAL_SHARE
from ratings.psychometrics.evidence import log_odds, probability_of

FEWEST = 100  # sessions with both answers, as for what flags state; convention of this app
WEIGHT = 40.0  # sessions that each of the shipped rates counts for; convention of this app
MOST_RATIO = 10.0  # how much likelier a yes counts in strain, whatever was found; convention of this app
DIGITS = 3
HALVINGS = 40


@dataclass(frozen=True, slots=True)
class HeardSession:
    """A session in which no rupture was on record before, with both answers."""

    report: bool  # the client's, to whether there was strain
    strain: bool  # the therapist's, when asked about the flag, the report or the drawn session
    stands_for: float = 1.0  # sessions: 1 / the chance of being asked


def learn_reports(sessions: Sequence[HeardSession]) -> dict[str, float]:
    """Find how often clients say yes in quiet sessions and in those with strain.

    Parameters
    ----------
    sessions
        All that opened a rupture on record, and the drawn ones without. Where a client says yes a rupture is opened,
        but for a yes to strain that was talked about: such a session is drawn from like one without a yes. Below 100
        nothing is learned.

    Returns
    -------
    dict of str to float
        For `Version.constants`. Both rates are weighted by the inverse of the chance of being asked (Hájek 1971) and
        drawn to the shipped ones::

            rate = (k shipped + n sum(w yes) / sum(w)) / (k + n),  n = sum(w)^2 / sum(w^2),  k = 40

        n is the number of sessions asked that is as sure (Kish 1965). In strain the shipped rate is that of both kinds,
        .6 withdrawal + .4 confrontation; the log-odds of the two kinds move by as much, so that they keep their
        distance. A yes never counts against strain, and never as more than ten times likelier in it. No rate is nearer
        to 0 or 1 than 0.001. Empty where there are too few.

    References
    ----------
    Hájek, J. (1971). Comment on a paper by D. Basu. In Foundations of Statistical Inference, 236.
    Kish, L. (1965). Survey Sampling. Wiley.

    Examples
    --------
    Of 150 drawn sessions none had a yes; of 90 with a yes 70 had strain, and of 90 flags without one 30:

    >>> drawn = [HeardSession(False, n < 5, 20.0) for n in range(150)]
    >>> told = [HeardSession(True, n < 70) for n in range(90)] + [HeardSession(False, n < 30) for n in range(90)]
    >>> learn_reports(drawn + told)
    {'report_quiet': 0.028, 'report_withdrawal': 0.174, 'report_confrontation': 0.444}
    >>> learn_reports(told[:99])
    {}
    """
    if len(sessions) < FEWEST:
        return {}
    shipped = _of_both_kinds(0.0)
    strain = _drawn((one for one in sessions if one.strain), shipped)
    quiet = _drawn((one for one in sessions if not one.strain), DEFAULTS.report_quiet)
    quiet = min(max(quiet, strain / MOST_RATIO), strain)
    low, high = -10.0, 10.0
    for _step in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _of_both_kinds(middle) < strain else (low, middle)
    rates = {
        "report_quiet": quiet,
        "report_withdrawal": _moved(DEFAULTS.report_withdrawal, high),
        "report_confrontation": _moved(DEFAULTS.report_confrontation, high),
    }
    return {name: inside(round(rate, DIGITS)) for name, rate in rates.items()}


def _drawn(sessions: Iterable[HeardSession], shipped: float) -> float:
    yes = whole = squares = 0.0
    for one in sessions:
        yes += one.stands_for * one.report
        whole += one.stands_for
        squares += one.stands_for**2
    if not whole:
        return shipped
    sure = whole**2 / squares
    return (WEIGHT * shipped + sure * yes / whole) / (WEIGHT + sure)


def _of_both_kinds(by: float) -> float:
    """How often yes in strain of either kind, with the log-odds of both kinds moved by so much."""
    withdrawal, confrontation = DEFAULTS.report_withdrawal, DEFAULTS.report_confrontation
    return WITHDRAWAL_SHARE * _moved(withdrawal, by) + (1 - WITHDRAWAL_SHARE) * _moved(confrontation, by)


def _moved(rate: float, by: float) -> float:
    return probability_of(log_odds(rate) + by)
