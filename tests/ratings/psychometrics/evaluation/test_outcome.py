import random

import pytest

from ratings.psychometrics.criteria.criterion import Finding
from ratings.psychometrics.evaluation.outcome import bootstrap, judge_all, reliability
from ratings.psychometrics.evaluation.simulate import Episode, TrueRupture
from ratings.psychometrics.evidence import Kind, SessionEvidence


def judged(suspicions, *ruptures):
    """An outcome from hand-written suspicions."""
    history = tuple(SessionEvidence(n) for n in range(1, len(suspicions) + 1))
    true = tuple(TrueRupture(first, last, Kind.WITHDRAWAL, False, False, ()) for first, last in ruptures)
    return judge_all(
        [Episode(history, true)], lambda history: [Finding(suspicion=suspicion) for suspicion in suspicions]
    )


def test_an_alert_is_new_after_two_sessions_below():
    outcome = judged([0, 9, 0, 9, 0, 0, 9, None, None, 9])
    assert outcome.new_alerts_per_100(5) == 30  # of ten sessions: the second, the seventh and the last
    assert outcome.time_above(5) == 40


def test_a_rupture_is_caught_by_a_new_alert_while_it_lasts():
    assert judged([0, 0, 0, 9, 0], (2, 4)).ruptures[0].caught(5) == 1
    assert judged([0, 0, 9, 9, 0], (3, 4)).ruptures[0].caught(5) is None  # it was above before
    assert judged([0, 0, 0, 0, 9], (2, 3)).ruptures[0].caught(5) is None  # too late
    assert judged([0] * 6 + [9], (2, 6)).ruptures[0].caught(5) is None  # more than three sessions after the onset
    assert judged([0] * 5 + [9, 0], (2, 6)).ruptures[0].caught(5) == 3


def test_precision_delay_and_share():
    outcome = judged([0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0], (2, 3), (8, 9))
    assert outcome.share_caught(5) == 0.5
    assert outcome.sessions_to_alert(5) == 0
    assert outcome.precision(5) == 0.5


def test_the_threshold_keeps_to_the_budget():
    chance = random.Random(4)
    outcome = judged([chance.random() for _ in range(4000)])
    for per_100 in (2, 5, 10):
        threshold = outcome.threshold(per_100)
        assert 0.8 * per_100 < outcome.new_alerts_per_100(threshold) <= per_100
        assert outcome.time_above(threshold) <= 2 * per_100


def test_sessions_without_a_suspicion_raise_nothing():
    outcome = judged([None] * 10, (3, 5))
    assert outcome.threshold(5) == float("inf")
    assert outcome.share_caught(0) == 0


def test_bootstrap_agrees_with_the_binomial_error_and_pairs():
    chance = random.Random(1)
    one = {n: (1, int(chance.random() < 0.4)) for n in range(1500)}
    two = {n: (1, caught if chance.random() < 0.9 else 0) for n, (_, caught) in one.items()}
    share = bootstrap(one)
    assert share.error == pytest.approx((0.24 / 1500) ** 0.5, rel=0.15)
    assert share.low < 0.4 < share.high
    difference = bootstrap(one, two)
    assert difference.value == pytest.approx(0.04, abs=0.02)
    assert difference.error < share.error / 1.5
    assert bootstrap(one, one).error == 0


def test_reliability_bands():
    bands = reliability([(0.02, False)] * 98 + [(0.02, True)] * 2 + [(0.8, True)] * 3 + [(1.0, False)])
    assert [(band.low, band.sessions, round(band.true, 2)) for band in bands] == [(0.0, 100, 0.02), (0.7, 4, 0.75)]
