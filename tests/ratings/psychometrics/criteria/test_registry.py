import pytest

from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.criteria.cusum import cusum
from ratings.psychometrics.criteria.drop_from_best import drop_from_best
from ratings.psychometrics.criteria.drop_from_previous import drop_from_previous
from ratings.psychometrics.criteria.ewma import ewma
from ratings.psychometrics.criteria.gumz import gumz
from ratings.psychometrics.criteria.own_mean_own_sd import own_mean_own_sd
from ratings.psychometrics.criteria.own_mean_pooled_sd_total import own_mean_pooled_sd_total
from ratings.psychometrics.criteria.partition import partition
from ratings.psychometrics.criteria.registry import REGISTRY, SERIES_RULES
from ratings.psychometrics.criteria.shewhart import shewhart
from ratings.psychometrics.criteria.stiles import stiles
from ratings.psychometrics.evidence import SessionEvidence, Version
from tests.ratings.psychometrics.episodes import episode, level

SD = DEFAULTS.sd_within
STEADY = [78.0, 83.0, 75.0, 85.0]


def suspicions(name, history):
    criterion = REGISTRY[name](DEFAULTS, "client+therapist")
    return [criterion.step(therapy_session, in_rupture=False).suspicion for therapy_session in history]


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - {"gap_change"}))
def test_every_criterion_is_more_suspicious_of_a_fall_than_of_a_usual_session(name):
    def course(last):
        history = [SessionEvidence(n, level(y), level(y)) for n, y in enumerate([*STEADY, last], start=1)]
        return suspicions(name, history)[-1]

    assert course(35) > course(60) > course(80)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_criterion_sees_only_the_past(name):
    history = [SessionEvidence(n, level(y), level(y - 5)) for n, y in enumerate([*STEADY, 40, 60, 90], start=1)]
    whole = suspicions(name, history)
    assert all(suspicions(name, history[:end]) == whole[:end] for end in range(len(history)))


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - {"level_cutoff"}))
def test_a_constant_series_is_never_suspicious(name):
    history = [SessionEvidence(n, level(30), level(80)) for n in range(1, 15)]
    assert not any(found.alert for found in assess(history, Version(criterion=name)))


def test_level_cutoff_blames_the_level_itself():
    assert suspicions("level_cutoff", episode(95, 95, 88))[-1] == pytest.approx(2)
    assert suspicions("level_cutoff", episode(95, 95, 92))[-1] == pytest.approx(-2)


@pytest.mark.parametrize(
    ("rule", "past", "now", "suspicion", "compared"),
    [  # by hand
        (drop_from_previous, [80, 70], 53, 17 / SD, 70),
        (drop_from_best, [80, 60, 90, 70], 50, 35 / SD, 85),
        (gumz, [80, 80, 70], 60, 20 / SD, 80),
        (gumz, [90, 50, 90, 50, 90], 50, 40 / 21.9089, 90),
        (stiles, [60, 65, 70], 75, 0, 75),
        (stiles, [60, 65, 70], 58, 17 / SD, 75),
        (shewhart, [80, 70, 80, 70], 60, 15 / (10 / 1.128), 75),
        (own_mean_own_sd, [80, 70], 60, 15 / 7.0711, 75),
        (own_mean_pooled_sd_total, [80, 70], 58, 17 / SD, 75),
        (cusum, [80, 80], 80 - 2 * SD, 1.5, 80),
        (ewma, [80, 80], 80 - 2 * SD, 0.3 * 2 / (0.3 / 1.7) ** 0.5, 80),
        (partition, [80, 80, 80], 80 - 2 * SD, 2 / (1 + 1 / 3) ** 0.5, 80),
    ],
)
def test_rules_by_hand(rule, past, now, suspicion, compared):
    assert rule(past, now, DEFAULTS) == pytest.approx((suspicion, compared), abs=1e-3)


def test_the_mere_gap_between_the_raters_is_nothing_but_its_change_is():
    apart = [SessionEvidence(n, level(90), level(40)) for n in range(1, 8)]
    assert max(suspicion for suspicion in suspicions("gap_change", apart) if suspicion is not None) == 0
    assert suspicions("gap_change", [*apart, SessionEvidence(8, level(60), level(40))])[-1] == pytest.approx(30 / SD)


def test_therapist_charts_read_the_therapist():
    history = [SessionEvidence(n, level(80), level(y)) for n, y in enumerate([70, 70, 72, 40], start=1)]
    assert {SERIES_RULES[name][1] for name in ("therapist_shewhart", "therapist_own_mean")} == {"therapist"}
    assert suspicions("therapist_own_mean", history)[-1] > 3
    assert suspicions("own_mean_pooled_sd_total", history)[-1] == 0
