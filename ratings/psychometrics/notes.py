"""The notes on an episode: what is worth a remark but is no rupture."""

from collections.abc import Sequence

from ratings.psychometrics.constants import Constants
from ratings.psychometrics.evidence import Note, SessionEvidence
from ratings.psychometrics.series import HIGHEST, OVERALL, value_of

IN_A_ROW = 3  # science.md §5 (perfect-score card); the same number of missing check-ins: convention of this app


def notes(history: Sequence[SessionEvidence], constants: Constants) -> list[tuple[Note, ...]]:
    """The notes after each session, from that session and the earlier ones."""
    by_session = []
    perfect = unanswered = 0
    first: list[float] = []
    for therapy_session in history:
        here = []
        rating = therapy_session.client
        value = value_of(rating, OVERALL)
        if rating is not None:
            perfect = perfect + 1 if value is not None and value >= HIGHEST else 0
        if perfect >= IN_A_ROW and rating is not None:
            here.append(Note.CEILING)
        if therapy_session.attended:
            unanswered = unanswered + 1 if rating is None else 0
            if unanswered >= IN_A_ROW:
                here.append(Note.NO_CHECK_INS)
        if therapy_session.number is not None and therapy_session.number <= IN_A_ROW:
            first += [value] if value is not None else []
            enough = len(first) >= 2 and therapy_session.number == IN_A_ROW
            if enough and sum(first) / len(first) < constants.early_low:
                here.append(Note.EARLY_LOW)
        by_session.append(tuple(here))
    return by_session
