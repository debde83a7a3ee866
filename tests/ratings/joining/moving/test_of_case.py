"""What is of a case as a whole comes along too: its plan, its series of sessions, what was written for supervision."""

import pytest
from django.urls import reverse

from alliance.refusal import Refused
from ratings.joining.actions import part_cases
from ratings.models import SupervisionNote
from ratings.supervision.actions import ask_for_supervision
from sessions.models import Goal, Phase
from sessions.plan import actions as plan
from tests.factories import days_ago, editor_of
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept, texts_of  # noqa: F401 -- fixtures
from tests.ratings.meetings.conftest import adviser, close, write  # noqa: F401 -- fixtures


def begin(episode, number, days):
    plan.start_phase(editor=editor_of(episode), name=f"Phase {number}", number=number)
    Phase.objects.filter(episode=episode, number=number).update(starts_at=days_ago(days))


def agree(episode, text, **more):
    return plan.agree_goal(editor=editor_of(episode), text=text, **more)


def goals_of(episode):
    key = episode.client.data_key
    return sorted((goal.text.open(key), goal.phase) for goal in Goal.objects.filter(episode=episode))


def phases_of(episode):
    key = episode.client.data_key
    return [(row.number, row.name.open(key)) for row in Phase.objects.filter(episode=episode).order_by("number")]


@pytest.fixture
def planned(kept, double):  # noqa: F811 -- fixtures
    """Two plans: that of the one is in its third phase, that of the other in its second, which began in between."""
    plan.end_goal(editor=editor_of(double), goal=agree(double, "Over."), outcome="reached")
    begin(kept, 2, days=30)
    begin(double, 2, days=20)
    begin(kept, 3, days=10)
    agree(kept, "Sleep.")
    agree(double, "Walk.")
    agree(double, "Work.", is_for_later=True)
    return kept, double


def test_phases_are_counted_by_the_day_on_which_they_began(planned):
    one, other = planned
    before = [read(episode) for episode in planned for read in (goals_of, phases_of)]
    done = join(one, other)
    assert phases_of(one) == [(2, "Phase 2"), (3, "Phase 2"), (4, "Phase 3")]
    assert goals_of(one) == [("Over.", 1), ("Sleep.", 4), ("Walk.", 4), ("Work.", 5)]
    part_cases(editor=editor_of(one), join=done)
    assert [read(episode) for episode in planned for read in (goals_of, phases_of)] == before


def test_a_phase_that_began_meanwhile_stays_with_the_case_that_stays(planned):
    one, other = planned
    done = join(one, other)
    plan.start_phase(editor=editor_of(one), name="New", number=5)
    part_cases(editor=editor_of(one), join=done)
    assert (phases_of(one)[-1], goals_of(one)) == ((4, "New"), [("Sleep.", 4)])
    assert phases_of(other) == [(2, "Phase 2")]


def test_who_looks_before_is_told_what_comes_along(http, dana, planned):
    http.force_login(dana.user)
    page = " ".join(http.get(reverse("ratings:case-join", args=[one.code for one in planned])).text.split())
    for row in ("Goals and tasks</th> <td>1</td> <td>3</td>", "Phases of the plan</th> <td>2</td> <td>1</td>"):
        assert row in page
    assert "Open goals come into the one that runs last" in page and "Series of sessions" not in page


def test_what_a_supervisor_noted_for_themselves_comes_along_untold(
    http, dana, kept, double, adviser, write  # noqa: F811 -- fixtures
):  # fmt: skip
    write(double, note="Is she safe with him?", reader="supervisor")
    http.force_login(dana.user)
    assert "For supervision" not in http.get(reverse("ratings:case-join", args=[kept.code, double.code])).text
    join(kept, double)
    assert ("SupervisionNote", "Is she safe with him?") in texts_of(kept)
    assert SupervisionNote.objects.visible_to(adviser.membership.user).get().episode == kept


@pytest.mark.parametrize("said", [{"note": "Talk."}, {"step": "Ask her."}])
def test_two_cases_of_one_meeting_stay_two(kept, double, write, said):  # noqa: F811 -- fixtures
    for episode in (kept, double):
        write(episode, **said)
    with pytest.raises(Refused, match="One supervision meeting"):
        join(kept, double)


def test_a_question_in_one_of_them_is_asked_in_the_one_that_stays(kept, double):  # noqa: F811 -- fixtures
    ask_for_supervision(editor=editor_of(double), text="Why?")
    join(kept, double)
    assert ("SupervisionQuestion", "Why?") in texts_of(kept)


def test_a_plan_that_was_changed_since_keeps_them_one(planned):
    one, other = planned
    done = join(one, other)
    goal = Goal.objects.filter(episode=one).latest("pk")
    plan.reword_goal(editor=editor_of(one), goal=goal, text="Else.", revision=goal.revision)
    with pytest.raises(Refused, match="what came in since"):
        part_cases(editor=editor_of(one), join=done)
    assert ("Else.", 5) in goals_of(one)


def test_a_goal_that_was_reached_since_goes_back_as_reached(planned):
    one, other = planned
    done = join(one, other)
    goal = Goal.objects.filter(episode=one, ended_at=None).earliest("pk")
    plan.end_goal(editor=editor_of(one), goal=goal, outcome="reached")
    part_cases(editor=editor_of(one), join=done)
    goal.refresh_from_db()
    assert goal.outcome == "reached"
