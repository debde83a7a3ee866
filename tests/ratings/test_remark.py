"""What a flag says."""

import pytest

from ratings.psychometrics.evidence import Assessment as Found
from ratings.psychometrics.evidence import Kind, Pillar, Points, State
from ratings.remark import remark


def found(**fields):
    points = fields.pop("points", (Points("client", 20, seen=35, usual=80),))
    return Found(number=5, state=State.OPEN, suspicion=3.0, alert=True, points=points, **fields)


def test_a_flag_on_one_pillar_names_it_and_asks_about_it():
    said = remark(found(pillars=(Pillar.TASK,)), "Juniper", 2)
    assert said.title == "Juniper's answers on tasks slipped."
    assert said.lead == "They have been lower than Juniper's own usual for 2 sessions."
    assert said.others[0] == "It was not clear what the task is for, and nothing else has changed."
    assert said.prompt == "What would have made it more useful?"


@pytest.mark.parametrize(
    ("kind", "reading"),
    [
        (Kind.WITHDRAWAL, "This can be a quiet pulling back."),
        (Kind.CONFRONTATION, "Juniper may be saying that something does not fit."),
        (None, "Something between the two of you may be strained. The numbers do not say in which way."),
    ],
)
def test_a_kind_is_a_possible_reading(kind, reading):
    assert remark(found(kind=kind), "Juniper", 1).reading == reading


def test_a_strain_that_only_the_therapist_saw_says_whose_view_it_is():
    points = (Points("client", -1, seen=80, usual=79), Points("therapist", 12, seen=40, usual=70))
    said = remark(found(points=points), "Juniper", 1)
    assert said.title == "The therapist's own view of the work with Juniper slipped."
    assert [sign.weight for sign in said.signs] == ["speaks against it", "most"]
    assert said.signs[1].seen == "between A little and Somewhat (40)"


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.61, "About 6 in 10."),
        (0.99, "More than 9 in 10."),
        (0.02, "Less than 1 in 10."),
        (None, "This rule says only"),
    ],
)
def test_how_sure_it_is(probability, words):
    assert remark(found(probability=probability), "Juniper", 1).sure.startswith(words)


def test_a_straight_lined_form_may_have_been_hurried():
    said = remark(found(), "Juniper", 1, straight_line=True)
    assert said.others[0] == "A hurried form: every question got the same answer."
