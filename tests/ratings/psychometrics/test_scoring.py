import doctest
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.psychometrics import instruments, scoring
from ratings.psychometrics.evidence import Pillar
from ratings.psychometrics.scoring import ScoreError, pomp, score, score_total

DEFINITIONS = Path(instruments.__file__).parent.parent / "instruments"
OURS = instruments.load(DEFINITIONS / "alliance-6.toml")
SRS = instruments.load(DEFINITIONS / "srs-3.toml")
IDS = [item.id for item in OURS.items]


def test_doctests():
    assert doctest.testmod(scoring).failed == 0


def test_full_form():
    scored = score(dict(zip(IDS, [4, 3, 2, 1, 4, 4], strict=True)), OURS)
    assert scored.raw == {Pillar.GOAL: 3.5, Pillar.TASK: 1.5, Pillar.BOND: 4.0}
    assert (scored.scores.goal, scored.scores.task, scored.scores.bond) == (87.5, 37.5, 100.0)
    assert scored.scores.overall == 75.0
    assert (scored.items_answered, scored.items_asked) == (6, 6)
    assert not scored.straight_line


def test_one_of_two_items_is_enough_and_none_is_not():
    scored = score({"goal_matters": 0, "task_sense": 4}, OURS)
    assert (scored.scores.goal, scored.scores.task, scored.scores.bond) == (0.0, 100.0, None)
    assert scored.scores.overall is None
    assert scored.raw[Pillar.BOND] is None


def test_nothing_answered_has_no_score():
    scored = score({}, OURS)
    assert (scored.scores.overall, scored.items_answered, scored.straight_line) == (None, 0, False)


@pytest.mark.parametrize(("answers", "expected"), [([4] * 6, True), ([4] * 5, False), ([4] * 5 + [3], False)])
def test_straight_line_needs_the_same_answer_everywhere(answers, expected):
    assert score(dict(zip(IDS, answers, strict=False)), OURS).straight_line is expected


def test_srs_total_is_of_forty_and_needs_all_items():
    marks = {"relationship": 9.5, "goals_topics": 8, "approach": 9, "overall": 9.5}
    scored = score(marks, SRS)
    assert scored.scores.overall == pytest.approx(100 * 36 / 40)
    assert (scored.scores.bond, scored.scores.goal, scored.scores.task) == (95.0, 80.0, 90.0)
    del marks["overall"]
    assert score(marks, SRS).scores.overall is None


WAI_SR = instruments.load(DEFINITIONS / "wai-sr-client.toml")
SAI = instruments.load(DEFINITIONS / "sai-6.toml")


def numbered(*answers):
    return {f"item_{number}": answer for number, answer in enumerate(answers, 1)}


def test_wai_sr_sums_are_those_of_the_scoring_sheet():
    """Worked by hand from the key: goal 4, 6, 8, 11; task 1, 2, 10, 12; bond 3, 5, 7, 9; each sum 4-20, total 12-60."""
    answers = numbered(5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 5, 4)
    sums = {"goal": 2 + 5 + 3 + 5, "task": 5 + 4 + 1 + 4, "bond": 3 + 1 + 4 + 2}
    assert (sums, sum(sums.values())) == ({"goal": 15, "task": 14, "bond": 10}, 39)
    scored = score(answers, WAI_SR)
    assert {pillar.value: 4 * mean for pillar, mean in scored.raw.items()} == sums
    assert scored.scores.goal == pytest.approx(100 * (15 - 4) / (20 - 4))
    assert scored.scores.overall == pytest.approx(100 * (39 - 12) / (60 - 12))


@pytest.mark.parametrize(("answer", "percent"), [(1, 0), (3, 50), (5, 100)])
def test_wai_sr_runs_from_twelve_to_sixty(answer, percent):
    scores = score(numbered(*[answer] * 12), WAI_SR).scores
    assert (scores.goal, scores.task, scores.bond, scores.overall) == (percent,) * 4


def test_sai_is_a_total_of_thirty_without_pillars():
    scored = score(numbered(5, 4, 3, 5, 2, 4), SAI)
    assert scored.scores.overall == pytest.approx(100 * 23 / 30)
    assert (scored.scores.goal, scored.scores.task, scored.scores.bond) == (None, None, None)
    assert score(numbered(5, 4, 3, 5, 2), SAI).scores.overall is None
    with pytest.raises(ScoreError, match="item_1"):
        score(numbered(6), SAI)


def test_the_form_for_children_and_the_one_on_fit_weigh_the_pillars_equally():
    child = instruments.load(DEFINITIONS / "alliance-3.toml")
    scores = score({"goal_wanted": 4, "task_ok": 2, "bond_listened": 3}, child).scores
    assert (scores.goal, scores.task, scores.bond, scores.overall) == (100, 50, 75, 75)
    fit = instruments.load(DEFINITIONS / "alliance-fit.toml")
    scores = score({"bond_heard": 4, "bond_safe": 2, "task_style": 0, "goal_together": 3}, fit).scores
    assert (scores.goal, scores.task, scores.bond, scores.overall) == (75, 0, 75, 50)
    assert score({"bond_heard": 4, "task_style": 0, "goal_together": 3}, fit).scores.bond == 100


@pytest.mark.parametrize(
    "answers",
    [{"goal_matters": 5}, {"goal_matters": -1}, {"goal_matters": 1.5}, {"goal_matters": True}, {"goal_matters": "3"}]
    + [{"goal_matters": float("nan")}, {"mood": 3}],
)
def test_what_cannot_be_an_answer_is_refused_with_its_item(answers):
    with pytest.raises(ScoreError, match=next(iter(answers))):
        score(answers, OURS)


def test_reversed_items_are_turned():
    definition = {"key": "k", "version": "1", "title": "t", "licence": "l", "source": "s", "lowest": 1, "highest": 7}
    definition |= {"items": [{"id": p, "pillar": p, "reversed": p == "bond"} for p in ("goal", "task", "bond")]}
    scored = score({"goal": 7, "task": 7, "bond": 1}, instruments.parse(definition))
    assert scored.scores.overall == 100.0
    assert not scored.straight_line


@given(st.dictionaries(st.sampled_from(IDS), st.integers(0, 4)))
def test_scores_stay_on_the_scale(answers):
    scores = score(answers, OURS).scores
    for value in (scores.goal, scores.task, scores.bond, scores.overall):
        assert value is None or 0 <= value <= 100


@pytest.mark.parametrize("total", [-1, 41, "36", None, float("inf")])
def test_total_outside_its_scale_is_refused(total):
    with pytest.raises(ScoreError):
        score_total(total, 0, 40)


@pytest.mark.parametrize(
    ("value", "lowest", "highest"), [(4.1, 0, 4), (-0.1, 0, 4), (True, 0, 4), (math.nan, 0, 4), (3, 3, 3), (3, 4, 0)]
)
def test_what_has_no_place_on_the_scale_is_no_score(value, lowest, highest):
    with pytest.raises(ScoreError):
        pomp(value, lowest, highest)
