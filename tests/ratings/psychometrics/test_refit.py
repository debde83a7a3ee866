from dataclasses import replace

import pytest

from ratings.psychometrics.assess import assess
from ratings.psychometrics.evaluation.claims import false_alarms
from ratings.psychometrics.evaluation.simulate import SCENARIOS, simulate
from ratings.psychometrics.evidence import Budget, Use, Version
from ratings.psychometrics.population import Case, learn
from ratings.psychometrics.refit import refit
from ratings.psychometrics.thresholds import thresholds

SHIPPED = thresholds("rupture_filter", Budget.NORMAL, Use.BOTH)


def cases(scenario, episodes):
    return [Case(one.history) for one in simulate(SCENARIOS[scenario], episodes, f"refit/{scenario}")]


def test_without_cases_the_shipped_thresholds_stand():
    assert refit([], Version()) == SHIPPED
    few = refit(cases("base", 3), Version())
    assert (few.third, few.later) == (pytest.approx(SHIPPED.third, rel=0.1), pytest.approx(SHIPPED.later, rel=0.2))


def test_a_rule_without_a_probability_keeps_the_shipped_thresholds():
    version = Version(criterion="shewhart", use=Use.CLIENT)
    assert refit(cases("base", 60), version) == thresholds("shewhart", Budget.NORMAL, Use.CLIENT)


def test_where_ratings_vary_more_the_thresholds_rise_until_the_budget_is_kept():
    """The cases that they are tried on are others than those that they come from."""
    own = cases("noisy", 250)
    others = list(simulate(SCENARIOS["noisy"], 300, "refit/others"))
    fitted = Version(thresholds=refit(own, Version()))
    shipped, kept = (false_alarms(others, version)[2].share for version in (Version(), fitted))
    assert kept < shipped - 0.005
    learned = Version(constants=learn(own).constants)
    rates = false_alarms(others, replace(learned, thresholds=refit(own, learned)))
    assert 0.03 < sum(rate.count for rate in rates) / sum(rate.of for rate in rates) < 0.06


def test_a_larger_budget_has_lower_thresholds():
    own = cases("base", 60)
    found = [refit(own, Version(budget=budget)) for budget in (Budget.QUIET, Budget.NORMAL, Budget.WATCHFUL)]
    assert found[0].later > found[1].later > found[2].later


def test_the_budget_is_kept_in_the_flags_that_the_pages_show():
    """While a flag is open there is no other; a flag counts as false as far as its own probability says so."""
    own = cases("base", 250)
    version = Version(thresholds=refit(own, Version()))
    later = [one for case in own for one in assess(case.history, version) if one.number is not None and one.number > 6]
    false = sum(1 - (one.probability or 0) for one in later if one.alert)
    assert 0.047 < false / sum(1 - (one.probability or 0) for one in later) <= 0.0505


def test_no_budget_brings_a_threshold_that_would_flag_a_client_who_always_answers_the_same():
    """Of such a client the guard against slow slides states .114."""
    found = refit(cases("base", 40), Version(budget=Budget.WATCHFUL, use=Use.CLIENT))
    assert found.later >= 0.115
