import pytest

from ratings.psychometrics.constants import DEFAULTS
from ratings.psychometrics.evaluation import choices
from ratings.psychometrics.evaluation.claims import BLIND
from ratings.psychometrics.evaluation.compare import judge_by
from ratings.psychometrics.evaluation.learning import cases_of, judge_in_turn, taught, taught_reports
from ratings.psychometrics.evaluation.simulate import BASE, SCENARIOS
from ratings.psychometrics.evidence import Use


def test_what_was_chosen_is_among_what_was_tried(monkeypatch):
    monkeypatch.setattr(choices, "SCENARIOS", {"base": SCENARIOS["base"]})
    text = choices.choices(5, 20)
    assert f"| {DEFAULTS.repaired_from:g} |" in text
    assert f"| {DEFAULTS.slide_from:g} SD, {DEFAULTS.slide_slope:g} | " in text
    assert "| 1.8 SD, 0.9 | +0.0000 ± 0.0000 |" in text, "the first row is what the others are held against"


def test_a_practice_learns_from_verdicts_nearly_how_often_its_clients_report_strain():
    learned = taught_reports((0.04, 0.25, 0.6), "reports")
    assert learned.report_quiet == pytest.approx(0.04, abs=0.015)
    assert DEFAULTS.report_withdrawal < learned.report_withdrawal < 0.3, "drawn to what is shipped"
    assert DEFAULTS.report_confrontation < learned.report_confrontation < 0.7
    assert learned.therapist_report_quiet == DEFAULTS.therapist_report_quiet, (
        "of the therapist's own nothing is learned"
    )


def test_the_cases_of_therapists_come_in_turn_and_so_do_their_weights():
    therapists = (BASE, BLIND, BASE)
    version = taught(therapists, "in turn")
    assert set(version.by_therapist) == {"0", "1", "2"}
    episodes = cases_of(therapists, "in turn", 10)
    judge = judge_in_turn(version, len(therapists))
    found = [judge(episode.history) for episode in episodes]
    of_client = [judge_by("rupture_filter", Use.CLIENT)(episode.history) for episode in episodes]
    assert [len(one) for one in found] == [len(one) for one in of_client]
    assert [one.history for one in cases_of(therapists, "in turn", 10)] == [one.history for one in episodes]
