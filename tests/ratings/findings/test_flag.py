"""What a flag says."""

import re
from pathlib import Path

import pytest

from ratings.findings.flag import FlagContext, flag_text
from ratings.psychometrics.evidence import Assessment as Found
from ratings.psychometrics.evidence import Kind, Note, Pillar, Points, State

POSSIBLE = "A possible flag: about one in four is right, one in seven at the watchful setting."
DETECTION = Path(__file__).parents[3] / "docs" / "reference" / "detection.md"


def found(**fields):
    points = fields.pop("points", (Points("client", 20, seen=35, usual=80),))
    return Found(number=5, state=State.OPEN, suspicion=3.0, alert=True, points=points, **fields)


def test_a_flag_on_one_pillar_names_it_and_asks_about_it():
    text = flag_text(found(pillars=(Pillar.TASK,)), "Juniper", 2)
    assert text.title == "Juniper's answers on tasks slipped."
    assert text.lead == "They have been lower than Juniper's own usual for 2 sessions."
    assert text.others[0] == "It was not clear what the task is for, and nothing else has changed."
    assert text.prompt == "What would have made it more useful?"


@pytest.mark.parametrize(
    ("kind", "reading"),
    [
        (Kind.WITHDRAWAL, "This can be a quiet pulling back."),
        (Kind.CONFRONTATION, "Juniper may be saying that something does not fit."),
        (None, "Something between the two of you may be strained. The numbers do not say in which way."),
    ],
)
def test_a_kind_is_a_possible_reading(kind, reading):
    assert flag_text(found(kind=kind), "Juniper", 1).reading == reading


def test_a_strain_that_only_the_therapist_saw_says_whose_view_it_is():
    points = (Points("client", -1, seen=80, usual=79), Points("therapist", 12, seen=40, usual=70))
    text = flag_text(found(points=points), "Juniper", 1)
    assert text.title == "Your own rating of the work with Juniper has dropped."
    assert [sign.weight for sign in text.signs] == ["counts against it", "most"]
    assert text.signs[1].seen == "between A little and Somewhat (40)"


def test_how_many_flags_are_right_is_what_was_measured_at_each_setting():
    """The mean of the scenarios: .48 and .28 at 2, and so on."""
    rows = re.findall(r"^\| all at (\d+) \| ([\d.]+) .*? \| ([\d.]+) ", DETECTION.read_text(), re.MULTILINE)
    possible = {at: float(share) for at, _clear, share in rows}
    assert [at for at, clear, _possible in rows if not 0.45 <= float(clear) <= 0.55] == [], "about half"
    words = {4: "one in four", 7: "one in seven"}
    assert f"about {words[round(1 / possible['5'])]} is right" in POSSIBLE
    assert f"{words[round(1 / possible['10'])]} at the watchful setting" in POSSIBLE


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.61, "A clear flag: about half of these are right. For this one we estimate about 6 in 10."),
        (0.35, "A clear flag: about half of these are right. For this one we estimate about 4 in 10."),
        (
            0.34,
            f"{POSSIBLE} For this one we estimate about 3 in 10.",
        ),
        (0.99, "A clear flag: about half of these are right. For this one we estimate more than 9 in 10."),
        (
            0.02,
            f"{POSSIBLE} For this one we estimate less than 1 in 10.",
        ),
        (None, "This rule says only"),
    ],
)
def test_how_sure_it_is(probability, words):
    assert flag_text(found(probability=probability), "Juniper", 1).sure.startswith(words)


def test_a_straight_lined_form_may_have_been_hurried():
    text = flag_text(found(), "Juniper", 1, FlagContext(hurried=(5,)))
    assert text.others[0] == "Perhaps a hurried form: in session 5 every question got the same answer."


def test_what_a_client_does_is_told_in_words_and_what_does_not_count_is_said_so():
    points = (
        Points("client", 9, seen=12.5, usual=87.5),
        Points("client:goal", 0.04, seen=88, usual=77),
        Points("therapist", -1.6, seen=75, usual=75),
        Points("report:client", 6, seen=1),
        Points("behaviour:straight_line", 2, seen=1, usual=0.31),
        Points("behaviour:comment", 2, seen=1, usual=6.5),
    )
    text = flag_text(found(points=points), "Juniper", 1, FlagContext(straight_before=(4, 8)))
    assert text.contained
    assert [(sign.seen, sign.usual, sign.weight) for sign in text.signs] == [
        ("between Not at all and A little (13)", "between Mostly and Completely (88)", "some"),
        ("between Mostly and Completely (88)", "Mostly (77)", "none"),
        ("Mostly (75)", "Mostly (75)", "counts against it"),
        ("yes", "", "some"),
        ("yes", "4 of 8 before", "shown, not counted"),
        ("1 word", "7 words", "shown, not counted"),
    ]
    counted = flag_text(found(points=points), "Juniper", 1, FlagContext(weighs_behaviour=True, worded=False))
    assert [sign.weight for sign in counted.signs[3:]] == ["some", "a little", "a little"]
    assert (counted.signs[0].seen, counted.signs[0].usual) == ("13", "88")


def test_one_low_form_of_an_open_flag_is_not_told_as_past():
    assert "have been lower than Juniper's own usual since the session of 4 May" in lead(FlagContext(since="4 May"))
    assert "They were lower" in lead(FlagContext(since="4 May", over=True))
    assert "They were lower" in lead(FlagContext(since="4 May", recovering=True))


def lead(context):
    return flag_text(found(), "Juniper", 1, context).lead


def test_who_reads_along_is_not_spoken_to_as_the_therapist():
    assert "between the two of you" in flag_text(found(), "Juniper", 1).reading
    assert "you" not in flag_text(found(), "Juniper", 1, FlagContext(reader_is_therapist=False)).reading


def test_how_long_a_comment_was_is_told_to_the_therapist_alone():
    """It may be for the therapist only, and who reads along does not know of it."""
    points = (Points("client", 20, seen=35, usual=80), Points("behaviour:comment", 2, seen=2, usual=19))
    counts = [
        len(flag_text(found(points=points), "Juniper", 1, FlagContext(reader_is_therapist=reads)).signs)
        for reads in (True, False)
    ]
    assert counts == [2, 1]


def test_whoever_reads_along_is_told_whose_view_fell():
    points = (Points("client", -1, seen=80, usual=79), Points("therapist", 12, seen=40, usual=70))
    text = flag_text(found(points=points), "Juniper", 1, FlagContext(reader_is_therapist=False))
    assert text.title == "The therapist's own rating of the work with Juniper has dropped."


def test_a_total_that_nobody_answered_is_called_an_estimate():
    text = flag_text(found(notes=(Note.CLIENT_ESTIMATED,)), "Juniper", 1)
    assert text.signs[0].seen == "between A little and Somewhat (35), estimated: a pillar was left out"
