"""A change in the gap between the two raters."""

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.criteria.own_mean_pooled_sd_total import own_mean_pooled_sd_total
from ratings.psychometrics.criteria.series_rule import SeriesCriterion
from ratings.psychometrics.evidence import SessionEvidence
from ratings.psychometrics.series import OVERALL, value_of


class GapCriterion(SeriesCriterion):
    """The client's rating falls more than the therapist's, against their usual gap.

    (mean gap before - gap) / SD, where the gap is the client's total less the therapist's, and the SD is the pooled
    one. The mere gap raises no alert: therapists rate lower as a rule (Atzil-Slonim et al. 2015). Only its change
    within the dyad counts.

    References
    ----------
    After the idea of truth and bias (West & Kenny 2011); the rule itself is a convention of this app.
    """

    def __init__(self, constants: Constants):
        super().__init__(own_mean_pooled_sd_total, constants, "gap")
        self.reads = "both"

    def value(self, therapy_session: SessionEvidence) -> float | None:
        """The client's total less the therapist's."""
        client, therapist = value_of(therapy_session.client, OVERALL), value_of(therapy_session.therapist, OVERALL)
        return None if client is None or therapist is None else client - therapist
