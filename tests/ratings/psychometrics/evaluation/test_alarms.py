import math

import pytest

from ratings.psychometrics.evaluation.alarms import fit, judged
from ratings.psychometrics.evaluation.claims import false_alarms
from ratings.psychometrics.evaluation.compare import judge_by
from ratings.psychometrics.evaluation.simulate import BASE, simulate
from ratings.psychometrics.evidence import Use, Version, stretch


@pytest.fixture(scope="module")
def episodes():
    return list(simulate(BASE, 150, seed=6))


def test_a_session_belongs_to_a_stretch_by_its_number():
    assert [stretch(number) for number in (3, 4, 6, 7, None)] == [0, 1, 1, 2, 2]


def test_the_thresholds_keep_to_the_budget_in_each_stretch(episodes):
    """As the pages count: by the same replay that makes their flags."""
    found = fit([judged(episode, judge_by("rupture_filter", Use.BOTH)) for episode in episodes], 5)
    assert math.inf not in (found.third, found.early, found.later)
    assert all(0.04 <= rate.share <= 0.05 for rate in false_alarms(episodes, Version(thresholds=found)))


def test_a_rule_that_never_fills_its_budget_is_not_above_its_threshold_all_the_time(episodes):
    cases = [judged(episode, judge_by("cusum", Use.CLIENT)) for episode in episodes]
    tau = fit(cases, 10).later
    later = [one.finding.suspicion for case in cases for one in case.sessions if one.place == 2 and one.quiet]
    assert 0 < sum(one is not None and one >= tau for one in later) / len(later) <= 0.3


def test_no_threshold_is_as_low_as_what_the_guard_against_slides_states_of_any_client(episodes):
    """At 15 false flags nothing else would keep it from that."""
    cases = [judged(episode, judge_by("rupture_filter", Use.CLIENT)) for episode in episodes]
    assert fit(cases, 15).later > 0.115
