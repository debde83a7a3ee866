"""What is worth a remark but is no rupture."""

from collections.abc import Sequence

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import SessionEvidence
from ratings.psychometrics.series import HIGHEST, OVERALL, value_of

CEILING = "ceiling"  # the latest three forms are at the top of the scale: such ratings cannot show strain
EARLY_LOW = "early_low"  # sessions 1-3 lower than most clients' first three
NO_CHECK_INS = "no_checkins"  # three attended sessions in a row without a client rating
IN_A_ROW = 3  # science.md §5 (perfect-score card); the same number of missing check-ins: convention of this app


def notes(history: Sequence[SessionEvidence], constants: Constants) -> list[tuple[str, ...]]:
    """The notes after each session, from that session and the earlier ones."""
    found = []
    perfect = unanswered = 0
    first: list[float] = []
    for therapy_session in history:
        here = []
        rating = therapy_session.client
        value = value_of(rating, OVERALL)
        if rating is not None:
            perfect = perfect + 1 if value is not None and value >= HIGHEST else 0
        if perfect >= IN_A_ROW and rating is not None:
            here.append(CEILING)
        if therapy_session.attended:
            unanswered = unanswered + 1 if rating is None else 0
            if unanswered >= IN_A_ROW:
                here.append(NO_CHECK_INS)
        if therapy_session.number is not None and therapy_session.number <= IN_A_ROW and value is not None:
            first.append(value)
            enough = len(first) >= 2 and therapy_session.number == IN_A_ROW
            if enough and sum(first) / len(first) < constants.early_low:
                here.append(EARLY_LOW)
        found.append(tuple(here))
    return found
