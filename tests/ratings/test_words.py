from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Assessment, Points, State, Version
from ratings.remark import remark
from ratings.words import reason
from tests.ratings.psychometrics.episodes import episode, pillars

FORBIDDEN = ("bad", "fail", "red", "non-compliant")


def test_a_fallen_pillar_is_named_with_its_numbers():
    steady = pillars(80, 79, 82)
    found = assess(episode(steady, steady, steady, pillars(80, 38, 82)), Version(criterion="own_mean_pooled_sd"))
    assert "Tasks below own usual." in reason(found[3])
    assert "Tasks 38, usually 79" in reason(found[3])
    assert reason(found[3], name="R.").startswith("R.: Tasks below own usual.")
    assert reason(found[2]) == "About as usual."


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
    assert remark(only_the_therapist(client=True), "Mara", 1).lead.startswith("Mara's own answers do not show it.")
    assert remark(only_the_therapist(client=False), "Mara", 1).lead == "Mara has not rated that session."
