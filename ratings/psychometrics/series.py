"""The series of one rater's scores: the total, and each pillar."""

from ratings.psychometrics.evidence import Pillar, Scores

OVERALL = "overall"
HIGHEST = 100  # POMP; a form there is perfect, whichever way its items are turned
SERIES = (OVERALL, Pillar.GOAL, Pillar.TASK, Pillar.BOND)


def value_of(scores: Scores | None, series: str) -> float | None:
    """The score of a series: overall, or a pillar.

    Overall falls back on the mean of all three pillars.
    """
    if scores is None:
        return None
    if series != OVERALL:
        return scores.of(Pillar(series))
    if scores.overall is not None:
        return scores.overall
    pillars = [score for score in (scores.goal, scores.task, scores.bond) if score is not None]
    # Two pillars are no total: which one is missing would move it.
    return sum(pillars) / len(pillars) if len(pillars) == len(Pillar) else None
