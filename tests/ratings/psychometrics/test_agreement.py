import pytest

from ratings.psychometrics.agreement import BLIND, SEES, Pairs, drawn, pairs_of, weight_of, weights
from ratings.psychometrics.evaluation.claims import BLIND as UNSEEING
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Scores, SessionEvidence


def pairs(population, cases, seed="agreement"):
    return [pairs_of(one.history) for one in simulate(population, cases, seed)]


def rated(number, client, therapist):
    return SessionEvidence(number, Scores(client, client, client, client), Scores(*[therapist] * 4))


def test_the_two_constants_are_what_the_simulator_shows():
    seeing, unseeing = sum(pairs(BASE, 400), Pairs()), sum(pairs(UNSEEING, 400), Pairs())
    assert seeing.correlation == pytest.approx(SEES, abs=0.05)
    assert unseeing.correlation == pytest.approx(BLIND, abs=0.05)


def test_therapists_who_see_nothing_weigh_less_than_their_colleagues():
    found = weights({"sees": pairs(BASE, 200, "sees"), "blind": pairs(UNSEEING, 200, "blind")})
    assert found.by_therapist["blind"] < 0.6 < found.by_therapist["sees"]


def test_a_therapist_of_whom_little_is_known_weighs_as_the_practice():
    found = weights({"one": pairs(UNSEEING, 60), "new": []})
    assert found.by_therapist["new"] == pytest.approx(found.practice)
    assert weights({}).practice == 1


def test_falls_that_both_show_agree_and_steady_ratings_say_nothing():
    usual = [rated(n, 80 + n % 2, 70 + n % 2) for n in range(1, 7)]
    both = pairs_of([*usual, rated(7, 30, 20), *(rated(n, 80, 70) for n in range(8, 12))])
    only_client = pairs_of([*usual, rated(7, 30, 71), *(rated(n, 80, 70) for n in range(8, 12))])
    assert both.correlation > 0.5 > only_client.correlation
    assert Pairs().correlation == 0
    assert pairs_of(usual[:2]).sessions == 0, "two ratings before it are needed"


def test_a_weight_stays_between_nothing_and_all():
    assert [weight_of(agreement) for agreement in (-1.0, BLIND, SEES, 1.0)] == [0, 0, pytest.approx(1), 1]
    assert drawn(Pairs(), 0.1) == pytest.approx(0.1)
