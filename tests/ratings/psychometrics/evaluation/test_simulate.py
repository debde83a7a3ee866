"""The anchors that a realistic simulator must reproduce (science.md §6); wide enough for chance, not for a mistake."""

from dataclasses import replace
from functools import cache
from statistics import correlation, fmean, linear_regression, pvariance, variance

import pytest

from ratings.psychometrics.evaluation.simulate import BASE, SCENARIOS, simulate
from ratings.psychometrics.evaluation.simulate_ordinal import simulate_ordinal
from ratings.psychometrics.evidence import Kind

ENOUGH = 8  # quiet ratings, for a client's own mean


@cache
def base():
    return list(simulate(BASE, 900, seed=42))


def quiet(episode, rater="client"):
    found = [(position, getattr(therapy_session, rater)) for position, therapy_session in enumerate(episode.history)]
    return [(position, rating.overall) for position, rating in found if rating and not episode.in_rupture(position)]


def levels(rater="client"):
    found = [[value for _, value in quiet(episode, rater)] for episode in base()]
    return [values for values in found if len(values) >= ENOUGH]


def test_the_same_seed_gives_the_same_episodes_and_another_one_others():
    assert list(simulate(BASE, 5, seed=1)) == list(simulate(BASE, 5, seed=1)) != list(simulate(BASE, 5, seed=2))
    assert list(simulate(BASE, 9, seed=1))[:5] == list(simulate(BASE, 5, seed=1))


def test_dependability_of_one_session():
    within = fmean(variance(values) for values in levels())
    between = variance([fmean(values) for values in levels()]) - within / 20
    assert 0.68 < between / (between + within) < 0.82  # about .77
    assert 5.5 < within**0.5 < 10  # .4-.6 on a 7-point scale is 6.7-10 POMP
    assert 11 < between**0.5 < 15.5  # .7-.9: 11.7-15


def test_neighbouring_sessions_resemble_each_other():
    pairs = [
        (before[1] - fmean(v for _, v in values), after[1] - fmean(v for _, v in values))
        for values in (quiet(episode) for episode in base())
        if len(values) >= 15
        for before, after in zip(values, values[1:], strict=False)
        if after[0] == before[0] + 1
    ]
    found = correlation([a for a, _ in pairs], [b for _, b in pairs])
    assert 0.1 < found < 0.4  # .2-.4 in truth; a client's own mean takes about .07 away


def test_ceiling_and_straight_lines():
    ratings = [
        therapy_session.client for episode in base() for therapy_session in episode.history if therapy_session.client
    ]
    assert 0.12 < fmean(rating.straight_line and rating.overall == 100 for rating in ratings) < 0.3
    strong = [s.client for e in simulate(SCENARIOS["strong ceiling"], 200, 1) for s in e.history if s.client]
    assert 0.18 < fmean(rating.straight_line and rating.overall == 100 for rating in strong) < 0.54


def test_the_raters_agree_moderately_and_the_therapist_rates_lower():
    pairs = [
        (fmean(v for _, v in quiet(episode)), fmean(v for _, v in quiet(episode, "therapist")))
        for episode in base()
        if min(len(quiet(episode)), len(quiet(episode, "therapist"))) >= ENOUGH
    ]
    client, therapist = [a for a, _ in pairs], [b for _, b in pairs]
    assert 0.28 < correlation(client, therapist) < 0.52
    shift = (fmean(therapist) - fmean(client)) / pvariance(client) ** 0.5
    assert -0.65 < shift < -0.1  # about -.4; the client's growth reaches the therapist's ratings in part


def test_ruptures_are_as_common_and_as_long_as_published():
    ruptures = [rupture for episode in base() for rupture in episode.ruptures]
    assert 0.25 < fmean(bool(episode.ruptures) for episode in base()) < 0.56
    lengths = [rupture.last - rupture.first + 1 for rupture in ruptures]
    assert max(lengths) == 6
    assert 1.8 < fmean(lengths) < 3
    assert 0.5 < fmean(rupture.kind == Kind.WITHDRAWAL for rupture in ruptures) < 0.7
    assert all(rupture.kind == Kind.WITHDRAWAL for rupture in ruptures if rupture.hidden)


def test_missing_sessions_and_ratings_are_commoner_in_ruptures():
    def shares(inside):
        found = [
            (therapy_session.attended, therapy_session.client is not None)
            for episode in base()
            for position, therapy_session in enumerate(episode.history)
            if bool(episode.in_rupture(position)) is inside
        ]
        missed = fmean(not attended for attended, _ in found)
        return missed, fmean(not rated for attended, rated in found if attended)

    (quiet_missed, quiet_unrated), (missed, unrated) = shares(False), shares(True)
    assert 0.06 < quiet_missed < 0.11 < missed
    assert 0.07 < quiet_unrated < 0.12 < unrated


@pytest.mark.parametrize(
    "episodes", [list(simulate(BASE, 50, 3)), list(simulate_ordinal(50, 3))], ids=["base", "other"]
)
def test_histories_are_well_formed(episodes):
    for episode in episodes:
        numbers = [therapy_session.number for therapy_session in episode.history if therapy_session.attended]
        assert numbers == list(range(1, len(numbers) + 1))
        for therapy_session in episode.history:
            assert therapy_session.attended or (
                therapy_session.number,
                therapy_session.client,
                therapy_session.therapist,
            ) == (None, None, None)
            for rating in (therapy_session.client, therapy_session.therapist):
                assert rating is None or all(0 <= v <= 100 for v in (rating.goal, rating.task, rating.bond))
        ends = [(rupture.first, rupture.last) for rupture in episode.ruptures]
        assert ends == sorted(ends)
        assert all(first <= last < len(episode.history) for first, last in ends)
        assert all(one[1] < two[0] for one, two in zip(ends, ends[1:], strict=False))


def test_the_other_generator_is_as_full_of_ruptures():
    episodes = list(simulate_ordinal(400, 1))
    assert 0.25 < fmean(bool(episode.ruptures) for episode in episodes) < 0.62


def test_the_base_moves_like_real_series():
    """Measured on a public series of 57 clients over 15 sessions; see docs/reference/detection.md."""
    courses = []
    for episode in simulate(replace(BASE, sessions_fewest=15, sessions_mean=16), 150, seed=5):
        ratings = [one.client for one in episode.history if one.client][:15]
        if len(ratings) >= 10:
            courses.append(ratings)
    totals = [[rating.overall for rating in ratings] for ratings in courses]
    assert 70 < fmean(map(fmean, totals)) < 78  # 73.9
    assert 8 < fmean(map(variance, totals)) ** 0.5 < 11  # 9.3
    assert 6.8 < fmean(about_the_trend(values) for values in totals) ** 0.5 < 9  # 7.9
    assert 12 < fmean(values[-1] for values in totals) - fmean(values[0] for values in totals) < 20  # 66 to 83
    contrasts = [
        variance([getattr(rating, pillar) - rating.overall for rating in ratings])
        for ratings in courses
        for pillar in ("goal", "task", "bond")
    ]
    assert 7.5 < (1.5 * fmean(contrasts)) ** 0.5 < 10  # 8.6


def about_the_trend(values):
    """The variance about a client's own straight line."""
    slope, start = linear_regression(range(len(values)), values)
    return sum((value - start - slope * n) ** 2 for n, value in enumerate(values)) / (len(values) - 2)
