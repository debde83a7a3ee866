"""What must hold for every history, whatever the ratings."""

from dataclasses import replace
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.psychometrics.assess import assess
from ratings.psychometrics.evidence import Budget, Pillar, Scores, SessionEvidence, Version

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
@settings(max_examples=150, deadline=None)
def test_a_later_session_never_changes_an_earlier_assessment(history, version, data):
    end = data.draw(st.integers(0, len(history)))
    assert assess(history[:end], version) == assess(history, version)[:end]


@given(st.tuples(steps, steps, steps), st.tuples(steps, steps, steps), st.data(), st.sampled_from(Budget))
@settings(max_examples=150, deadline=None)
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
@settings(max_examples=150, deadline=None)
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
@settings(max_examples=150, deadline=None)
def test_every_assessment_is_in_its_range_and_one_alert_opens_each_rupture(history, version):
    found = assess(history, version)
    assert [one.number for one in found] == [therapy_session.number for therapy_session in history]
    before = None
    for one in found:
        assert one.probability is None or 0 <= one.probability <= 1
        inside = before in ("open", "recovering")
        assert one.alert == (one.state == "open" and not inside)
        assert (one.state in ("recovering", "repaired", "unrepaired")) <= inside
        before = one.state


@given(histories(), st.sampled_from(["client", "client+therapist"]))
@settings(max_examples=100, deadline=None)
def test_behaviour_that_is_not_in_use_changes_no_suspicion(history, use):
    silent = [
        replace(therapy_session, checkin_answered=None, comment_words=None, tension=None) for therapy_session in history
    ]
    one, two = (assess(each, Version(use=use)) for each in (history, silent))
    assert [found.suspicion for found in one] == [found.suspicion for found in two]


@given(histories())
@settings(max_examples=100, deadline=None)
def test_the_budget_changes_when_it_alerts_and_never_the_suspicion(history):
    found = [[one.suspicion for one in assess(history, Version(budget=budget))] for budget in Budget]
    assert found[0] == found[1] == found[2]
