"""Thresholds that keep a practice's budget with its own clients, from its own sessions, its ruptures unknown."""

import math
from collections.abc import Iterable, Sequence

from ratings.psychometrics.assess import of_therapist
from ratings.psychometrics.constants import resolve
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import STRETCHES, ByNumber, SessionEvidence, Version
from ratings.psychometrics.flag_budget import LOWEST, Counted, JudgedCase, JudgedSession, lowest
from ratings.psychometrics.population import Case
from ratings.psychometrics.thresholds import ALERTS_PER_100, thresholds

SHIPPED_WEIGHT = 300.0  # quiet sessions of a stretch that the shipped thresholds count for; convention of this app
CANDIDATES = [step / 10_000 for step in range(round(10_000 * LOWEST), 10_000)]

Line = Sequence[tuple[float, float]]  # log rates of new flags, and the log-odds of suspicion that give them


def refit(cases: Iterable[Case], version: Version) -> ByNumber:
    """Find the thresholds at which a practice's own sessions keep to its budget.

    Parameters
    ----------
    cases
        Of the practice, whole.
    version
        The detector whose thresholds are asked for, with all that was learned. Its own thresholds are not read.

    Returns
    -------
    ByNumber
        For each stretch of the course the lowest suspicion at which the rate of false flags is the budget's::

            rate = (sum of (1 - p) over new flags + k shipped) / (sum of (1 - p) over sessions + k)

        p is the stated probability of a rupture: a flag counts as false as far as it says so itself. New flags are
        those that the pages would show: none while one is open. k = 300. `shipped` is the rate under the shipped
        thresholds: it lies on the lines through those of the three budgets, log rate against log-odds. A rule that
        states no probability keeps the shipped ones.

    References
    ----------
    The share of false findings as their own stated probabilities give it: Newton, M. A., Noueiry, A., Sarkar, D. &
    Ahlquist, P. (2004). Detecting differential gene expression with a semiparametric hierarchical mixture method.
    Biostatistics, 5(2), 155-176. The weight k is the credibility formula's, as in `agreement.drawn`.
    """
    judged = [_judged(case.history, of_therapist(version, case.therapist)) for case in cases]
    if not any(one.finding.probability for case in judged for one in case.sessions):
        return thresholds(version.criterion, version.budget, version.use)
    found: list[float] = []
    for place in range(len(STRETCHES)):
        line = _line(version, place)

        def shipped(suspicion: float, line: Line = line) -> Counted:
            return Counted(SHIPPED_WEIGHT * _shipped_rate(line, suspicion), SHIPPED_WEIGHT)

        tau = lowest(judged, CANDIDATES, found, ALERTS_PER_100[version.budget], shipped)
        found.append(CANDIDATES[-1] if tau is None else tau)
    return ByNumber(*found)


def _judged(history: Sequence[SessionEvidence], version: Version) -> JudgedCase:
    constants = resolve(version.constants, version.edition)
    rule = REGISTRY[version.criterion](constants, version.use)
    findings = [rule.step(held, in_rupture=False) for held in history]
    return JudgedCase(
        constants,
        [
            JudgedSession(held, found, quiet=1 - (found.probability or 0.0))
            for held, found in zip(history, findings, strict=True)
        ],
    )


def _line(version: Version, place: int) -> Line:
    """Rates and thresholds of a stretch as shipped, the rarest first."""
    rows = sorted((per_100, budget) for budget, per_100 in ALERTS_PER_100.items())
    return [
        (
            math.log(per_100 / 100),
            _log_odds(getattr(thresholds(version.criterion, budget, version.use), STRETCHES[place])),
        )
        for per_100, budget in rows
    ]


def _shipped_rate(line: Line, suspicion: float) -> float:
    """New flags per quiet session at this suspicion, as shipped; beyond the budgets the lines go on."""
    at = _log_odds(suspicion)
    (rate_a, at_a), (rate_b, at_b) = line[:2] if at > line[1][1] else line[1:]
    return math.exp(rate_a + (rate_b - rate_a) * (at - at_a) / (at_b - at_a))


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
