"""The plan: what is written down, changed, ended and taken up again, and what of it is kept."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from alliance.access import NotVisible
from alliance.models import AuditEvent, Erasure
from alliance.refusal import Refused
from ratings.rights.erase import erase_client
from sessions.models import Goal, GoalVersion, Phase, Task, TaskVersion
from sessions.plan import actions
from tests.factories import days_ago, editor_of

SLEEP = "We are working on sleep."
MORNINGS = "We are working on the mornings."


@pytest.fixture
def goal(juniper):
    return actions.agree_goal(editor=editor_of(juniper), text=SLEEP, agreed_by="together")


@pytest.fixture
def task(juniper, goal):
    return actions.agree_task(
        editor=editor_of(juniper), activity="A thought log, every day.", modality="writing", goal=goal
    )


def audited(subject):
    return list(AuditEvent.objects.filter(subject_code=subject.code).order_by("pk").values_list("verb", flat=True))


def reword(goal, text=MORNINGS, revision=1):
    actions.reword_goal(editor=editor_of(goal.episode), goal=goal, text=text, revised_by="client", revision=revision)


def adapt(task, activity="Voice notes, two a week.", revision=1, **fields):
    fields = {"modality": "speaking", "adapted_why": "Writing felt like homework.", "goal": task.goal} | fields
    actions.adapt_task(editor=editor_of(task.episode), task=task, activity=activity, revision=revision, **fields)


def text_of(row, field="text"):
    return getattr(row, field).open(row.episode.client.data_key)


# --- Goals ------------------------------------------------------------------------------------------------------------


def test_a_goal_is_sealed_and_on_record(juniper, dana, goal):
    assert Goal.objects.get().text.open(juniper.client.data_key) == SLEEP
    assert (goal.written_by, goal.agreed_by, goal.phase, audited(goal)) == (dana, "together", 1, ["created"])


def test_another_wording_keeps_the_earlier_one(goal):
    reword(goal)
    goal = Goal.objects.get()
    (earlier,) = GoalVersion.objects.all()
    assert (text_of(goal), goal.revision, goal.revised_by) == (MORNINGS, 2, "client")
    assert (text_of(earlier), earlier.revision) == (SLEEP, 1)
    assert audited(goal) == ["created", "changed"]


def test_the_same_wording_again_changes_nothing(goal):
    """A second tap on Save, which still names the revision before."""
    reword(goal)
    reword(Goal.objects.get(), revision=1)
    assert (Goal.objects.get().revision, GoalVersion.objects.count()) == (2, 1)


def test_a_wording_from_an_older_page_is_refused_and_nothing_is_lost(goal):
    reword(goal)
    with pytest.raises(actions.ChangedMeanwhile):
        reword(Goal.objects.get(), text="We are working on the nights.", revision=1)
    assert (text_of(Goal.objects.get()), GoalVersion.objects.count()) == (MORNINGS, 1)


def test_the_first_end_of_a_goal_stays(juniper, goal):
    actions.end_goal(editor=editor_of(juniper), goal=goal, outcome="reached", ended_by="together")
    ended_at = Goal.objects.get().ended_at
    actions.end_goal(editor=editor_of(juniper), goal=Goal.objects.get(), outcome="reached", ended_by="together")
    for other in ({"outcome": "dropped"}, {"ended_by": "client"}, {"ended_at": ended_at + timedelta(days=1)}):
        said = {"outcome": "reached", "ended_by": "together"} | other
        with pytest.raises(Refused, match="not saved"):
            actions.end_goal(editor=editor_of(juniper), goal=Goal.objects.get(), **said)
    goal = Goal.objects.get()
    assert (goal.outcome, goal.ended_by, goal.ended_at) == ("reached", "together", ended_at)


def test_a_goal_does_not_end_before_it_was_agreed(juniper, goal):
    actions.end_goal(editor=editor_of(juniper), goal=goal, outcome="dropped", ended_at=days_ago(3))
    assert Goal.objects.get().ended_at == goal.agreed_at


def test_a_goal_that_is_opened_again_keeps_that_it_had_ended(juniper, goal):
    actions.end_goal(editor=editor_of(juniper), goal=goal, outcome="reached", ended_by="together")
    actions.reopen_goal(editor=editor_of(juniper), goal=Goal.objects.get())
    goal, earlier = Goal.objects.get(), GoalVersion.objects.get()
    assert (goal.outcome, goal.ended_at, goal.ended_by, goal.revision) == ("", None, "", 2)
    assert (earlier.outcome, earlier.ended_by) == ("reached", "together")
    actions.reopen_goal(editor=editor_of(juniper), goal=goal)
    assert GoalVersion.objects.count() == 1


def test_a_goal_that_ended_before_outcomes_were_asked_is_not_called_reached(goal):
    """The step of the migration, on a row that the program before could have written."""
    goal.ended_at = timezone.now() + timedelta(seconds=1)
    goal.outcome = "reached"
    goal.save()
    import_module("sessions.migrations.0005_plan").name_the_outcome(apps, None)
    assert Goal.objects.get().outcome == "dropped"


# --- Tasks ------------------------------------------------------------------------------------------------------------


def test_an_adapted_task_keeps_what_it_was_and_why_it_became_something_else(task):
    adapt(task)
    adapt(Task.objects.get(), activity="One voice note.", revision=2, adapted_why="Two were too many.")
    task = Task.objects.get()
    first, second = TaskVersion.objects.order_by("revision")
    assert (text_of(task, "activity"), text_of(task, "adapted_why")) == ("One voice note.", "Two were too many.")
    assert (text_of(first, "activity"), first.modality, first.adapted_why) == (
        "A thought log, every day.",
        "writing",
        None,
    )
    assert (text_of(second, "activity"), second.modality) == ("Voice notes, two a week.", "speaking")
    assert text_of(second, "adapted_why") == "Writing felt like homework."


def test_the_same_task_again_changes_nothing_and_an_older_page_is_refused(task):
    adapt(task)
    adapt(Task.objects.get(), revision=1)
    with pytest.raises(actions.ChangedMeanwhile):
        adapt(Task.objects.get(), activity="Walking.", revision=1)
    assert (Task.objects.get().revision, TaskVersion.objects.count()) == (2, 1)


def test_a_task_is_stopped_and_taken_up_again(juniper, task):
    actions.stop_task(editor=editor_of(juniper), task=task, ended_by="client")
    assert Task.objects.get().ended_by == "client"
    actions.reopen_task(editor=editor_of(juniper), task=Task.objects.get())
    assert Task.objects.get().ended_at is None
    assert TaskVersion.objects.get().ended_by == "client"
    assert audited(task) == ["created", "ended", "changed"]


def test_the_first_end_of_a_task_stays(juniper, task):
    for _tap in range(2):
        actions.stop_task(editor=editor_of(juniper), task=task, ended_by="client")
    with pytest.raises(Refused, match="not saved"):
        actions.stop_task(editor=editor_of(juniper), task=task, ended_by="together")
    assert Task.objects.get().ended_by == "client"


def test_a_task_belongs_to_no_goal_of_another_case(juniper, sorrel, goal):
    with pytest.raises(Exception) as refused:
        actions.agree_task(editor=editor_of(sorrel), activity="Walking.", modality="doing", goal=goal)
    assert refused.typename == "Denied"
    assert not Task.objects.exists()


# --- Phases -----------------------------------------------------------------------------------------------------------


def test_open_goals_come_along_into_the_next_phase_and_ended_ones_stay(juniper, goal):
    editor = editor_of(juniper)
    later = actions.agree_goal(editor=editor, text=MORNINGS, is_for_later=True)
    ended = actions.agree_goal(editor=editor, text="Coffee.")
    actions.end_goal(editor=editor, goal=ended, outcome="dropped")
    assert actions.start_phase(editor=editor, name="At work", number=2).number == 2
    assert dict(Goal.objects.values_list("pk", "phase")) == {goal.pk: 2, later.pk: 2, ended.pk: 1}


def test_two_taps_start_one_phase(juniper):
    actions.start_phase(editor=editor_of(juniper), number=2)
    with pytest.raises(actions.ChangedMeanwhile):
        actions.start_phase(editor=editor_of(juniper), number=2)
    assert Phase.objects.count() == 1


def test_the_plan_of_an_ended_therapy_stays_as_it_is(juniper, goal, task):
    editor = editor_of(juniper)
    type(juniper).objects.filter(pk=juniper.pk).update(ends_at=timezone.now(), end_reason="completed")
    for write in (
        lambda: actions.agree_goal(editor=editor, text=MORNINGS),
        lambda: reword(goal),
        lambda: actions.end_goal(editor=editor, goal=goal, outcome="reached"),
        lambda: adapt(task),
        lambda: actions.stop_task(editor=editor, task=task),
        lambda: actions.start_phase(editor=editor, number=2),
    ):
        with pytest.raises(Refused):
            write()
    assert (Goal.objects.get().revision, Task.objects.get().revision, Phase.objects.count()) == (1, 1, 0)


def test_nothing_is_agreed_on_in_a_case_that_was_erased_meanwhile(juniper, mona):
    editor = editor_of(juniper)
    erase_client(client=juniper.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=mona)
    with pytest.raises(NotVisible):
        actions.agree_goal(editor=editor, text=SLEEP)
