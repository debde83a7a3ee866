"""From a suspicion per session to the story of a rupture."""

from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Scores, SessionEvidence, State, Version


def test_a_further_fall_after_an_unrepaired_rupture_is_a_new_one():
    levels = [80, 78, 82, 80, 79, 81, 62, 60, 62, 60, 62, 25, 25, 25]
    history = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate(levels, start=1)]
    for criterion in ("rupture_filter", "own_mean_pooled_sd"):
        found = assess(history, Version(criterion=criterion))
        unrepaired = [position for position, one in enumerate(found) if one.state == State.UNREPAIRED]
        assert unrepaired
        assert any(one.alert for one in found[unrepaired[0] + 1 :]), criterion


def test_a_strain_that_only_the_therapist_saw_is_not_repaired_while_they_still_see_it():
    client, low = Scores(80, 80, 80, 80), Scores(40, 40, 40, 40)
    usual = Scores(60, 60, 60, 60)
    history = [SessionEvidence(n, client, usual if n < 7 else low) for n in range(1, 12)]
    states = [found.state for found in assess(history)]
    assert State.OPEN in states
    assert State.REPAIRED not in states


def test_on_another_questionnaire_nobody_can_tell_that_it_is_back():
    """The first ratings of another scale have nothing to be compared with, so they repair nothing."""
    levels = [75, 75, 75, 75, 75, 75, 10, 10, 0, 0, 0, 0]
    history = [
        SessionEvidence(n, Scores(y, y, y, y), instrument="alliance-6 1" if n < 9 else "alliance-3 1")
        for n, y in enumerate(levels, start=1)
    ]
    for criterion in ("rupture_filter", "own_mean_pooled_sd"):
        states = [found.state for found in assess(history, Version(criterion=criterion))]
        assert State.OPEN in states
        assert not {State.RECOVERING, State.REPAIRED, State.STRONGER} & set(states), criterion
