import doctest
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.psychometrics import assess as module
from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import (
    CLEAR_FROM,
    IN_RUPTURE,
    Budget,
    ByNumber,
    Note,
    Pillar,
    Points,
    Scores,
    SessionEvidence,
    State,
    Version,
)
from tests.ratings.psychometrics.episodes import episode, level, pillars

RULE = Version(criterion="own_mean_pooled_sd")


def states(history, version=RULE):
    return [found.state for found in assess(history, version)]


def test_doctests():
    assert doctest.testmod(module).failed == 0


def test_whole_alliance_falls():
    found = assess(episode(78, 83, 75, 85, 35, 35), RULE)
    assert [f.alert for f in found] == [False] * 4 + [True, False]
    assert [f.state for f in found[4:]] == [State.OPEN, State.OPEN]
    assert found[4].pillars == ()
    overall = next(points for points in found[4].points if points.source == "client")
    assert (overall.seen, overall.usual) == (35, pytest.approx(80.25))
    assert next(p for p in found[5].points if p.source == "client").usual == pytest.approx(80.25)  # it stays frozen


def test_only_tasks_fall():
    steady = pillars(80, 79, 82)
    found = assess(episode(steady, steady, pillars(75, 79, 87), steady, pillars(80, 38, 82), pillars(80, 38, 80)), RULE)
    assert [f.alert for f in found] == [False] * 4 + [True, False]
    assert found[4].pillars == (Pillar.TASK,)
    tasks = max(found[4].points, key=lambda points: points.points)
    assert (tasks.source, tasks.seen, tasks.usual) == ("client:task", 38, pytest.approx(79))


def test_noise_of_one_answer_step_is_no_rupture():
    base, step = 75, 12.5  # one of a pillar's two items one answer up or down
    moves = [(0, 0, 0), (1, 0, 0), (0, -1, 0), (0, 0, 1), (-1, 0, 0), (0, 1, -1), (1, 0, -1), (0, -1, 1), (-1, 1, 0)]
    for start in range(len(moves)):
        order = moves[start:] + moves[:start]
        history = episode(*[pillars(*(base + step * move for move in moved)) for moved in order])
        assert not any(f.alert for f in assess(history, RULE)), order


def test_nothing_is_said_before_session_three_or_two_ratings():
    assert states(episode(80, 20)) == [State.TOO_FEW] * 2
    assert states(episode(80, None, 20)) == [State.TOO_FEW] * 3
    assert assess(episode(80, None, 20), RULE)[2].suspicion is None


def test_no_history_and_no_ratings():
    assert assess([], RULE) == []
    assert states(episode(None, None, None, None)) == [State.TOO_FEW] * 4


def test_back_to_usual_is_repaired_only_where_somebody_named_it():
    levels = [60, 60, 62, 61, 60, 20, 60, 60, 60]
    history = episode(*levels)
    assert states(history)[5:] == [State.OPEN, State.RECOVERING, State.BACK_TO_USUAL, State.STEADY]
    for named in ({"named": True}, {"tension": True}, {"tension_therapist": True}):
        history[5] = replace(history[5], tension=None, tension_therapist=None, named=False)
        history[5] = replace(history[5], **named)
        assert states(history)[5:] == [State.OPEN, State.RECOVERING, State.REPAIRED, State.STEADY], named


def test_a_client_who_says_that_it_was_talked_about_and_helped_closes_it():
    history = episode(60, 60, 62, 61, 60, 20, 60, 60)
    history[6] = replace(history[6], helped=True)
    assert states(history)[5:] == [State.OPEN, State.REPAIRED, State.STEADY]
    history[6] = replace(history[6], helped=False)
    assert states(history)[5:] == [State.OPEN, State.RECOVERING, State.REPAIRED]


def test_it_is_not_back_while_somebody_says_that_there_is_strain():
    history = episode(60, 60, 62, 61, 60, 20, 60, 60, 60)
    for position in (6, 7):
        history[position] = replace(history[position], tension=True)
    assert states(history)[5:] == [State.OPEN] * 3 + [State.RECOVERING]


def test_what_settles_lower_is_never_called_steady():
    found = assess(episode(80, 80, 80, 40, 40, 40, 40, 40, 40, 40, 40), RULE)
    assert [f.state for f in found[3:]] == [State.OPEN] * 4 + [State.SETTLED_LOWER] * 4
    assert sum(f.alert for f in found) == 1


