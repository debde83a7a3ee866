"""Supervision: whom one meets, the open meeting of two, and those that are over."""

from functools import wraps
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.advising import SupervisionOver, check_advise
from alliance.models import Episode, Supervision
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.refusal import Refused
from alliance.scopes import memberships_of
from ratings.meetings import actions
from ratings.meetings.agenda import agenda_of, said_so_far
from ratings.meetings.forms import AddCaseForm, MeetingCaseForm, MeetingCloseForm, MeetingDayForm, StepDoneForm
from ratings.meetings.past import past_meeting, supervision_page
from ratings.models import Meeting, NextStep
from ratings.supervision.steps import say_step


def says_when_over(view):
    """Whoever supervised the therapist until lately is told so, instead of a bare refusal."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except SupervisionOver as over:
            audit.record_code(audit.Verb.DENIED, over.subject_type, over.subject_code, by=request.user)
            own = Supervision.objects.filter(supervisor__user=request.user, therapist=over.therapist)
            context = {"therapist": over.therapist.display_name, "last": own.order_by("-ends_at").first()}
            return render(request, "ratings/meetings/meeting_over.html", context | SECTION, status=403)

    return answer


SECTION = {"section": "supervision"}


@require_safe
def supervision(request):
    roles = {
        role: any(getattr(membership, f"is_{role}") for membership in memberships_of(request.user))
        for role in ("supervisor", "therapist")
    }
    if not any(roles.values()):
        raise access.Denied("supervision_page")
    page = supervision_page(request.user, is_supervisor=roles["supervisor"], is_therapist=roles["therapist"])
    audit.record_code(audit.Verb.LISTED, "meeting", by=request.user, count=len(page.past))
    return render(request, "ratings/meetings/supervision.html", {"page": page} | SECTION)


@require_safe
@says_when_over
def meeting(request, code):
    return _answer(request, _adviser(request, code))


@require_POST
@says_when_over
def meeting_case(request, code, case):
    adviser = _adviser(request, code)
    episodes = Episode.objects.filter(therapist=adviser.therapist).select_related(*EPISODE_NEEDS)
    episode = get_visible_or_404(episodes, request.user, code=case)
    stood = said_so_far(adviser, episode)
    form = MeetingCaseForm(request.POST, case_code=case, initial=_initial(stood))
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.write_down(adviser=adviser, episode=episode, **given)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            sentence = _("Saved. The step is on the therapist’s Today.") if given["step"] else _("Saved.")
            messages.success(request, sentence)
            return redirect("ratings:meeting", code)
    return _answer(request, adviser, added=str(case), sent=form, status=422)


@require_POST
@says_when_over
def meeting_day(request, code):
    adviser = _adviser(request, code)
    form = MeetingDayForm(request.POST)
    if not form.is_valid():
        return _answer(request, adviser, day=form, status=422)
    actions.plan_meeting(adviser=adviser, day=form.cleaned_data["day"])
    messages.success(request, _("Saved. The therapist sees the day on their page of supervision."))
    return redirect("ratings:meeting", code)


@require_POST
@says_when_over
def meeting_close(request, code):
    adviser = _adviser(request, code)
    form = MeetingCloseForm(request.POST)
    if form.is_valid():
        try:
            closed = actions.close_meeting(adviser=adviser, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("reflection", str(refusal))
        else:
            messages.success(request, _("Closed. What is not done comes back at the next meeting."))
            return redirect("ratings:meeting-past", closed.code)
    return _answer(request, adviser, close=form, status=422)


@require_safe
def meeting_past(request, code):
    meetings = Meeting.objects.filter(closed_at__isnull=False)
    meetings = meetings.select_related("supervisor__practice__data_key", "therapist__practice__data_key")
    row = get_visible_or_404(meetings, request.user, code=code)
    timezone.activate(ZoneInfo(row.supervisor.practice.zone))
    audit.record(audit.Verb.READ, row, by=request.user, practice=row.supervisor.practice)
    page = past_meeting(row, request.user)
    return render(request, "ratings/meetings/meeting_past.html", {"page": page} | SECTION)


@require_POST
@says_when_over
def step_done(request, code):
    """The therapist says it, or the supervisor in the meeting."""
    step = get_visible_or_404(NextStep.objects.select_related(*OF_EPISODE), request.user, code=code)
    form = StepDoneForm(request.POST)
    is_own = access.can_edit(request.user, step.episode)
    right = access.check_edit(request.user, step.episode) if is_own else _adviser_of(request, step.episode)
    if not form.is_valid():
        raise SuspiciousOperation("There is no such answer.")
    is_done = form.cleaned_data["done"] == "yes"
    say_step(right=right, step=step, is_done=is_done)
    messages.success(request, _("Done.") if is_done else _("It is open again."))
    return redirect("ratings:today") if is_own else redirect("ratings:meeting", step.episode.therapist.code)


def _adviser_of(request, episode):
    try:
        return check_advise(request.user, episode.therapist.code)
    except access.NotVisible:  # they see the case, as they cover for its therapist
        raise access.Denied("episode", episode.code) from None


def _adviser(request, code):
    adviser = check_advise(request.user, code)
    timezone.activate(ZoneInfo(adviser.membership.practice.zone))
    return adviser


def _initial(item):
    """What the meeting has said of a case so far, for its form."""
    if not item.is_settled:
        return {}
    note = {"note": item.note.text, "reader": item.note.reader} if item.note else {}
    return note | ({"step": item.step.text, "due_on": item.step.due_on} if item.step else {})


def _answer(request, adviser, added="", sent=None, status=200, **forms):
    """The page; `sent`: the form of the case `added`."""
    added = added or AddCaseForm(request.GET, cases=[]).chosen
    agenda = agenda_of(adviser, added)
    by = adviser.membership
    audit.record_code(audit.Verb.LISTED, "episode", by=by, practice=by.practice, count=agenda.open_cases)
    entries = [(item, sent if sent and item.case.code == added else _form_of(item)) for item in agenda.cases]
    context = {
        "page": agenda,
        "now": timezone.localtime(),
        "entries": entries,
        "opened": added,
        "add": AddCaseForm(cases=agenda.others),
        "day": forms.get("day") or MeetingDayForm(initial={"day": agenda.planned_for}),
        "close": forms.get("close") or MeetingCloseForm(),
        "form": sent or next(iter(forms.values()), None),
    }
    return render(request, "ratings/meetings/meeting.html", context | SECTION, status=status)


def _form_of(item):
    return MeetingCaseForm(case_code=item.case.code, initial=_initial(item.said))
