from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Version
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