def test_what_settled_lower_is_over_once_it_is_back_or_the_therapist_takes_it_for_usual():
    levels = [80, 80, 80, 40, 40, 40, 40, 40, 40]
    back = states(episode(*levels, 78, 79, 80))
    assert back[7:] == [State.SETTLED_LOWER] * 3 + [State.BACK_TO_USUAL, State.STEADY]
    history = episode(*levels, 41, 40)
    history[8] = replace(history[8], rebased=True)
    assert states(history)[7:] == [State.SETTLED_LOWER] * 2 + [State.STEADY] * 2


def test_it_is_still_on_while_it_is_likely_or_the_client_says_so():
    found = assess(episode(83, 83, 83, 83, *[33] * 6))
    assert [f.state for f in found[4:]] == [State.OPEN] * 4 + [State.UNREPAIRED, State.SETTLED_LOWER]
    history = episode(80, 80, 80, 40, 40, 40, 40, 40, 40)
    history[7] = replace(history[7], tension=True)
    assert states(history)[3:] == [State.OPEN] * 4 + [State.UNREPAIRED, State.SETTLED_LOWER]


def test_nobody_knows_whether_what_is_not_rated_any_more_has_settled():
    assert states(episode(80, 80, 80, 40, 40, None, None, None, None, None))[3:] == [State.OPEN] * 7


def test_a_practice_can_be_told_of_clear_flags_alone():
    history = episode(78, 83, 75, 85, 80, 78, 83, 66)
    assert [f.alert for f in assess(history)][-1] is True
    assert 0.16 < assess(history)[-1].probability < CLEAR_FROM
    assert not any(f.alert for f in assess(history, Version(clear_only=True)))
    assert assess(episode(78, 83, 75, 85, 80, 78, 83, 35), Version(clear_only=True))[-1].alert


def test_each_stretch_of_a_course_has_its_threshold():
    history = episode(80, 80, 60, 80, 80, 80, 80, 60)
    alerts = {}
    for stretch in ("third", "early", "later"):
        by_number = {"third": 9.0, "early": 9.0, "later": 9.0} | {stretch: 1.0}
        version = replace(RULE, thresholds=ByNumber(**by_number))
        alerts[stretch] = [f.number for f in assess(history, version) if f.alert]
    assert alerts == {"third": [3], "early": [], "later": [8]}
    assert [f.number for f in assess(history, replace(RULE, threshold=1.0)) if f.alert] == [3, 8]


def test_one_good_session_is_not_a_repair():
    found = states(episode(80, 80, 80, 40, 80, 40, 80, 80))
    assert found[3:] == [State.OPEN, State.RECOVERING, State.OPEN, State.RECOVERING, State.BACK_TO_USUAL]


def test_sessions_without_rating_and_no_shows_keep_the_state():
    history = episode(80, 80, 80, 40)
    history += [SessionEvidence(None, attended=False), SessionEvidence(5), SessionEvidence(6, client=level(80))]
    assert states(history)[3:] == [State.OPEN] * 3 + [State.RECOVERING]


@pytest.mark.parametrize("criterion", ["rupture_filter", "own_mean_pooled_sd", "shewhart"])
def test_another_questionnaire_keeps_the_usual(criterion):
    """The sessions after a change are judged like any other."""
    history = [
        SessionEvidence(n, client=level(y), instrument="alliance-3 1" if n < 4 else "alliance-6 1")
        for n, y in enumerate([80, 78, 82, 80, 40], start=1)
    ]
    assert [one.alert for one in assess(history, Version(criterion=criterion))] == [False] * 4 + [True]


def test_notes():
    for perfect in (level(100, straight_line=True), level(100)):  # reversed items: no straight line
        assert "ceiling" in assess(episode(perfect, perfect, perfect), RULE)[2].notes
    assert "ceiling" not in assess(episode(100, level(99.9, straight_line=True), 100, 100), RULE)[3].notes
    assert "early_low" in assess(episode(40, 45, 50), RULE)[2].notes
    assert not any("early_low" in f.notes for f in assess(episode(80, 80, 80, 20), RULE))
    assert "early_low" in assess(episode(40, 45, None), RULE)[2].notes
    assert "no_checkins" in assess(episode(80, None, None, None), RULE)[3].notes
    assert "no_checkins" not in assess(episode(80, None, None, 80), RULE)[3].notes


