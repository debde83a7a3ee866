"""The week of a therapist: what stands in it, and the forms that plan, move and cancel."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.dates import DateFormat, UnreadableDay, read_day, written, zone_in_words
from alliance.drafts.done import done_with
from alliance.models.episode import OF_EPISODE
from alliance.refusal import Refused
from ratings.week import actions
from ratings.week.forms import CancelForm, LeaveForm, MoveForm, PlanForm
from ratings.week.leave import NotChosen, end_leaves, take_leaves
from ratings.week.week import plannable_episodes, week_of
from sessions.models import Leave, TherapySession
from sessions.schedule.clashes import NeedsYes

LONGEST_TURN = timedelta(days=5 * 365)  # convention of this app
SESSIONS = TherapySession.objects.not_voided().select_related(*OF_EPISODE)


@require_safe
def week(request):
    therapists = access.check_place(request.memberships, "therapist")
    return _week_page(request, therapists, day=_asked_day(request))


def _asked_day(request):
    """The day that the address asks for; today where it asks for none, or for nonsense."""
    try:
        return read_day(request.GET.get("day", ""))
    except UnreadableDay:
        return timezone.localdate()


def _drawable(day):
    """The day, or today where it is a slip of the year: the week of a day in the year 9999 may have no Sunday."""
    today = timezone.localdate()
    return day if abs(day - today) < LONGEST_TURN else today


@require_safe
def planned_session(request, code):
    """The week of a session, with the fields to move and to cancel it."""
    row, _editor, therapists = _own_planned(request, code)
    return _week_page(request, therapists, row=row)


def _own_planned(request, code):
    row = get_visible_or_404(SESSIONS, request.user, code=code)
    editor = access.check_log(request.user, row.episode)
    return row, editor, access.check_role(request.user, "therapist")


def _is_covered(request, row):
    return row.episode.therapist.user_id != request.user.pk


def _week_page(request, therapists, *, day=None, row=None, move=None, cancel=None, plan=None, leave=None):
    """The page; of the forms each that was sent, with its errors, and the others empty."""
    by = therapists[0]
    day = _drawable(day or timezone.localdate(row.starts_at if row else None))
    page = week_of(request.user, therapists, day, open_row=row)
    audit.record_code(audit.Verb.LISTED, "therapysession", by=by, practice=by.practice, count=page.sessions)
    cases = plannable_episodes(request.user)
    sent = next((form for form in (move, cancel, plan, leave) if form is not None), None)
    context = {
        "week": page,
        "row": row,
        "move": move or (MoveForm(planned=row) if row else None),
        "cancel": cancel or (CancelForm(planned=row, is_covered=_is_covered(request, row)) if row else None),
        "plan": plan or PlanForm(cases=cases, user=request.user, initial={"day": max(day, timezone.localdate())}),
        "leave": leave or LeaveForm(),
        "cases": cases,
        "form": sent,
        "zone": zone_in_words(timezone.get_current_timezone_name()),
        "section": "week",
    }
    return render(request, "ratings/week/week.html", context, status=422 if sent else 200)


@require_POST
def week_plan(request):
    therapists = access.check_role(request.user, "therapist")
    form = PlanForm(request.POST, cases=plannable_episodes(request.user), user=request.user)
    row = _plan(form, request) if form.is_valid() else None
    if row is None:
        return _week_page(request, therapists, day=form.cleaned_data.get("day"), plan=form)
    done_with(request)
    return redirect(_at(row))


def _plan(form, request):
    """The first of the planned sessions; None with an error in the form."""
    episode, editor = form.episode, form.editor
    try:
        return form.make_once(
            TherapySession.objects.filter(episode=episode),
            lambda: _planned(form, editor, request),
            _("This form was saved already. To plan this as another session, send it again."),
            _at,
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
    except NeedsYes as asked:
        form.warn(asked.warnings)
    return None


def _planned(form, editor, request):
    typed = form.cleaned_data
    planned = actions.plan_sessions(
        editor=editor,
        spans=typed["spans"],
        zone=editor.episode.client.practice.zone,
        mode=typed["mode"],
        every_weeks=form.every_weeks,
        accepted=typed["accepted"],
        code=typed["form_key"],
    )
    messages.success(request, _planned_sentence(planned, editor.episode.client.display_name))
    return planned.rows[0]


def _planned_sentence(planned, name):
    rows = planned.rows
    first, last = (written(timezone.localtime(row.starts_at), DateFormat.WEEKDAY_TIME) for row in (rows[0], rows[-1]))
    if len(rows) == 1:
        return _("%(name)s: planned for %(first)s.") % {"name": name, "first": first}
    said = _("%(name)s: %(n)s sessions planned, from %(first)s to %(last)s.") % {
        "name": name,
        "n": len(rows),
        "first": first,
        "last": last,
    }
    left_out = len(planned.left_out)
    if left_out:
        said += " " + ngettext(
            "One day falls into your leave and is left out.",
            "%(n)s days fall into your leave and are left out.",
            left_out,
        ) % {"n": left_out}
    return said


def _at(row):
    """The address of the week that a session stands in."""
    return reverse("ratings:week") + f"?day={timezone.localdate(row.starts_at).isoformat()}"


# --- One session, or the rest of its series ---------------------------------------------------------------------------


@require_POST
def planned_session_move(request, code):
    row, editor, therapists = _own_planned(request, code)
    form = MoveForm(request.POST, planned=row)
    if form.is_valid():
        try:
            count = actions.move_planned(
                editor=editor,
                therapy_session=row,
                by_days=form.by_days,
                clock=form.cleaned_data["time"],
                zone=timezone.get_current_timezone(),
                with_rest=form.cleaned_data.get("with_rest", False),
                accepted=form.cleaned_data["accepted"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except NeedsYes as asked:
            form.warn(asked.warnings)
        else:
            sentence = ngettext("The session has moved.", "%(n)s sessions have moved.", count) % {"n": count}
            messages.success(request, sentence)
            return redirect(_at(SESSIONS.get(pk=row.pk)))
    return _week_page(request, therapists, row=row, move=form)


@require_POST
def planned_session_cancel(request, code):
    row, editor, therapists = _own_planned(request, code)
    form = CancelForm(request.POST, planned=row, is_covered=_is_covered(request, row))
    if form.is_valid():
        try:
            count = actions.cancel_planned(
                editor=editor,
                therapy_session=row,
                cancelled_by=form.cancelled_by,
                told_at=form.told_at,
                is_late=form.is_late,
                with_rest=form.cleaned_data.get("with_rest", False),
                accepted=form.cleaned_data["accepted"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except NeedsYes as asked:
            form.warn(asked.warnings)
        else:
            sentence = ngettext("The session is cancelled.", "%(n)s sessions are cancelled.", count) % {"n": count}
            messages.success(request, sentence)
            return redirect(_at(row))
    return _week_page(request, therapists, row=row, cancel=form)


@require_POST
def session_restore(request, code):
    row, editor, _therapists = _own_planned(request, code)
    try:
        known = actions.restore_planned(editor=editor, therapy_session=row)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The session is planned again."))
        for sentence in known:
            messages.warning(request, sentence)
    return redirect(_at(row))


# --- Leave ------------------------------------------------------------------------------------------------------------


@require_POST
def leave_take(request):
    therapists = access.check_role(request.user, "therapist")
    form = LeaveForm(request.POST)
    leave = _take(form, therapists, request) if form.is_valid() else None
    if leave is None:
        return _week_page(request, therapists, day=form.cleaned_data.get("first"), leave=form)
    done_with(request)
    return redirect(_at(leave))


def _take(form, therapists, request):
    """The leave; None with an error in the form."""

    def take():
        taken = take_leaves(
            therapists=therapists,
            first=form.cleaned_data["first"],
            last=form.cleaned_data["last"],
            choice=form.chosen,
            code=form.cleaned_data["form_key"],
        )
        messages.success(request, _leave_sentence(taken))
        return taken.leave

    try:
        return form.make_once(
            Leave.objects.filter(therapist__in=therapists),
            take,
            _("This form was saved already. To save this as another leave, send it again."),
            _at,
        )
    except NotChosen:
        form.ask_choice()
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return None


def _leave_sentence(taken):
    said = [_("Your leave is saved.")]
    if taken.moved:
        said.append(ngettext("One session has moved.", "%(n)s sessions have moved.", taken.moved) % {"n": taken.moved})
    if taken.cancelled:
        sentence = ngettext("One session is cancelled.", "%(n)s sessions are cancelled.", taken.cancelled)
        said.append(sentence % {"n": taken.cancelled})
    if taken.moved or taken.cancelled:
        said.append(_("Please tell the clients: no message about this goes out."))
    return " ".join(said)


@require_POST
def leave_end(request, code):
    therapists = access.check_role(request.user, "therapist")
    leave = Leave.objects.filter(code=code, therapist__in=therapists).select_related("therapist__practice").first()
    if leave is None:
        raise access.NotVisible("leave", code)
    count = end_leaves(leave=leave, therapists=therapists)
    said = _("Your leave is taken back.")
    if count:
        sentence = ngettext("One session is planned again.", "%(n)s sessions are planned again.", count)
        said += " " + sentence % {"n": count}
    messages.success(request, said)
    return redirect(_at(leave))
