"""The plan of a case: its page, and the forms that change it."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.check_in.rate_first import check_rated
from ratings.detection.history import held_sessions
from ratings.plan.queries import plan_of
from sessions.models import Goal, Task
from sessions.plan import actions
from sessions.plan.forms import GoalEditForm, GoalEndForm, GoalForm, PhaseForm, TaskEditForm, TaskEndForm, TaskForm
from sessions.plan.queries import running_phase

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS)
GOALS = Goal.objects.select_related(*OF_EPISODE)
TASKS = Task.objects.select_related("goal", *OF_EPISODE)


@require_safe
def plan(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    check_rated(episode, request.user)
    is_therapist = access.can_edit(request.user, episode)
    context = {
        "episode": episode,
        "plan": plan_of(episode, held_sessions(episode)),
        "can_edit": is_therapist and episode.ends_at is None,
        "section": "cases" if is_therapist or access.can_log(request.user, episode) else "caseload",
    }
    return render(request, "ratings/plan/plan.html", context)


# --- Goals ------------------------------------------------------------------------------------------------------------


@require_page_or_post
def goal_agree(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    form = GoalForm(posted(request))

    def agree():
        typed = form.cleaned_data
        return form.make_once(
            Goal.objects.filter(episode=episode),
            lambda: actions.agree_goal(
                editor=editor,
                text=typed["text"],
                agreed_by=typed["agreed_by"],
                agreed_at=typed["agreed_at"],
                is_for_later=typed["is_for_later"],
                code=typed["form_key"],
            ),
            _("This form was saved already. To save this as another goal, send it again."),
            lambda _row: _address_of(episode),
        )

    if _saved(form, agree):
        messages.success(request, _("The goal is part of the plan."))
        return redirect("ratings:plan", episode.code)
    return _form_page(request, "goal_agree", episode, form)


@require_page_or_post
def goal_edit(request, code):
    goal = get_visible_or_404(GOALS, request.user, code=code)
    editor = access.check_edit(request.user, goal.episode)
    text = goal.text.open(goal.episode.client.data_key)
    form = GoalEditForm(posted(request), initial={"text": text, "revision": goal.revision})

    def reword():
        actions.reword_goal(editor=editor, goal=goal, **form.cleaned_data)
        return True

    if _saved(form, reword, goal):
        messages.success(request, _("Saved. The earlier wording is kept."))
        return redirect("ratings:plan", goal.episode.code)
    return _form_page(request, "goal_edit", goal.episode, form, is_now=text)


@require_page_or_post
def goal_end(request, code):
    goal = get_visible_or_404(GOALS, request.user, code=code)
    editor = access.check_edit(request.user, goal.episode)
    form = GoalEndForm(posted(request), initial={"outcome": request.GET.get("outcome", "")})

    def end():
        actions.end_goal(editor=editor, goal=goal, **form.cleaned_data)
        return True

    if _saved(form, end):
        messages.success(request, _("Saved. The goal stays on record."))
        return redirect("ratings:plan", goal.episode.code)
    return _form_page(request, "goal_end", goal.episode, form, text=goal.text.open(goal.episode.client.data_key))


@require_POST
def goal_reopen(request, code):
    goal = get_visible_or_404(GOALS, request.user, code=code)
    editor = access.check_edit(request.user, goal.episode)
    _say(request, lambda: actions.reopen_goal(editor=editor, goal=goal), _("The goal is open again."))
    return redirect("ratings:plan", goal.episode.code)


# --- Tasks ------------------------------------------------------------------------------------------------------------


@require_page_or_post
def task_agree(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    form = TaskForm(posted(request), goals=_open_goals(episode), key=episode.client.data_key)

    def agree():
        return form.make_once(
            Task.objects.filter(episode=episode),
            lambda: actions.agree_task(editor=editor, **form.task, code=form.cleaned_data["form_key"]),
            _("This form was saved already. To save this as another task, send it again."),
            lambda _row: _address_of(episode),
        )

    if _saved(form, agree):
        messages.success(request, _("The task is part of the plan."))
        return redirect("ratings:plan", episode.code)
    return _form_page(request, "task_agree", episode, form)


@require_page_or_post
def task_edit(request, code):
    task = get_visible_or_404(TASKS, request.user, code=code)
    editor = access.check_edit(request.user, task.episode)
    key = task.episode.client.data_key
    goals = _open_goals(task.episode) | Goal.objects.filter(pk__in=TASKS.filter(pk=task.pk).values("goal"))
    initial = TaskEditForm.initial_of(task, key)
    form = TaskEditForm(posted(request), initial=initial, goals=goals, key=key)

    def adapt():
        typed = form.cleaned_data
        actions.adapt_task(
            editor=editor, task=task, **form.task, adapted_why=typed["adapted_why"], revision=typed["revision"]
        )
        return True

    if _saved(form, adapt, task):
        messages.success(request, _("Saved. What it was before is kept."))
        return redirect("ratings:plan", task.episode.code)
    return _form_page(request, "task_edit", task.episode, form, is_now=initial["activity"])


@require_page_or_post
def task_end(request, code):
    task = get_visible_or_404(TASKS, request.user, code=code)
    editor = access.check_edit(request.user, task.episode)
    form = TaskEndForm(posted(request))

    def stop():
        actions.stop_task(editor=editor, task=task, **form.cleaned_data)
        return True

    if _saved(form, stop):
        messages.success(request, _("Saved. The task stays on record."))
        return redirect("ratings:plan", task.episode.code)
    return _form_page(request, "task_end", task.episode, form, text=task.activity.open(task.episode.client.data_key))


@require_POST
def task_reopen(request, code):
    task = get_visible_or_404(TASKS, request.user, code=code)
    editor = access.check_edit(request.user, task.episode)
    _say(request, lambda: actions.reopen_task(editor=editor, task=task), _("The task is taken up again."))
    return redirect("ratings:plan", task.episode.code)


# --- Phases -----------------------------------------------------------------------------------------------------------


@require_page_or_post
def phase_start(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    form = PhaseForm(posted(request), initial={"number": running_phase(episode) + 1})

    if _saved(form, lambda: actions.start_phase(editor=editor, **form.cleaned_data)):
        messages.success(request, _("The next phase has begun."))
        return redirect("ratings:plan", episode.code)
    return _form_page(request, "phase_start", episode, form)


# --- What all share ---------------------------------------------------------------------------------------------------


def _address_of(episode):
    return reverse("ratings:plan", args=[episode.code])


def _open_goals(episode):
    return Goal.objects.filter(episode=episode, ended_at__isnull=True)


def _saved(form, save, row=None):
    """Whether the form was sent, is right, and was saved; what the action refuses stands in it as an error."""
    if not form.is_valid():
        return False
    try:
        return save()
    except actions.ChangedMeanwhile as refusal:
        form.add_error(None, str(refusal))
        if row:
            form.show_present(row)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return False


def _say(request, save, sentence):
    try:
        save()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)


def _form_page(request, stem, episode, form, **context):
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)  # its plan is on it
    context |= {"form": form, "episode": episode, "section": "cases"}
    return render(request, f"ratings/plan/{stem}.html", context, status=422 if form.errors else 200)
