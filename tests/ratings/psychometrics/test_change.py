import doctest

import pytest

from ratings.psychometrics import change
from ratings.psychometrics.change import reliable_change, reliable_change_index, standard_error, sudden_losses


def test_doctests():
    assert doctest.testmod(change).failed == 0


@pytest.mark.parametrize(
    ("sd", "reliability", "error", "change_value"),
    # printed by define_crit1_cutoff in the tests of the R package suddengains 0.7.0
    [(6.396073, 0.931, 1.680111, 4.65703), (10.5, 0.961, 2.073584, 5.747681)],
)
def test_reliable_change_agrees_with_suddengains(sd, reliability, error, change_value):
    assert standard_error(sd, reliability) == pytest.approx(error, rel=1e-5)
    assert reliable_change(sd, reliability) == pytest.approx(change_value, rel=1e-4)


def test_reliable_change_agrees_with_jacobson_and_truax():
    assert reliable_change_index(47.5, 32.5, 7.5, 0.80) == pytest.approx(-3.16, abs=0.005)


@pytest.mark.parametrize(("sd", "reliability"), [(0, 0.8), (-1, 0.8), (5, 1.2), (5, -0.1), (float("nan"), 0.8)])
def test_impossible_parameters_are_refused(sd, reliability):
    with pytest.raises(ValueError, match="must"):
        standard_error(sd, reliability)


@pytest.mark.parametrize(
    ("ratings", "found"),
    # check_interval of suddengains 0.7.0, with the output printed in its reference pages
    [
        ([32, 31, 33, 5, 6, 7], True),
        ([None, 31, 33, 5, None, 7], True),
        # its sudden loss of symptoms' sign, pre (5, NA, 7), post (16, 12, 14): turned round by 40 - x
        ([35, None, 33, 24, 28, 26], True),
    ],
)
def test_sudden_losses_agree_with_suddengains(ratings, found):
    assert any(loss.before == 2 for loss in sudden_losses(ratings, least=7)) is found


@pytest.mark.parametrize(
    "ratings",
    [
        [80, 80, 80, 60, 80, 80],  # it does not last
        [80, 80, 80, 74, 74, 74],  # too small a share
        [80, 80, None, 20, 20, 20],  # a neighbour is not rated
        [80, 20],  # too little on either side
        [80, 80, 80, 20],  # nothing later yet
    ],
)
def test_what_is_no_sudden_loss(ratings):
    assert sudden_losses(ratings, least=5) == []
