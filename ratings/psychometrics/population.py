"""What a practice's own cases teach, once there are enough: how people rate there, and what therapists notice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from ratings.psychometrics.agreement import Pairs, pairs_of, weights
from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evidence import IN_RUPTURE, Pillar, Scores, SessionEvidence
from ratings.psychometrics.series import OVERALL, value_of

FEWEST_EPISODES = 50  # below, the published values are better than one's own; convention of this app
FEWEST_RATINGS = 5  # in an episode, to count


@dataclass(frozen=True, slots=True)
class Case:
    """An episode, and whose it is."""

    history: Sequence[SessionEvidence]
    therapist: str = ""  # the key of the therapist


@dataclass(frozen=True, slots=True)
class Learned:
    """What a practice's own episodes teach."""

    episodes: int  # that it rests on
    constants: dict[str, float]  # for `Version.constants`; empty where there are too few episodes
    by_therapist: dict[str, float]  # for `Version.by_therapist`; empty as above


def learn(cases: Iterable[Case]) -> Learned:
    """Say how this practice's clients and therapists rate outside ruptures, and what each therapist's ratings weigh.

    Parameters
    ----------
    cases
        Whole episodes, ended or not. Those with fewer than five ratings of a rater do not count for that rater's means
        and spreads.

    Returns
    -------
    Learned
        Means and standard deviations in POMP, each drawn halfway to the published value at fifty episodes and closer
        to the practice's own with more; and weights from 0 to 1 (see `agreement`). Freeze them in a version: a
        detector's constants never move by themselves.
    """
    client: list[list[Scores]] = []
    therapist: list[list[Scores]] = []
    pairs: defaultdict[str, list[Pairs]] = defaultdict(list)
    for case in cases:
        history = case.history
        pairs[case.therapist].append(pairs_of(history))
        quiet = [
            therapy_session
            for therapy_session, assessment in zip(history, assess(history), strict=True)
            if assessment.state not in IN_RUPTURE
        ]
        by_client = _with_total(therapy_session.client for therapy_session in quiet)
        if len(by_client) >= FEWEST_RATINGS:
            client.append(by_client)
        by_therapist = _with_total(therapy_session.therapist for therapy_session in quiet)
        if len(by_therapist) >= FEWEST_RATINGS:
            therapist.append(by_therapist)
    constants: dict[str, float] = {}
    weight: dict[str, float] = {}
    if len(client) >= FEWEST_EPISODES:
        constants |= _drawn(_spread(client) | {"sd_contrast": _contrast(client)}, len(client))
    if len(therapist) >= FEWEST_EPISODES:
        constants |= _drawn({f"therapist_{name}": value for name, value in _spread(therapist).items()}, len(therapist))
        learned = weights(pairs)
        constants["therapist_weight"] = learned.practice
        weight = learned.by_therapist
    return Learned(len(client), constants, weight)


def _with_total(ratings: Iterable[Scores | None]) -> list[Scores]:
    return [rating for rating in ratings if rating is not None and value_of(rating, OVERALL) is not None]


def _total(rating: Scores) -> float:
    total = value_of(rating, OVERALL)
    assert total is not None  # `_with_total` left the others out
    return total


def _spread(episodes: list[list[Scores]]) -> dict[str, float]:
    """The mean of the episodes' means, and the SD between and within episodes.

    within^2 is the mean variance of an episode, and between^2 the variance of the episodes' means less what chance
    gives it, within^2 times the mean of 1/n. Neither is below 1 POMP.
    """
    totals = [[_total(rating) for rating in ratings] for ratings in episodes]
    within = fmean(variance(values) for values in totals)
    means = [fmean(values) for values in totals]
    chance = within * fmean(1 / len(values) for values in totals)
    return {
        "mean": fmean(means),
        "sd_between": max(variance(means) - chance, 1.0) ** 0.5,
        "sd_within": max(within, 1.0) ** 0.5,
    }


def _contrast(episodes: list[list[Scores]]) -> float:
    """SD of the pillars around the total from session to session.

    sqrt(3/2 times the mean variance of the three distances), as only two of the three are free.
    """
    variances = []
    for ratings in episodes:
        full = [rating for rating in ratings if None not in (rating.goal, rating.task, rating.bond)]
        if len(full) >= FEWEST_RATINGS:
            variances += [
                variance([score - _total(rating) for rating in full if (score := rating.of(pillar)) is not None])
                for pillar in Pillar
            ]
    return max(1.5 * fmean(variances), 1.0) ** 0.5 if variances else DEFAULTS.sd_contrast


def _drawn(constants: dict[str, float], episodes: int) -> dict[str, float]:
    """The constants, drawn towards the published ones while there are few episodes.

    share value + (1 - share) published, with share = n / (n + 50).
    """
    share = episodes / (episodes + FEWEST_EPISODES)
    return {name: share * value + (1 - share) * getattr(DEFAULTS, name) for name, value in constants.items()}
