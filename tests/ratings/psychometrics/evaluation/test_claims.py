from dataclasses import replace

from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evaluation.claims import (
    after_first_form,
    asked,
    endings,
    false_alarms,
    graded,
    report_gain,
    said_at,
    shown,
)
from ratings.psychometrics.evaluation.compare import episodes_of
from ratings.psychometrics.evidence import State, Sureness


def test_what_is_said_of_endings_is_held_against_the_truth():
    found = {one.state: one for one in endings("base", 5, 120)}
    repaired, back = found[State.REPAIRED], found[State.BACK_TO_USUAL]
    assert repaired.real.share > 0.6 > back.real.share
    assert repaired.over.share > 0.75
    assert repaired.real.of > 5


def test_false_flags_are_told_for_each_stretch():
    rates = false_alarms(episodes_of("base", 5, 60))
    assert all(0 <= rate.share < 0.15 for rate in rates)
    assert rates[2].of > rates[1].of > rates[0].of > 30


def test_clear_flags_are_right_more_often_than_possible_ones():
    found = graded("base", 5, 120)
    assert found[Sureness.CLEAR].share > found[Sureness.POSSIBLE].share + 0.05
    assert found[Sureness.CLEAR].of > 20


def test_reports_help_and_more_where_people_answer_more_clearly():
    cautious, clear = (0.08, 0.15, 0.4), (0.04, 0.25, 0.6)
    little = report_gain(asked(5, 120, cautious, both=False), DEFAULTS, per_100=5)
    more = report_gain(asked(5, 120, clear, both=False), said_at(clear), per_100=5)
    most = report_gain(asked(5, 120, clear, both=True), said_at(clear), per_100=5)
    assert most.value > more.value > little.value > -0.02


def test_a_report_stands_on_the_pages_whatever_the_filter_thinks_of_it():
    episodes = asked(5, 40, (0.04, 0.25, 0.6), both=False)
    silent = [replace(one, history=tuple(replace(held, tension=None) for held in one.history)) for one in episodes]
    page, without = shown(episodes), shown(silent)
    assert without.reported.count == 0 < page.reported.count < page.caught.count
    assert page.false.share > without.false.share


def test_another_questionnaire_at_the_start_leaves_detection_on():
    assert after_first_form(5, 250, 6.0, 5).share > 0.2
