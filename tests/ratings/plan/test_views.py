"""The pages of the plan: what stands on them, what is refused in a sentence, and what the client's answers change."""

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import ClientAnswers, PlanAnswer, PlanAnswers
from ratings.models import CheckIn
from ratings.plan.queries import refused_goals
from sessions.models import Goal, Task
from sessions.plan import actions
from tests.courses import answers, held
from tests.factories import editor_of, local_day
from tests.ratings.pages import statements

SLEEP = "We are working on sleeping through so that I can drive again."


@pytest.fixture
def goal(juniper):
    return actions.agree_goal(editor=editor_of(juniper), text=SLEEP)


@pytest.fixture
def task(juniper):
    return actions.agree_task(editor=editor_of(juniper), activity="A thought log.", modality="writing")


@pytest.fixture
def page(http, juniper):
    return lambda name="plan", row=juniper: http.get(reverse(f"ratings:{name}", args=[row.code]))


@pytest.fixture
def send(http, dana, juniper):
    http.force_login(dana.user)
    return lambda route, row=juniper, **typed: http.post(reverse(f"ratings:{route}", args=[row.code]), typed)


def said(episode, goal=None, task=None, can_say=""):
    """Answers the check-in of one more session of the episode with this about its plan."""
    held(episode, 0.5)
    check_in = CheckIn.objects.filter(episode=episode).latest("pk")
    goals = (PlanAnswer(str(goal[0].code), goal[0].revision, goal[1]),) if goal else ()
    tasks = (PlanAnswer(str(task[0].code), task[0].revision, task[1]),) if task else ()
    plan = PlanAnswers(can_say, goals, tasks)
    answer_check_in(check_in=check_in, answers=ClientAnswers(answers(3), plan=plan), may_change=False)


# --- What stands there ------------------------------------------------------------------------------------------------


def test_a_supervisor_reads_the_plan_and_changes_nothing(http, sam, page, goal, task):
    http.force_login(sam.user)
    told = page()
    assert SLEEP in told.text
    assert "A thought log." in told.text
    assert "/edit/" not in told.text
    assert "<form" not in told.text
    assert AuditEvent.objects.filter(verb="read", subject_type="episode").exists()


def test_a_task_shows_what_it_was_and_why_it_is_something_else(send, page, task):
    typed = {"activity": "Voice notes.", "modality": "speaking", "adapted_why": "Writing felt like homework."}
    assert send("task-edit", task, revision=1, **typed).status_code == 302
    text = page().text.split("How it was adapted")[1]
    assert text.index("Voice notes.") < text.index("Writing felt like homework.") < text.index("A thought log.")


def test_one_of_several_tasks_for_a_goal_is_changed_and_the_goal_offered_once(http, send, goal):
    editor = editor_of(goal.episode)
    walk, _log = [
        actions.agree_task(editor=editor, activity=activity, modality="doing", goal=goal)
        for activity in ("Walk.", "A log.")
    ]
    form = http.get(reverse("ratings:task-edit", args=[walk.code]))
    assert form.text.count(f'<option value="{goal.code}"') == 1
    typed = {"activity": "Run.", "modality": "doing", "goal": goal.code, "adapted_why": "Walking was too slow."}
    assert send("task-edit", walk, revision=1, **typed).status_code == 302
    assert {task.goal for task in Task.objects.all()} == {goal}


