"""What is done about a rupture: the writes.

Keyword-only, one transaction each, audit inside.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.refusal import Refused
from ratings.detection.history import held_sessions
from ratings.detection.reassess import lock_for_edit, lock_for_log, reassess
from ratings.detection.shadow import keep_back
from ratings.models import RepairStep, Rupture, RuptureView, SetAside, Standing
from sessions.plan.actions import agree_task


class RuptureOver(Exception):
    """It ended, or was set aside, in the meantime; how it ended stands."""


class NotSettledLower(Exception):
    """The ratings have not settled lower after this rupture, or are back, or the level was taken before."""


@transaction.atomic
def rebase_usual(*, editor: Editor, rupture, reason):
    """Takes the level that the ratings settled at for the usual one, with the therapist's reason.

    From then on it is compared with that level. How the rupture ended stands.

    Raises
    ------
    NotSettledLower
        There is no lower level to take.
    """
    lock_for_edit(editor, rupture)
    rupture.refresh_from_db()
    if rupture.rebased_reason and rupture.rebased_reason.open(editor.episode.client.data_key) == reason:
        return  # a second click
    held = held_sessions(editor.episode)
    lies_lower = rupture.state == Rupture.RuptureState.SETTLED_LOWER
    if rupture.state == Rupture.RuptureState.SET_ASIDE:
        lies_lower = Standing.objects.get(episode=editor.episode).settled_since is not None
    if not lies_lower or rupture.rebased_at or not held:
        raise NotSettledLower
    rupture.rebased_session, rupture.rebased_at = held[-1].row, timezone.now()
    rupture.rebased_by = editor.membership
    rupture.rebased_reason = Sealed(reason, editor.episode.client.data_key)
    rupture.save(update_fields=["rebased_session", "rebased_at", "rebased_by", "rebased_reason"])
    audit.record(Verb.CHANGED, rupture, by=editor.membership)
    reassess(editor.episode)


@transaction.atomic
def set_rupture_aside(*, editor: Editor, rupture, reason):
    """Looked at and put away, with a reason; a replay does not bring it back.

    Raises
    ------
    RuptureOver
        It is neither open nor recovering any more.
    """
    lock_for_edit(editor, rupture)
    rupture.refresh_from_db(fields=["state", "aside_reason"])
    now, key = timezone.now(), editor.episode.client.data_key
    said = rupture.aside_reason.open(key) if rupture.aside_reason else ""  # an import brings no words
    if rupture.state == Rupture.RuptureState.SET_ASIDE and said == reason:
        return  # a second click
    if not rupture.is_active:
        raise RuptureOver
    rupture.state, rupture.closed_at = Rupture.RuptureState.SET_ASIDE, now
    rupture.aside_reason = Sealed(reason, key)
    rupture.save(update_fields=["state", "closed_at", "aside_reason"])
    SetAside.objects.create(
        episode=editor.episode, rupture=rupture, reason=Sealed(reason, key), by=editor.membership, at=now
    )
    audit.record(Verb.CHANGED, rupture, by=editor.membership)
    reassess(editor.episode)


@transaction.atomic
def bring_rupture_back(*, editor: Editor, rupture):
    """Takes back that a rupture was set aside; a replay says how it stands now.

    Raises
    ------
    Refused
        It is not set aside, or another one is open in the meantime.
    """
    lock_for_edit(editor, rupture)
    rupture.refresh_from_db(fields=["state", "closed_at"])
    if rupture.state != Rupture.RuptureState.SET_ASIDE:
        raise Refused(_("This is not set aside any more."))
    others = Rupture.objects.told().filter(episode=editor.episode, state__in=Rupture.ACTIVE)
    if others.filter(kept_back=rupture.kept_back).exists():
        raise Refused(_("Another one is open in the meantime. Work with that one."))
    keep_back(editor.episode.pk)
    rupture.state, rupture.closed_at, rupture.aside_reason = Rupture.RuptureState.OPEN, None, None
    rupture.save(update_fields=["state", "closed_at", "aside_reason"])
    SetAside.objects.filter(rupture=rupture, undone_at__isnull=True).update(
        undone_at=timezone.now(), undone_by=editor.membership
    )
    audit.record(Verb.CHANGED, rupture, by=editor.membership)
    reassess(editor.episode)


@transaction.atomic
def name_rupture(*, editor: Editor, therapy_session, kind, pillars, line=""):
    """A therapist names a strain that nobody else has named; the rupture.

    Raises
    ------
    Refused
        One is open already.
    """
    lock_for_edit(editor, therapy_session)
    if Rupture.objects.at_work().filter(episode=editor.episode).exists():
        raise Refused(_("One is open already. What you saw belongs to it."))
    keep_back(editor.episode.pk)
    rupture = Rupture.objects.create(
        episode=editor.episode,
        opened_session=therapy_session,
        opened_by=Rupture.OpenedBy.THERAPIST,
        kind=kind if kind in ("withdrawal", "confrontation") else "unclear",
        pillars=list(pillars),
        named_by=editor.membership,
        named_line=Sealed(line, editor.episode.client.data_key) if line else None,
    )
    RuptureView.objects.create(episode=editor.episode, rupture=rupture, kind=kind, said_by=editor.membership)
    audit.record(Verb.CREATED, rupture, by=editor.membership)
    reassess(editor.episode)
    return rupture


@transaction.atomic
def say_kind(*, editor: Editor, rupture, kind, signs):
    """What it looks like to the therapist, with the signs of it.

    Raises
    ------
    RuptureOver
        It is neither open nor recovering any more.
    """
    lock_for_edit(editor, rupture)
    _check_active(rupture)
    RuptureView.objects.create(
        episode=editor.episode, rupture=rupture, kind=kind, signs=list(signs), said_by=editor.membership
    )
    audit.record(Verb.CHANGED, rupture, by=editor.membership)


@transaction.atomic
def plan_step(*, editor: Editor, rupture, step, words, planned_for=None):
    """Plans a step of the repair; `planned_for` a session, or None for the next one whenever that is.

    Raises
    ------
    RuptureOver
        It is neither open nor recovering any more.
    """
    lock_for_edit(editor, rupture, *filter(None, [planned_for]))
    _check_active(rupture)
    _save_step(editor, rupture, step, RepairStep.Outcome.PLANNED, words=words, planned_for=planned_for)


@transaction.atomic
def say_step(*, editor: Editor, rupture, step, outcome, line="", logged_with=None):
    """What became of a step; the words that were planned stay with it.

    Open to who covers, as the log is. `logged_with`: the session whose log says so.

    Raises
    ------
    RuptureOver
        It is neither open nor recovering any more.
    """
    lock_for_log(editor, rupture, *filter(None, [logged_with]))
    _check_active(rupture)
    _save_step(
        editor,
        rupture,
        step,
        outcome,
        line=line,
        logged_with=logged_with,
        **_kept(_latest(rupture, step), editor.episode.client.data_key),
    )


@transaction.atomic
def put_into_plan(*, editor: Editor, rupture, code, **task):
    """Makes what was agreed a task of the plan, and marks the step with it; the task.

    `code` and `task`: as `agree_task` takes them.

    Raises
    ------
    RuptureOver
        It is neither open nor recovering any more.
    """
    lock_for_edit(editor, rupture)
    _check_active(rupture)
    made = agree_task(editor=editor, code=code, **task)
    agreed, key = _latest(rupture, RepairStep.Step.AGREE), editor.episode.client.data_key
    is_taken = agreed is not None and agreed.outcome in RepairStep.TAKEN
    _save_step(
        editor,
        rupture,
        RepairStep.Step.AGREE,
        agreed.outcome if is_taken else RepairStep.Outcome.DONE,
        line=agreed.line.open(key) if is_taken and agreed.line else "",
        **_kept(agreed, key) | {"task": made},
    )
    return made


def take_back_steps(*, therapy_session):
    """Takes back what the log of a session said of a repair."""
    said = RepairStep.objects.filter(logged_with=therapy_session, taken_back_at__isnull=True)
    said.update(taken_back_at=timezone.now())


def _check_active(rupture):
    rupture.refresh_from_db(fields=["state"])
    if not rupture.is_active:
        raise RuptureOver


def _latest(rupture, step):
    """What was said of a step last; None: nothing."""
    return RepairStep.objects.filter(rupture=rupture, step=step, taken_back_at__isnull=True).order_by("-pk").first()


def _kept(row, key):
    """What stays with a step whatever is said of it next."""
    if row is None:
        return {}
    return {"words": row.words.open(key) if row.words else "", "planned_for": row.planned_for, "task": row.task}


def _save_step(
    editor: Editor, rupture, step, outcome, *, words="", line="", planned_for=None, logged_with=None, task=None
):
    key = editor.episode.client.data_key
    row = RepairStep.objects.create(
        episode=editor.episode,
        rupture=rupture,
        step=step,
        outcome=outcome,
        words=Sealed(words, key) if words else None,
        line=Sealed(line, key) if line else None,
        planned_for=planned_for,
        logged_with=logged_with,
        task=task,
        said_by=editor.membership,
    )
    audit.record(Verb.CREATED, row, by=editor.membership)
