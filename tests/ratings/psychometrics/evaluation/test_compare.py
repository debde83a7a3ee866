import doctest
import random

import pytest

from ratings.psychometrics.evaluation import compare, report
from ratings.psychometrics.evaluation.compare import calibrate, episodes_of
from ratings.psychometrics.evaluation.outcome import reliability
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Budget


def test_doctests():
    assert doctest.testmod(compare).failed == 0


def test_calibrate_finds_what_was_put_in():
    chance = random.Random(2)
    stated = [chance.uniform(0.05, 0.95) for _ in range(4000)]
    odds = [(p / (1 - p)) ** 0.5 * 0.7 for p in stated]
    pairs = [(p, chance.random() < o / (1 + o)) for p, o in zip(stated, odds, strict=True)]
    first, second = calibrate(pairs)
    assert first == pytest.approx(-0.357, abs=0.1)
    assert second == pytest.approx(0.5, abs=0.06)


def test_episodes_come_until_there_are_enough_ruptures():
    episodes = list(episodes_of("short courses", seed=1, ruptures=40))
    assert sum(len(episode.ruptures) for episode in episodes) >= 40
    assert sum(len(episode.ruptures) for episode in episodes[:-1]) < 40


def test_the_filter_is_calibrated_in_the_base_scenario():
    episodes = simulate(BASE, 700, seed="calibration test")
    bands = reliability(compare.outcome(compare.OURS, "client+therapist", episodes).calibration)
    assert len(bands) >= 5
    for band in bands:
        if band.sessions >= 100:  # below, chance alone exceeds .1
            assert abs(band.stated - band.true) < 0.1, band


def test_ours_is_ahead_where_a_small_sample_can_show_it(results):
    ours = compare.averages(results, compare.DEFAULT_ENTRY, Budget.NORMAL)
    assert ours.value > compare.averages(results, report.best_published(results), Budget.NORMAL).value
    for name in ("therapist_shewhart", "gap_change", "level_cutoff"):
        assert compare.averages(results, name, Budget.NORMAL, "ahead").low > 0
