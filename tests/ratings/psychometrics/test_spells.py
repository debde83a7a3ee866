"""From a suspicion per session to the story of a rupture."""

from dataclasses import replace

import pytest

from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Scores, SessionEvidence, State, Version


def test_a_further_fall_after_one_that_settled_lower_is_a_new_one():
    levels = [80, 78, 82, 80, 79, 81, 62, 60, 62, 60, 62, 25, 25, 25]
    history = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate(levels, start=1)]
    for criterion in ("rupture_filter", "own_mean_pooled_sd"):
        found = assess(history, Version(criterion=criterion))
        lower = [position for position, one in enumerate(found) if one.state == State.SETTLED_LOWER]
        assert lower
        assert any(one.alert for one in found[lower[0] + 1 :]), criterion


def test_a_strain_that_only_the_therapist_saw_is_not_repaired_while_they_still_see_it():
    client, low = Scores(80, 80, 80, 80), Scores(40, 40, 40, 40)
    usual = Scores(60, 60, 60, 60)
    history = [SessionEvidence(n, client, usual if n < 7 else low) for n in range(1, 12)]
    states = [found.state for found in assess(history)]
    assert State.OPEN in states
    assert State.REPAIRED not in states


def test_a_rupture_is_followed_over_a_change_of_questionnaire():
    levels = [75, 75, 75, 75, 75, 75, 10, 10, 75, 76, 75, 75]
    history = [
        SessionEvidence(n, Scores(y, y, y, y), instrument="alliance-6 1" if n < 9 else "alliance-3 1")
        for n, y in enumerate(levels, start=1)
    ]
    for criterion in ("rupture_filter", "own_mean_pooled_sd"):
        states = [found.state for found in assess(history, Version(criterion=criterion))]
        assert states[6:8] == [State.OPEN, State.OPEN]
        assert {State.REPAIRED, State.BACK_TO_USUAL} & set(states[8:]), criterion


@pytest.mark.parametrize(("edition", "said"), [(2, State.REPAIRED), (3, State.BACK_TO_USUAL)])
def test_a_fall_that_was_likely_and_not_very_likely_is_called_a_repair_by_earlier_editions_only(edition, said):
    history = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate([75, 75, 75, 75, 25, 25, 75, 75], start=1)]
    found = assess(history, Version(edition=edition))
    assert 0.65 < max(one.probability or 0 for one in found) < 0.8
    assert found[-1].state == said


def test_after_a_second_fall_the_level_before_the_first_is_still_to_be_regained():
    levels = [80, 78, 82, 80, 79, 81, *[55] * 8, 5, 5, 55, 56, 55, 55, 80, 81, 80]
    history = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate(levels, start=1)]
    states = [found.state for found in assess(history)]
    assert State.STEADY not in states[6:-1]
    assert states[17:20] == [State.REPAIRED, State.SETTLED_LOWER, State.SETTLED_LOWER]
    assert states[-2:] == [State.BACK_TO_USUAL, State.STEADY]


@pytest.mark.parametrize(
    ("said", "value", "repaired"),
    [
        ({}, 80, True),
        ({}, 20, False),  # the ratings lie low
        ({"tension": True}, 80, False),
        ({"tension": True, "talked_about": True}, 80, False),
        ({"tension_therapist": True}, 80, False),
    ],
)
def test_that_it_helped_repairs_where_nothing_else_speaks_for_strain(said, value, repaired):
    levels = [80, 78, 82, 80, 79, 81, 20, value]
    history = [SessionEvidence(n, Scores(y, y, y, y)) for n, y in enumerate(levels, start=1)]
    states = [one.state for one in assess([*history[:-1], replace(history[-1], helped=True, **said)])]
    assert states[6] == State.OPEN
    assert (states[7] == State.REPAIRED) == repaired