@pytest.mark.parametrize("version", [Version(criterion="tea_leaves"), Version(constants={"luck": 1})])
def test_an_unknown_part_of_a_version_is_refused(version):
    with pytest.raises(ValueError, match="tea_leaves|luck"):
        assess(episode(80), version)


# --- The client comes first -------------------------------------------------------------------------------------------


def test_no_flag_without_the_client_only_a_remark():
    """The therapist's ratings alone raise nothing, however they fall, until the client has rated twice."""
    usual, low = level(75), level(20)
    alone = [SessionEvidence(n, therapist=usual if n < 6 else low) for n in range(1, 9)]
    found = assess(alone)
    assert not any(one.alert for one in found)
    assert {one.state for one in found} == {State.TOO_FEW}
    assert Note.THERAPIST_FELL in found[5].notes
    assert Note.THERAPIST_FELL not in found[4].notes
    both = [replace(one, client=level(80)) if one.number in (2, 3) else one for one in alone]
    assert any(one.alert for one in assess(both))


def test_a_value_above_its_usual_is_no_sign_of_strain():
    """Goals fall from 75 to 50, tasks and bond rise from 62 to 100: the total has risen."""
    before, after = pillars(75, 62, 62), pillars(50, 100, 100)
    for rater in ("client", "therapist"):
        history = [
            replace(SessionEvidence(n, level(75), level(75)), **{rater: before if n < 6 else after})
            for n in range(1, 7)
        ]
        points = {part.source: part.points for part in assess(history)[-1].points}
        assert points[rater] <= 0
        assert points[f"{rater}:goal"] > 0
        assert all(part.points <= 0 for part in rising(assess(history)))


def rising(found: list) -> list[Points]:
    """The signs whose value lies above their usual."""
    seen_and_usual = [
        part
        for one in found
        for part in one.points
        if part.seen is not None and part.usual is not None
        if not part.is_behaviour
    ]
    return [part for part in seen_and_usual if part.seen >= part.usual]


@pytest.mark.parametrize("criterion", ["rupture_filter", "own_mean_pooled_sd", "cusum", "ewma", "shewhart"])
def test_no_rise_ever_counts(criterion):
    falls_and_rises = [75, 50, 75, 62, 87, 25, 37, 50, 62, 75, 100, 25, 25, 30]
    history = [
        SessionEvidence(n, pillars(y, 100 - y, y), pillars(100 - y, y, 50)) for n, y in enumerate(falls_and_rises, 1)
    ]
    assert all(part.points <= 0 for part in rising(assess(history, Version(criterion=criterion))))


# --- What people say --------------------------------------------------------------------------------------------------


def test_what_people_say_is_heard():
    """Three ticks of tension at steady ratings, which once left the probability at .01."""
    for said in ("tension", "tension_therapist"):
        history = episode(*[83] * 8)
        history = [replace(one, **{said: one.number > 5}) for one in history]
        quiet, *said_so = [one.probability for one in assess(history)[4:]]
        assert quiet < 0.02
        assert said_so[2] > 0.15
        points = [part.source for part in assess(history)[-1].points if part.points > 0]
        assert points == ["report:client" if said == "tension" else "report:therapist"]


def test_a_question_that_was_left_out_says_nothing():
    history = episode(*[83] * 6)
    assert assess(history) == assess([replace(one, tension=None, tension_therapist=None) for one in history])


def test_a_practice_that_has_learned_how_its_people_report_hears_them_louder():
    history = [replace(one, tension=one.number > 5) for one in episode(*[83] * 6)]
    rates = {"report_quiet": 0.04, "report_withdrawal": 0.25, "report_confrontation": 0.6}
    assert assess(history, Version(constants=rates))[-1].probability > assess(history)[-1].probability


def test_a_therapist_who_sees_little_counts_little():
    history = [SessionEvidence(n, level(80), level(70 if n < 6 else 20)) for n in range(1, 7)]
    full, half, none = [
        assess(history, Version(constants={"therapist_weight": weight}))[-1].probability for weight in (1.0, 0.5, 0.0)
    ]
    assert full > half > none
    assert none < 0.1


# --- What must hold for every history, whatever the ratings -----------------------------------------------------------


steps = st.integers(0, 8).map(lambda step: step * 12.5)


@st.composite
def scores(draw):
    values = [draw(st.none() | steps) if draw(st.integers(0, 9)) == 0 else draw(steps) for _ in Pillar]
    overall = None if None in values else sum(sorted(values)) / 3
    return Scores(*values, overall=overall, straight_line=len(set(values)) == 1)


