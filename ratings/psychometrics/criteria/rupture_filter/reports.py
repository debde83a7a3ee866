"""What people say directly, as evidence: was there strain between the two?

It is weighed by how often people say yes in quiet sessions and in each kind of rupture. The rates are cautious
conventions of this app, until a practice's own verdicts say more; a version may bring its own (`Constants`).
"""

import math

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import Kind, Points, Report, SessionEvidence

POINTS = 10 / math.log(10)
WITHDRAWAL_SHARE = 0.6  # of ruptures (science.md §5)
KIND_RIGHT = 0.75  # of the kinds that a therapist names; convention of this app
Ratios = tuple[float, float]  # natural logs of likelihood ratios: of a withdrawal, of a confrontation


def client_report(therapy_session: SessionEvidence, constants: Constants) -> Ratios:
    """What the client's yes or no says; a question that was left out says nothing.

    ln(P(answer | kind) / P(answer | quiet)), for each kind.

    Examples
    --------
    >>> from ratings.psychometrics.constants import DEFAULTS
    >>> [round(ratio, 2) for ratio in client_report(SessionEvidence(5, tension=True), DEFAULTS)]
    [0.63, 1.61]
    >>> client_report(SessionEvidence(5), DEFAULTS)
    (0.0, 0.0)
    """
    c = constants
    return _ratios(therapy_session.tension, (c.report_quiet, c.report_withdrawal, c.report_confrontation))


def therapist_report(therapy_session: SessionEvidence, constants: Constants) -> Ratios:
    """What the therapist's yes or no says, and the kind that they noticed.

    A kind that is named counts for itself with ln(0.75 / 0.5) more, and for the other with ln(0.25 / 0.5).
    """
    c = constants
    rates = (c.therapist_report_quiet, c.therapist_report_withdrawal, c.therapist_report_confrontation)
    withdrawal, confrontation = _ratios(therapy_session.tension_therapist, rates)
    right, wrong = math.log(KIND_RIGHT / 0.5), math.log((1 - KIND_RIGHT) / 0.5)
    if therapy_session.tension_therapist and therapy_session.kind_therapist == Kind.WITHDRAWAL:
        return withdrawal + right, confrontation + wrong
    if therapy_session.tension_therapist and therapy_session.kind_therapist == Kind.CONFRONTATION:
        return withdrawal + wrong, confrontation + right
    return withdrawal, confrontation


def _ratios(answer: bool | None, rates: tuple[float, float, float]) -> Ratios:
    if answer is None:
        return 0.0, 0.0
    quiet, withdrawal, confrontation = (rate if answer else 1 - rate for rate in rates)
    return math.log(withdrawal / quiet), math.log(confrontation / quiet)


def of_any_kind(ratios: Ratios) -> float:
    """The log likelihood ratio of a rupture of either kind: ln(0.6 exp(withdrawal) + 0.4 exp(confrontation))."""
    withdrawal, confrontation = ratios
    return math.log(WITHDRAWAL_SHARE * math.exp(withdrawal) + (1 - WITHDRAWAL_SHARE) * math.exp(confrontation))


def report_points(source: Report, ratios: Ratios) -> list[Points]:
    """A report as a source of points; none for a no, which is no sign of anything."""
    weight = of_any_kind(ratios)
    return [Points(source, POINTS * weight, seen=1.0)] if weight > 0 else []
