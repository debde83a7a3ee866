"""Writes of the plan. A change keeps what was there before, as a version."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor, NotVisible
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import Episode
from alliance.refusal import Refused
from sessions.models import Goal, GoalOutcome, GoalVersion, Modality, Phase, Task, TaskVersion
from sessions.plan.queries import opened, running_phase


class ChangedMeanwhile(Refused):
    """Somebody else, or another tab, has changed the row since the form was shown."""


# --- Goals ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def agree_goal(*, editor: Editor, text, agreed_by="", agreed_at=None, is_for_later=False, code=None):
    """Adds a goal to the plan: to the running phase, or to the next one."""
    _lock(editor)
    goal = Goal.objects.create(
        code=code or uuid4(),
        episode=editor.episode,
        text=_seal(text, editor),
        phase=running_phase(editor.episode) + bool(is_for_later),
        agreed_by=agreed_by,
        agreed_at=agreed_at or timezone.now(),
        written_by=editor.membership,
    )
    audit.record(Verb.CREATED, goal, by=editor.membership)
    return goal


@transaction.atomic
def reword_goal(*, editor: Editor, goal, text, revised_by="", revision):
    """Gives a goal another wording; the earlier one is kept, and answers stay with the one they saw.

    Raises
    ------
    ChangedMeanwhile
        `revision` is not the present one any more.
    """
    goal = _lock(editor, goal)
    if goal.text.open(editor.episode.client.data_key) == text:
        return
    _check_revision(goal, revision)
    _keep_goal(goal, editor)
    goal.text, goal.revised_by = _seal(text, editor), revised_by
    goal.save(update_fields=["text", "revision", "revised_at", "revised_by"])
    audit.record(Verb.CHANGED, goal, by=editor.membership)


@transaction.atomic
def end_goal(*, editor: Editor, goal, outcome: GoalOutcome, ended_by="", ended_at=None):
    """Marks a goal as reached or dropped. Once it has ended, its first end stays; said again alike, it changes nothing.

    Raises
    ------
    Refused
        It had ended otherwise before.
    """
    goal = _lock(editor, goal)
    at = max(ended_at or timezone.now(), goal.agreed_at)
    if goal.ended_at:
        _check_same_end(goal, (goal.outcome, outcome), (goal.ended_by, ended_by), at=at)
        return
    goal.outcome, goal.ended_by, goal.ended_at = outcome, ended_by, at
    goal.phase = min(goal.phase, running_phase(editor.episode))
    goal.save(update_fields=["outcome", "ended_by", "ended_at", "phase"])
    audit.record(Verb.ENDED, goal, by=editor.membership)


@transaction.atomic
def reopen_goal(*, editor: Editor, goal):
    """Takes up an ended goal again, in the running phase; that it had ended is kept."""
    goal = _lock(editor, goal)
    if goal.ended_at is None:
        return
    _keep_goal(goal, editor)
    goal.outcome, goal.ended_by, goal.ended_at = "", "", None
    goal.phase, goal.revised_by = running_phase(editor.episode), ""
    goal.save()
    audit.record(Verb.CHANGED, goal, by=editor.membership)


def _keep_goal(goal: Goal, editor: Editor) -> None:
    """Keeps the goal as it is; the next revision begins."""
    GoalVersion.objects.create(
        episode=goal.episode,
        goal=goal,
        revision=goal.revision,
        text=_again(goal.text, editor),
        outcome=goal.outcome,
        ended_at=goal.ended_at,
        ended_by=goal.ended_by,
        replaced_by=editor.membership,
    )
    goal.revision, goal.revised_at = goal.revision + 1, timezone.now()


# --- Tasks ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def agree_task(
    *, editor: Editor, activity, modality: Modality, why_it_helps="", willing="", goal=None, agreed_at=None, code=None
):
    """Adds a task to the plan, for a goal or for none."""
    _lock(editor, *filter(None, [goal]))
    task = Task.objects.create(
        code=code or uuid4(),
        episode=editor.episode,
        goal=goal,
        activity=_seal(activity, editor),
        why_it_helps=_seal_any(why_it_helps, editor),
        modality=modality,
        willing=willing,
        agreed_at=agreed_at or timezone.now(),
        written_by=editor.membership,
    )
    audit.record(Verb.CREATED, task, by=editor.membership)
    return task


@transaction.atomic
def adapt_task(
    *, editor: Editor, task, activity, modality, why_it_helps="", willing="", adapted_why="", goal=None, revision
):
    """Changes a task; what it was before is kept, with why it was so.

    Raises
    ------
    ChangedMeanwhile
        `revision` is not the present one any more.
    """
    task = _lock(editor, task, *filter(None, [goal]))
    key = editor.episode.client.data_key
    is_now = [opened(task.activity, key), task.modality, opened(task.why_it_helps, key), task.willing, task.goal_id]
    if is_now == [activity, modality, why_it_helps, willing, goal.pk if goal else None]:
        return
    _check_revision(task, revision)
    _keep_task(task, editor)
    task.activity, task.why_it_helps = _seal(activity, editor), _seal_any(why_it_helps, editor)
    task.modality, task.willing, task.goal = modality, willing, goal
    task.adapted_why = _seal_any(adapted_why, editor)
    task.save()
    audit.record(Verb.CHANGED, task, by=editor.membership)


@transaction.atomic
def stop_task(*, editor: Editor, task, ended_by="", ended_at=None):
    """Ends a task. Once it has ended, its first end stays; said again alike, it changes nothing.

    Raises
    ------
    Refused
        It had ended otherwise before.
    """
    task = _lock(editor, task)
    at = max(ended_at or timezone.now(), task.agreed_at)
    if task.ended_at:
        _check_same_end(task, (task.ended_by, ended_by), at=at)
        return
    task.ended_by, task.ended_at = ended_by, at
    task.save(update_fields=["ended_by", "ended_at"])
    audit.record(Verb.ENDED, task, by=editor.membership)


@transaction.atomic
def reopen_task(*, editor: Editor, task):
    """Takes up a task again; that it had ended is kept."""
    task = _lock(editor, task)
    if task.ended_at is None:
        return
    _keep_task(task, editor)
    task.ended_by, task.ended_at, task.adapted_why = "", None, None
    task.save()
    audit.record(Verb.CHANGED, task, by=editor.membership)


def _keep_task(task: Task, editor: Editor) -> None:
    """Keeps the task as it is; the next revision begins."""
    TaskVersion.objects.create(
        episode=task.episode,
        task=task,
        revision=task.revision,
        activity=_again(task.activity, editor),
        why_it_helps=_again(task.why_it_helps, editor),
        modality=task.modality,
        willing=task.willing,
        adapted_why=_again(task.adapted_why, editor),
        since=task.revised_at or task.agreed_at,
        ended_at=task.ended_at,
        ended_by=task.ended_by,
        replaced_by=editor.membership,
    )
    task.revision, task.revised_at = task.revision + 1, timezone.now()


# --- Phases -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_phase(*, editor: Editor, name="", number):
    """Starts the phase of this number. The open goals come along, and those written down for it begin.

    Raises
    ------
    ChangedMeanwhile
        This phase, or a later one, runs already.
    """
    _lock(editor)
    episode = editor.episode
    if running_phase(episode) != number - 1:
        raise ChangedMeanwhile(_("This phase has begun already."))
    phase = Phase.objects.create(
        episode=episode, number=number, name=_seal_any(name, editor), written_by=editor.membership
    )
    Goal.objects.filter(episode=episode, ended_at__isnull=True, phase__lt=number).update(phase=number)
    audit.record(Verb.CREATED, phase, by=editor.membership)
    return phase


# --- What all share ---------------------------------------------------------------------------------------------------


def _seal(text: str, editor: Editor) -> Sealed:
    return Sealed(text, editor.episode.client.data_key)


def _seal_any(text: str, editor: Editor) -> Sealed | None:
    return _seal(text, editor) if text else None


def _lock(editor: Editor, *rows):
    """Locks the episode and checks again that its plan may be changed; the first of the rows as it is now.

    Raises
    ------
    NotVisible
        The record was erased meanwhile.
    Refused
        The therapy has ended.
    """
    episode = Episode.objects.select_for_update(no_key=True).filter(pk=editor.episode.pk).first()
    if episode is None:
        raise NotVisible("episode", editor.episode.code)
    editor.check_again(*rows)
    if episode.ends_at:
        raise Refused(_("This therapy has ended; its plan stays as it is."))
    if not rows:
        return None
    row = rows[0]
    row.refresh_from_db()
    return row


def _check_revision(row: Goal | Task, revision: int) -> None:
    if row.revision != revision:
        raise ChangedMeanwhile(_("This was changed meanwhile. Below is what it says now. Send again to replace it."))


def _check_same_end(row: Goal | Task, *pairs: tuple[str, str], at: datetime) -> None:
    """Raises `Refused` unless a row ended as is said here; `pairs`: what stands, and what is said."""
    if any(stands != said for stands, said in pairs) or timezone.localdate(row.ended_at) != timezone.localdate(at):
        raise Refused(_("This had ended already, and its first end stays. What you chose here was not saved."))


def _again(sealed, editor: Editor):
    """The text, sealed once more for another row; None where there is none."""
    return _seal(sealed.open(editor.episode.client.data_key), editor) if sealed else None
