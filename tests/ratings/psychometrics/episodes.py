"""Short ways to write an episode down in a test."""

from ratings.psychometrics.evidence import Scores, SessionEvidence


def level(value, **more):
    """A rating with the same score everywhere."""
    return Scores(value, value, value, value, **more)


def pillars(goal, task, bond):
    return Scores(goal, task, bond, (goal + task + bond) / 3)


def episode(*client):
    """Attended sessions with these client ratings (a number: the same everywhere; None: not rated)."""
    ratings = [level(rating) if isinstance(rating, int | float) else rating for rating in client]
    return [SessionEvidence(number, client=rating) for number, rating in enumerate(ratings, start=1)]
