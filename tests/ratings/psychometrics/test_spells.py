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
