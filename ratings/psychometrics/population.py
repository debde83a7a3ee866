"""A practice's own population constants, once it has enough episodes to know them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evidence import IN_RUPTURE, Pillar, Scores, SessionEvidence
from ratings.psychometrics.series import OVERALL, value_of

FEWEST_EPISODES = 50  # below, the published values are better than one's own; convention of this app
FEWEST_RATINGS = 5  # in an episode, to count


@dataclass(frozen=True, slots=True)
class Learned:
    """Constants for `Version.constants`, and how many episodes they rest on; empty where there are too few."""

    episodes: int
    constants: dict[str, float]


def learn_constants(histories: Iterable[Sequence[SessionEvidence]]) -> Learned:
    """Say how this practice's clients and therapists rate, outside ruptures, for use in a new detector version.

    Parameters
    ----------
    histories
        Whole episodes, ended or not. Those with fewer than five ratings of a rater do not count for that rater.

    Returns
    -------
    Learned
        Means and standard deviations in POMP, each drawn halfway to the published value at fifty episodes and closer
        to the practice's own with more. Freeze them in a version: a detector's constants never move by themselves.
    """
    client, therapist = [], []
    episodes = 0
    for history in histories:
        states = [found.state for found in assess(history)]
        quiet = [
            therapy_session for therapy_session, state in zip(history, states, strict=True) if state not in IN_RUPTURE
        ]
        own = [
            therapy_session.client for therapy_session in quiet if value_of(therapy_session.client, OVERALL) is not None
        ]
        if len(own) >= FEWEST_RATINGS:
            episodes += 1
            client.append(own)
        own = [
            therapy_session.therapist
            for therapy_session in quiet
            if value_of(therapy_session.therapist, OVERALL) is not None
        ]
        if len(own) >= FEWEST_RATINGS:
            therapist.append(own)
    constants = {}
    if len(client) >= FEWEST_EPISODES:
        found = _spread(client) | {"sd_contrast": _contrast(client)}
        constants |= _drawn(found, len(client))
    if len(therapist) >= FEWEST_EPISODES:
        constants |= _drawn({f"therapist_{name}": value for name, value in _spread(therapist).items()}, len(therapist))
    return Learned(episodes, constants)


def _spread(episodes):
    series = [[value_of(rating, OVERALL) for rating in ratings] for ratings in episodes]
    within = fmean(variance(values) for values in series)
    means = [fmean(values) for values in series]
    chance = within * fmean(1 / len(values) for values in series)
    return {
        "mean": fmean(means),
        "sd_between": max(variance(means) - chance, 1.0) ** 0.5,
        "sd_within": max(within, 1.0) ** 0.5,
    }


def _contrast(episodes):
    """SD of the pillars around the total from session to session, over all three pillars."""
    found = []
    for ratings in episodes:
        full = [rating for rating in ratings if _complete(rating)]
        if len(full) >= FEWEST_RATINGS:
            for pillar in Pillar:
                found.append(variance([rating.of(pillar) - value_of(rating, OVERALL) for rating in full]))
    return max(1.5 * fmean(found), 1.0) ** 0.5 if found else DEFAULTS.sd_contrast  # two of three are free


def _complete(rating: Scores) -> bool:
    return None not in (rating.goal, rating.task, rating.bond)


def _drawn(found, episodes):
    share = episodes / (episodes + FEWEST_EPISODES)
    return {name: share * value + (1 - share) * getattr(DEFAULTS, name) for name, value in found.items()}
