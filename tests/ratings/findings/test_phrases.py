from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from ratings.findings.flag import flag_text
from ratings.findings.phrases import case_lead, reason
from ratings.models import Rupture, Standing
from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Assessment, Points, Scores, State, Version
from tests.ratings.psychometrics.episodes import episode, pillars

FORBIDDEN = ("bad", "fail", "red", "non-compliant")


def test_a_fallen_pillar_is_named_with_its_numbers():
    steady = pillars(80, 79, 82)
    found = assess(episode(steady, steady, steady, pillars(80, 38, 82)), Version(criterion="own_mean_pooled_sd"))
    assert "Tasks below own usual." in reason(found[3])
    assert "Tasks 38, usually 79" in reason(found[3])
    assert reason(found[3], name="R.").startswith("R.: Tasks below own usual.")
    assert reason(found[2]) == "About as usual."


def test_what_nobody_answered_as_a_whole_is_told_as_an_estimate():
    steady = pillars(80, 79, 82)
    found = assess(episode(steady, steady, steady, steady, Scores(None, 25, 25)))
    assert "about 25 by what was answered, usually 8" in reason(found[4])


def test_every_state_has_neutral_words():
    for levels in ([80, 80, 80, 40, 80, 80, 80], [80, 80, 80] + [40] * 6, [50, 50, 50, 20, 80, 80, 80]):
        for found in assess(episode(*levels), Version(criterion="own_mean_pooled_sd")):
            words = reason(found)
            assert words
            assert not set(words.lower().split()) & set(FORBIDDEN)


def only_the_therapist(client):
    points = (
        Points("therapist", 3.0, seen=40, usual=70),
        *((Points("client", -0.5, seen=80, usual=79),) if client else ()),
    )
    return Assessment(number=5, state=State.OPEN, suspicion=0.3, alert=True, points=points)


def test_a_fall_that_only_the_therapist_rated_is_said_to_be_theirs():
    assert reason(only_the_therapist(client=True)).startswith("The therapist's own view fell.")
    assert flag_text(only_the_therapist(client=True), "Mara", 1).lead.startswith("Mara's own answers do not show it.")
    assert flag_text(only_the_therapist(client=False), "Mara", 1).lead == "Mara has not rated that session."


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rated", "held", "said"),
    [
        (4, 4, ""),
        (14, 14, ""),
        (8, 1, " The last answers are of 15 November."),  # a session was held since
        (27, 27, " The last answers are of 27 October."),
        (400, 400, " The last answers are of 19 October 2025."),
    ],
)
def test_a_lead_says_of_when_the_last_answers_are(rated, held, said):
    standing = Standing(
        check_ins_answered=9,
        words=dict.fromkeys(("goal", "task", "bond", "overall"), "usual"),
        last_rated_at=NOW - timedelta(days=rated),
        last_session_at=NOW - timedelta(days=held),
    )
    with time_machine.travel(NOW, tick=False):
        assert case_lead("Rowan", standing) == "Rowan's answers are about as usual." + said


@pytest.mark.parametrize(
    ("answered", "last", "said"),
    [
        (4, None, "Not enough check-ins yet to know what is usual for Linden."),
        (7, "repaired", "Repaired; too early to draw a new usual range for Linden."),
        (7, None, "Not enough check-ins outside a rupture, on the same questions, to know what is usual for Linden."),
    ],
)
def test_a_lead_says_why_there_is_no_usual_range(answered, last, said):
    standing = Standing(check_ins_answered=answered, words=dict.fromkeys(("goal", "task", "bond", "overall"), "few"))
    assert case_lead("Linden", standing, last=last and Rupture(state=last)) == said


def test_a_fall_of_the_total_alone_is_not_called_usual():
    """Ratings that came as a total alone have no word for a pillar."""
    standing = Standing(check_ins_answered=9, words={"overall": "below", "goal": "few", "task": "few", "bond": "few"})
    assert "were below their own usual" in case_lead("Linden", standing)


@pytest.mark.parametrize(
    ("opened_by", "state", "to_therapist", "said"),
    [
        (
            "detector",
            "open",
            True,
            "Your own rating of the work with Linden has dropped; Linden has not answered since.",
        ),
        ("detector", "open", False, "The therapist's own rating of the work with Linden has dropped; Linden has not"),
        ("therapist", "open", True, "You noticed a strain with Linden."),
        ("therapist", "open", False, "The therapist noticed a strain with Linden."),
        ("therapist", "recovering", True, "You noticed a strain with Linden; since then nobody has reported one."),
    ],
)
def test_a_therapist_is_spoken_to_and_not_of(opened_by, state, to_therapist, said):
    standing = Standing(check_ins_answered=7, rupture=Rupture(opened_by=opened_by, state=state))
    fell = Assessment(7, State.OPEN, points=(Points("therapist", 14.0, seen=35.0, usual=72.0),))
    flag = fell if opened_by == "detector" else None
    assert case_lead("Linden", standing, flag, to_therapist=to_therapist).startswith(said)
