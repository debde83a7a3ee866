from dataclasses import replace

import pytest

from ratings.psychometrics.assess import assess
from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Version
from ratings.psychometrics.population import FEWEST_EPISODES, learn_constants
from tests.ratings.psychometrics.episodes import episode


def histories(population, episodes):
    return [one.history for one in simulate(population, episodes, seed=5) if len(one.history) >= 10]


def test_too_few_episodes_teach_nothing():
    assert learn_constants([]).constants == {}
    assert learn_constants([episode(80, 80, 80, 80, 80)] * (FEWEST_EPISODES - 1)).constants == {}


def test_a_practice_that_rates_lower_and_wider_is_known_as_such():
    usual = learn_constants(histories(BASE, 250))
    other = learn_constants(histories(replace(BASE, level=60, within_sd=12, therapist_shift=-15), 250))
    assert usual.episodes > 100
    assert usual.constants["sd_within"] == pytest.approx(DEFAULTS.sd_within, abs=1.5)
    assert usual.constants["sd_between"] == pytest.approx(DEFAULTS.sd_between, abs=2)
    assert other.constants["mean"] < usual.constants["mean"] - 10
    assert other.constants["sd_within"] > usual.constants["sd_within"] + 2
    assert other.constants["therapist_mean"] < other.constants["mean"] - 5


def test_learned_constants_make_a_version():
    version = Version(constants=learn_constants(histories(BASE, 120)).constants)
    assert len(assess(episode(80, 80, 80, 30), version)) == 4


def test_constants_are_drawn_to_the_published_ones_while_there_are_few():
    same = [episode(40, 40, 40, 40, 40, 40)] * FEWEST_EPISODES
    assert learn_constants(same).constants["mean"] == pytest.approx((40 + DEFAULTS.mean) / 2)
