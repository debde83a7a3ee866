from dataclasses import replace

import pytest

from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Version
from ratings.psychometrics.population import FEWEST_EPISODES, Case, learn
from tests.ratings.psychometrics.episodes import episode


def cases(population, episodes):
    return [Case(one.history, "7") for one in simulate(population, episodes, seed=5) if len(one.history) >= 10]


def test_too_few_episodes_teach_nothing():
    assert learn([]).constants == {}
    assert learn([Case(episode(80, 80, 80, 80, 80))] * (FEWEST_EPISODES - 1)).constants == {}


def test_a_practice_that_rates_lower_and_wider_is_known_as_such():
    usual = learn(cases(BASE, 250))
    other = learn(cases(replace(BASE, level=60, within_sd=12, therapist_shift=-15), 250))
    assert usual.episodes > 100
    assert usual.constants["sd_within"] == pytest.approx(DEFAULTS.sd_within, abs=1.5)
    assert usual.constants["sd_between"] == pytest.approx(DEFAULTS.sd_between, abs=2)
    assert other.constants["mean"] < usual.constants["mean"] - 10
    assert other.constants["sd_within"] > usual.constants["sd_within"] + 2
    assert other.constants["therapist_mean"] < other.constants["mean"] - 5


def test_learned_constants_make_a_version():
    version = Version(constants=learn(cases(BASE, 120)).constants)
    assert len(assess(episode(80, 80, 80, 30), version)) == 4


def test_constants_are_drawn_to_the_published_ones_while_there_are_few():
    same = [Case(episode(40, 40, 40, 40, 40, 40))] * FEWEST_EPISODES
    assert learn(same).constants["mean"] == pytest.approx((40 + DEFAULTS.mean) / 2)


def test_the_weight_of_a_therapist_is_learned_with_the_rest():
    learned = learn(cases(BASE, 120))
    assert set(learned.by_therapist) == {"7"}
    assert 0 <= learned.constants["therapist_weight"] <= 1
    assert learn([]).by_therapist == {}