@st.composite
def histories(draw, rating=None, most=25):
    """Sessions with gaps, no-shows, ratings of one side only."""
    rating = scores() if rating is None else rating
    history, number = [], 0
    for _ in range(draw(st.integers(0, most))):
        attended = draw(st.integers(0, 9)) > 0
        number += attended
        history.append(
            SessionEvidence(
                number=number if attended else None,
                client=draw(st.none() | rating) if attended else None,
                therapist=draw(st.none() | rating) if attended else None,
                attended=attended,
                checkin_answered=draw(st.none() | st.booleans()),
                comment_words=draw(st.none() | st.integers(0, 200)),
                tension=draw(st.none() | st.booleans()),
            )
        )
    return history


versions = st.builds(
    Version,
    criterion=st.sampled_from(["rupture_filter", "own_mean_pooled_sd"]),
    budget=st.sampled_from(Budget),
    use=st.sampled_from(["client", "client+therapist", "all"]),
)


@given(histories(), versions, st.data())
def test_a_later_session_never_changes_an_earlier_assessment(history, version, data):
    end = data.draw(st.integers(0, len(history)))
    assert assess(history[:end], version) == assess(history, version)[:end]


@given(st.tuples(steps, steps, steps), st.tuples(steps, steps, steps), st.data(), st.sampled_from(Budget))
def test_constant_series_never_alert(client, therapist, data, budget):
    """Also where a pillar is left empty now and then: which ones are there says nothing about a fall."""

    def constant(values):
        given = [value if data.draw(st.integers(0, 3)) else None for value in values]
        overall = None if None in given else sum(given) / 3
        return Scores(*given, overall=overall, straight_line=len(set(given)) == 1)

    history = [
        replace(
            therapy_session,
            client=therapy_session.client and constant(client),
            therapist=therapy_session.therapist and constant(therapist),
            tension=None,
        )
        for therapy_session in data.draw(histories(most=40))
    ]
    for use in ("client", "client+therapist"):
        assert not any(found.alert for found in assess(history, Version(budget=budget, use=use)))


def renamed(rating, order):
    if rating is None:
        return None
    values = [rating.of(pillar) for pillar in order]
    return replace(rating, goal=values[0], task=values[1], bond=values[2])


@given(histories(), st.sampled_from(list(permutations(Pillar))), st.sampled_from(["client", "client+therapist", "all"]))
def test_the_names_of_the_pillars_do_not_matter(history, order, use):
    other = [
        replace(
            therapy_session,
            client=renamed(therapy_session.client, order),
            therapist=renamed(therapy_session.therapist, order),
        )
        for therapy_session in history
    ]
    version = Version(use=use)
    for one, two in zip(assess(history, version), assess(other, version), strict=True):
        assert (one.suspicion, one.alert, one.state, one.kind) == (two.suspicion, two.alert, two.state, two.kind)


@given(histories(), versions)
def test_every_assessment_is_in_its_range_and_one_alert_opens_each_rupture(history, version):
    found = assess(history, version)
    assert [one.number for one in found] == [therapy_session.number for therapy_session in history]
    before = None
    for one in found:
        assert one.probability is None or 0 <= one.probability <= 1
        inside = before in IN_RUPTURE
        assert one.alert == (one.state == "open" and not inside)
        assert (one.state in ("recovering", "repaired", "unrepaired")) <= inside
        assert (one.state == "back_to_usual") <= (inside or before == "settled_lower")
        assert (one.state == "settled_lower") <= (inside or before in ("settled_lower", "repaired"))
        assert (one.state == "steady") <= (before != "settled_lower")
        before = one.state


@given(histories(), st.sampled_from(["client", "client+therapist"]))
def test_behaviour_that_is_not_in_use_changes_no_suspicion(history, use):
    silent = [replace(therapy_session, checkin_answered=None, comment_words=None) for therapy_session in history]
    one, two = (assess(each, Version(use=use)) for each in (history, silent))
    assert [found.suspicion for found in one] == [found.suspicion for found in two]


@given(histories())
def test_the_budget_changes_when_it_alerts_and_never_the_suspicion(history):
    found = [[one.suspicion for one in assess(history, Version(budget=budget))] for budget in Budget]
    assert found[0] == found[1] == found[2]
