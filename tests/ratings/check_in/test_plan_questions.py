"""Which goals and tasks are asked about after which session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import ClientAnswers, PlanAnswer, PlanAnswers
from ratings.check_in.plan_questions import MOST, PlanAsked, is_due, longest_unasked, plan_questions
from ratings.models import CheckIn, Rating
from sessions.plan import actions as plan
from tests.courses import consent, held
from tests.factories import editor_of


@given(every=st.integers(1, 10), sessions=st.integers(1, 60))
def test_it_is_asked_every_so_many_sessions_and_never_in_the_first_two(every, sessions):
    last, asked = None, []
    for number in range(1, sessions + 1):
        if is_due(number, None if last is None else number - last, every):
            last = number
            asked.append(number)
    assert asked == list(range(max(every, 3), sessions + 1, every))


@given(number=st.integers(1, 100), since=st.none() | st.integers(1, 100))
def test_zero_is_never(number, since):
    assert not is_due(number, since, 0)


class Row:
    def __init__(self, pk):
        self.pk, self.code = pk, f"code-{pk}"


@given(count=st.integers(0, 9))
def test_everything_has_its_turn_and_three_at_most_are_asked_at_once(count):
    rows = [Row(pk) for pk in range(count)]
    last_asked = {}
    for turn in range(-(-count // MOST)):
        chosen = longest_unasked(rows, last_asked)
        assert len(chosen) == min(MOST, count)
        assert [row.pk for row in chosen] == sorted(row.pk for row in chosen), "in the order of the plan"
        last_asked |= {row.code: turn for row in chosen}
    assert len(last_asked) == count


@pytest.fixture
def lived(juniper, instruments):
    """`lived(n)`: so many more sessions of Juniper's; the numbers of those that ask about the plan."""
    consent(juniper.client)
    days = iter(range(90, 0, -1))

    def live(count):
        for _n in range(count):
            held(juniper, next(days))
        check_ins = CheckIn.objects.filter(episode=juniper).order_by("therapy_session__starts_at")
        return [number for number, row in enumerate(check_ins, 1) if row.plan_asked]

    return live


def test_the_practice_says_how_often(juniper, millrace, lived):
    plan.agree_goal(editor=editor_of(juniper), text="Sleep.")
    assert lived(9) == [4, 8]
    millrace.plan_every_sessions = 2
    millrace.save()
    juniper.client.practice.refresh_from_db()
    assert lived(3) == [4, 8, 10, 12]


def test_a_plan_that_was_empty_is_asked_about_once_it_is_not(juniper, lived):
    assert lived(5) == []
    plan.agree_goal(editor=editor_of(juniper), text="Sleep.")
    assert lived(6) == [6, 10]


def test_only_what_is_open_and_for_now_is_asked_about(juniper, lived):
    editor = editor_of(juniper)
    kept = plan.agree_goal(editor=editor, text="Sleep.")
    plan.agree_goal(editor=editor, text="Later.", is_for_later=True)
    plan.end_goal(editor=editor, goal=plan.agree_goal(editor=editor, text="Coffee."), outcome="dropped")
    task = plan.agree_task(editor=editor, activity="Voice notes.", modality="speaking")
    plan.stop_task(editor=editor, task=plan.agree_task(editor=editor, activity="Log.", modality="writing"))
    lived(4)
    asked = PlanAsked.from_json(CheckIn.objects.latest("pk").plan_asked)
    assert asked.codes == {str(kept.code), str(task.code)}


def test_the_words_are_those_of_when_it_was_asked(juniper, lived):
    goal = plan.agree_goal(editor=editor_of(juniper), text="Sleep.")
    lived(4)
    plan.reword_goal(editor=editor_of(juniper), goal=goal, text="The nights.", revision=1)
    (question,) = plan_questions(CheckIn.objects.latest("pk")).goals
    assert (question.text, question.revision, question.has_ended) == ("Sleep.", 1, False)


def test_the_answers_keep_the_revision_and_a_change_is_a_new_row(juniper, lived):
    goal = plan.agree_goal(editor=editor_of(juniper), text="Sleep.")
    lived(4)
    check_in = CheckIn.objects.latest("pk")

    def answer(word):
        said = PlanAnswers("yes", goals=(PlanAnswer(str(goal.code), 1, word),))
        answer_check_in(check_in=check_in, answers=ClientAnswers({}, plan=said), may_change=True)

    for word in ("no", "no", "yes"):
        answer(word)
    old, new = Rating.objects.filter(rater="client").order_by("pk")
    assert [PlanAnswers.from_json(row.plan_answers).goals[0].answer for row in (old, new)] == ["no", "yes"]
    assert old.replaced_at
    assert new.overall_pomp is None, "nothing of it is scored"
