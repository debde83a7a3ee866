"""Rules that read one series of ratings, as criteria.

A rule gives a suspicion that rises with what speaks for a rupture. It gets the earlier ratings of an episode and the
present one, and nothing later. It knows one series: the client's total, unless it says otherwise. Papers were mostly
seen as abstracts, so "after" stands where a formula was not verified at its source.
"""

from collections.abc import Callable, Sequence
from statistics import fmean

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evidence import Points, SessionEvidence
from ratings.psychometrics.series import OVERALL, value_of

Judged = tuple[float, float]  # suspicion, and what the rating was compared with
Rule = Callable[[Sequence[float], float, Constants], Judged]

SMALLEST_SD = 2.0  # POMP: half an answer step of our own total; below it a chart divides by nothing; convention


class SeriesCriterion:
    """A published rule applied to one rater's total, session by session.

    Another questionnaire starts no new series: both are on the scale of 0-100, and a new start costs more than what
    they lie apart.
    """

    def __init__(self, rule: Rule, constants: Constants, rater: str = "client"):
        self.rule, self.constants, self.rater, self.reads = rule, constants, rater, rater
        self.past: list[float] = []

    def value(self, therapy_session: SessionEvidence) -> float | None:
        """What the rule reads of a session: the rater's total."""
        return value_of(getattr(therapy_session, self.rater), OVERALL)

    def step(self, therapy_session: SessionEvidence, *, in_rupture: bool) -> Finding:
        """Judge the next session by the rule, once there are enough earlier ratings."""
        now = self.value(therapy_session)
        past = self.past
        enough = len(past) >= self.constants.fewest_ratings
        usual = {OVERALL: fmean(past)} if past and self.rater == "client" else {}
        finding = Finding(usual=usual, ratings=len(past), enough=enough)
        if now is None:
            return finding
        if enough and therapy_session.number is not None and therapy_session.number >= self.constants.first_number:
            suspicion, compared = self.rule(past, now, self.constants)
            weight = 10 * suspicion if now < compared else min(10 * suspicion, 0)  # what lies above is no sign
            points = (Points(self.rater, weight, seen=now, usual=compared),)
            finding = Finding(suspicion=suspicion, points=points, usual=usual, ratings=len(past), enough=True)
        self.past.append(now)
        return finding

    def settle(self) -> None:
        """These rules know no episodes; nothing to do."""