def test_ended_goals_stay_with_their_phase(send, page, goal):
    send("goal-end", goal, outcome="dropped", ended_by="together", ended_at=local_day())
    assert "One goal of this phase has ended" in page().text
    assert send("phase-start", name="at work", number=2).status_code == 302
    told = page().text
    assert "Phase 1, until" in told
    assert "Dropped" in told.split("Phase 1, until")[1]
    assert send("goal-reopen", goal).status_code == 302
    assert (Goal.objects.get().phase, Goal.objects.get().ended_at) == (2, None)


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("goal-agree", {"text": ""}, "Write the goal."),
        ("goal-agree", {"text": "Sleep.", "agreed_at": "2099-01-01"}, "This date is in the future."),
        ("goal-agree", {"text": "x" * 1001}, "Shorten this to 1000 characters."),
        ("task-agree", {"activity": "Walk.", "modality": "dancing"}, "Choose one of these"),
        ("task-agree", {"activity": "Walk.", "modality": "doing", "goal": "nonsense"}, "Choose one of these"),
        ("phase-start", {"number": 3}, "This phase has begun already."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(send, name, typed, sentence):
    told = send(name, **typed)
    assert told.status_code == 422
    assert sentence in told.text
    assert (typed.get("text") or typed.get("activity") or "") in told.text
    assert not Goal.objects.exists()
    assert not Task.objects.exists()


def test_a_goal_of_another_case_is_no_goal_of_this_task(send, sorrel):
    theirs = actions.agree_goal(editor=editor_of(sorrel), text="Theirs.")
    told = send("task-agree", activity="Walk.", modality="doing", goal=str(theirs.code))
    assert told.status_code == 422
    assert "Theirs." not in told.text


def test_two_tabs_see_both_wordings(send, goal):
    assert send("goal-edit", goal, text="The nights.", revision=1).status_code == 302
    told = send("goal-edit", goal, text="The mornings.", revision=1)
    assert told.status_code == 422
    assert "The nights." in told.text
    assert "The mornings." in told.text
    assert 'name="revision" value="2"' in told.text, "sent again, it replaces what is there now"


def test_the_plan_of_an_ended_therapy_cannot_be_changed(send, page, juniper, goal):
    type(juniper).objects.filter(pk=juniper.pk).update(ends_at=timezone.now(), end_reason="completed")
    assert "/edit/" not in page().text
    told = send("goal-edit", goal, text="The nights.", revision=1)
    assert told.status_code == 422
    assert "its plan stays as it is" in told.text


# --- What the client's answers change ---------------------------------------------------------------------------------


def test_a_refused_goal_stands_on_today_on_the_case_and_on_the_plan(http, dana, page, juniper, goal, live_through):
    live_through(juniper, [3])
    http.force_login(dana.user)
    assert "Goals to go over" not in http.get(reverse("ratings:today")).text
    said(juniper, goal=(goal, "not_quite"))
    for text in (http.get(reverse("ratings:today")).text, page("case").text, page().text):
        assert SLEEP in text
        assert '<span class="mark below">' in text
        assert "Not quite" in text


@pytest.mark.parametrize("what", ["reworded", "ended", "right again", "therapy over"])
def test_it_is_settled_by_another_wording_an_end_or_another_answer(what, juniper, goal, live_through):
    live_through(juniper, [3])
    said(juniper, goal=(goal, "no"))
    (found,) = refused_goals([juniper.pk])
    assert (found.name, found.text, found.words) == ("Juniper", SLEEP, "No")
    editor = editor_of(juniper)
    if what == "reworded":
        actions.reword_goal(editor=editor, goal=goal, text="The nights.", revision=1)
    elif what == "ended":
        actions.end_goal(editor=editor, goal=goal, outcome="dropped")
    elif what == "right again":
        said(juniper, goal=(goal, "yes"))
    else:
        type(juniper).objects.filter(pk=juniper.pk).update(ends_at=timezone.now(), end_reason="completed")
    assert refused_goals([juniper.pk]) == []


def test_the_answers_stand_beside_the_charts(http, dana, page, juniper, goal, task, live_through):
    live_through(juniper, [3])
    said(juniper, goal=(goal, "yes"), task=(task, "no"), can_say="partly")
    http.force_login(dana.user)
    told = page("case").text
    goals, tasks = (told.split(f'id="{pillar}-title"')[1].split("</section>")[0] for pillar in ("goal", "task"))
    assert SLEEP in goals
    assert "A thought log." in tasks
    assert '<span class="mark below">' in tasks
    assert "Partly" in page().text.split("Their view")[1]


def test_an_answer_to_an_earlier_shape_of_a_task_needs_no_look(http, dana, page, juniper, task, live_through):
    live_through(juniper, [3])
    said(juniper, task=(task, "no"))
    http.force_login(dana.user)
    assert '<span class="mark below">' in page().text
    shape = {"activity": "Voice notes.", "modality": "speaking", "revision": 1}
    actions.adapt_task(editor=editor_of(juniper), task=task, **shape)
    told = page().text
    assert '<span class="mark below">' not in told
    assert "before the change" in told


@pytest.mark.parametrize("name", ["plan", "case", "today"])
def test_a_page_asks_as_often_for_three_goals_as_for_one(name, http, dana, sorrel, juniper, live_through):
    """And as often for twelve sessions as for three."""
    http.force_login(dana.user)
    counts = []
    for episode, number, sessions in ((juniper, 1, 3), (sorrel, 3, 12)):
        live_through(episode, [3] * sessions)
        for _n in range(number):
            goal = actions.agree_goal(editor=editor_of(episode), text=SLEEP)
            task = actions.agree_task(editor=editor_of(episode), activity="Walk.", modality="doing", goal=goal)
            actions.reword_goal(editor=editor_of(episode), goal=goal, text="Nights.", revision=1)
        said(episode, goal=(goal, "no"), task=(task, "no"))
        address = reverse("ratings:today") if name == "today" else reverse(f"ratings:{name}", args=[episode.code])
        http.get(address)
        counts.append(statements(http, address))
    assert counts[0] == counts[1]
