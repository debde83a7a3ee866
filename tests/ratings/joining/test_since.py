"""What a client was asked and answered of a plan that came in keeps the two one."""

from contextlib import nullcontext

import pytest

from alliance.refusal import Refused
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import PlanAnswer, PlanAnswers
from ratings.check_in.plan_questions import AskedAbout, PlanAsked
from ratings.joining.actions import part_cases
from ratings.models import CheckIn
from sessions.plan import actions as plan
from tests.courses import client_answers, held
from tests.factories import editor_of
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures


@pytest.fixture
def planned(kept, double):  # noqa: F811 -- fixtures
    """A goal of each, by whose it is, and the two as one, with a session since that asks about no goal yet."""
    goals = {
        whose: plan.agree_goal(editor=editor_of(case), text="Walk.")
        for whose, case in (("own", kept), ("came", double))
    }
    done = join(kept, double)
    held(kept, 1)
    check_in = CheckIn.objects.filter(episode=kept).latest("pk")
    CheckIn.objects.filter(pk=check_in.pk).update(plan_asked=None)
    return done, check_in, {whose: str(goal.code) for whose, goal in goals.items()}


def part(done):
    part_cases(editor=editor_of(done.episode), join=done)


def stay_one():
    return pytest.raises(Refused, match="what came in since, or answered, planned, sent")


@pytest.mark.parametrize(("whose", "outcome"), [("came", stay_one), ("own", nullcontext)])
def test_an_answer_after_a_later_session_is_about_whose_goal_it_is(planned, whose, outcome):
    done, check_in, codes = planned
    said = PlanAnswers(goals=(PlanAnswer(codes[whose], 1, "no"),))
    answer_check_in(check_in=check_in, answers=client_answers(3, plan=said), may_change=False)
    with outcome():
        part(done)


@pytest.mark.parametrize(
    ("whose", "is_sent", "outcome"),
    [("came", True, stay_one), ("came", False, nullcontext), ("own", True, nullcontext)],
)
def test_a_question_about_a_goal_that_came_in_counts_once_somebody_was_sent_it(planned, whose, is_sent, outcome):
    done, check_in, codes = planned
    check_in.plan_asked = PlanAsked(goals=(AskedAbout(codes[whose], 1),)).to_json()
    check_in.save(update_fields=["plan_asked"])
    if is_sent:
        links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    with outcome():
        part(done)
