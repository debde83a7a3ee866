"""Supervision: whom one meets, the open meeting of two, and those that are over."""

from functools import wraps
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.advising import SupervisionOver, check_advise, opened_once
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.refusal import Refused
from alliance.requests import say_overtaken, status_of
from alliance.scopes import memberships_of
from ratings.meetings import actions
from ratings.meetings.agenda import agenda_of, said_so_far
from ratings.meetings.forms import (
    AddCaseForm,
    MeetingCaseForm,
    MeetingCloseForm,
    MeetingDayForm,
    StepDoneForm,
    TogetherCloseForm,
    TogetherForm,
    reflected_on,
    texts_in,
)
from ratings.meetings.past import past_meeting, supervisees_of, supervision_page
from ratings.meetings.together import FIELD, Together
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
            now = timezone.now()  # another one may have been asked for since
            ends = [
                row.ends_at for row in opened_once(request.user, over.therapist) if row.ends_at and row.ends_at <= now
            ]
            context = {"therapist": over.therapist.display_name, "ended_at": max(ends, default=None)}
            context["unsaved"] = texts_in(request.POST)
            return render(request, "ratings/meetings/meeting_over.html", context | SECTION, status=403)

    return answer


SECTION = {"section": "supervision"}
GONE = gettext_lazy(
    "You no longer supervise %(names)s. Nothing is closed yet: press again to close the meetings with the others."
)


@require_safe
def supervision(request):
    roles = _roles(request)
    if not any(roles.values()):
        raise access.Denied("supervision_page")
    return _supervision(request, **roles)


def _roles(request):
    return {
        role: any(getattr(membership, f"is_{role}") for membership in memberships_of(request.user))
        for role in ("supervisor", "therapist")
    }


def _supervision(request, *, supervisor, therapist, form=None, status=200):
    """The page; `form`: whom to meet at once, as it was sent."""
    page = supervision_page(request.user, is_supervisor=supervisor, is_therapist=therapist)
    audit.record_code(audit.Verb.LISTED, "meeting", by=request.user, count=len(page.past))
    context = {"page": page, "form": form or TogetherForm(people=page.supervisees)}
    return render(request, "ratings/meetings/supervision.html", context | SECTION, status=status)


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
    form = MeetingCaseForm(request.POST, case_code=case, mark=stood.mark, initial=_initial(stood))
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.write_down(adviser=adviser, episode=episode, **given)
        except actions.WrittenMeanwhile as refusal:
            form.say_changed(refusal, said_so_far(adviser, episode).mark)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            episode.refresh_from_db(fields=["ends_at"])
            messages.success(request, _saved(given["step"], has_ended=episode.ends_at is not None))
            return _back(request, code)
    together = _together_with(request, code)
    if together:
        return _answer_together(request, together, added=str(case), sent=form, status=status_of(form))
    return _answer(request, _adviser(request, code), added=str(case), sent=form, status=status_of(form))


def _saved(step, *, has_ended):
    if not step:
        return _("Saved.")
    if has_ended:  # while the page was open: what is to do in it is on nobody's Today
        return _("Saved. This therapy has ended meanwhile, so the step is not on the therapist’s Today.")
    return _("Saved. The step is on the therapist’s Today.")


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
            given = form.cleaned_data
            closed = actions.close_meeting(
                adviser=adviser, reflection=given["reflection"], next_day=given["next_day"], code=given["form_key"]
            )
        except actions.NotThisMeeting as refusal:
            form.say_stale(refusal)
        except Refused as refusal:
            form.add_error("reflection", str(refusal))
        else:
            messages.success(request, _("Closed. What is not done comes back at the next meeting."))
            return redirect("ratings:meeting-past", closed.code)
    return _answer(request, adviser, close=form, status=status_of(form))


@require_safe
@says_when_over
def meeting_together(request):
    access.check_place(request.memberships, "supervisor")
    form = TogetherForm(request.GET, people=supervisees_of(request.user))
    if form.is_valid():
        together = Together.of(request.user, form.cleaned_data[FIELD])
        if together.is_of_one_practice:
            return _answer_together(request, together)
        form.add_error(FIELD, _("Choose therapists of one practice."))
    return _supervision(request, **_roles(request), form=form, status=422)


@require_POST
@says_when_over
def together_close(request):
    access.check_role(request.user, "supervisor")
    together = Together.of(request.user, request.GET.getlist(FIELD))
    if not together.advisers:
        raise together.gone[0] if together.gone else BadRequest("Nobody is named")
    typed_about = Together.of(request.user, reflected_on(request.POST))
    form = TogetherCloseForm(request.POST, together=together, gone=typed_about.gone)
    is_valid = form.is_valid()
    if together.gone:
        say_overtaken(form, GONE % {"names": together.gone_names})
    elif is_valid:
        try:
            closed = actions.close_meetings(closings=form.closings, next_day=form.cleaned_data["next_day"])
        except actions.NotThisMeeting as refusal:
            form.say_stale(refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            _say_closed(request, together, closed)
            return redirect("ratings:supervision")
    return _answer_together(request, together, closing=form, status=status_of(form))


def _say_closed(request, together, closed):
    messages.success(request, _("Closed. What is not done comes back at the next meeting."))
    done = {meeting.therapist_id for meeting in closed}
    left = [row.therapist.display_name for row in together.advisers if row.therapist.pk not in done]
    if left:
        sentence = _("Nothing was written for %(names)s, so their meeting stays open.")
        messages.info(request, sentence % {"names": ", ".join(left)})


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
        raise BadRequest("There is no such answer")
    is_done = form.cleaned_data["done"] == "yes"
    try:
        say_step(right=right, step=step, is_done=is_done)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Done.") if is_done else _("It is open again."))
    return redirect("ratings:today") if is_own else _back(request, step.episode.therapist.code)


def _adviser_of(request, episode):
    try:
        return check_advise(request.user, episode.therapist.code)
    except access.NotVisible:  # they see the case, as they cover for its therapist
        raise access.Denied("episode", episode.code) from None


def _together_with(request, code):
    """Those whom the address names, where this therapist is one of them, and still met; else None."""
    codes = request.GET.getlist(FIELD)
    if str(code) not in codes:
        return None
    try:
        together = Together.of(request.user, codes)
    except access.NotVisible:  # somebody wrote another name into the address
        return None
    return together if str(code) in together.codes else None


def _back(request, code):
    """To the page on which the form stood: of this therapist, or of all who are met at once while they are several."""
    together = _together_with(request, code)
    if together and together.gone:
        messages.info(request, _("You no longer supervise %(names)s.") % {"names": together.gone_names})
    if together and len(together.advisers) > 1:
        return redirect(reverse("ratings:meeting-together") + together.query)
    return redirect("ratings:meeting", code)


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
    agenda, entries = _agenda(adviser, added, sent)
    close = forms.get("close") or MeetingCloseForm()
    close.show("form_key", agenda.code)
    context = {
        "page": agenda,
        "now": timezone.localtime(),
        "entries": entries,
        "opened": added,
        "add": AddCaseForm(cases=agenda.others),
        "day": forms.get("day") or MeetingDayForm(initial={"day": agenda.planned_for}),
        "close": close,
        "form": sent or next(iter(forms.values()), None),
        "unsaved": _without_a_place(sent, added, entries),
    }
    return render(request, "ratings/meetings/meeting.html", context | SECTION, status=status)


def _answer_together(request, together, added="", sent=None, closing=None, status=200):
    """The page of all who are met at once; `sent`: the form of the case `added`."""
    timezone.activate(ZoneInfo(together.advisers[0].membership.practice.zone))
    added = added or AddCaseForm(request.GET, cases=[]).chosen
    closing = closing or TogetherCloseForm(together=together)
    parts = []
    for adviser in together.advisers:
        agenda, entries = _agenda(adviser, added, sent)
        closing.show(f"meeting_{agenda.therapist_code}", agenda.code)
        parts.append((agenda, entries, AddCaseForm(cases=agenda.others, auto_id=f"add_{agenda.therapist_code}_%s")))
    context = {
        "together": together,
        "parts": parts,
        "now": timezone.localtime(),
        "opened": added,
        "closing": closing,
        "form": sent or closing,
        "unsaved": _without_a_place(sent, added, [entry for _page, entries, _add in parts for entry in entries]),
    }
    return render(request, "ratings/meetings/meeting_together.html", context | SECTION, status=status)


def _without_a_place(sent, added, entries):
    """What was written about a case that left the agenda while the page was open: it has no form there."""
    return texts_in(sent.data) if sent and all(item.case.code != added for item, _form in entries) else []


def _agenda(adviser, added, sent):
    """The agenda of a therapist, and its cases each with its form. The audit has the reading."""
    agenda = agenda_of(adviser, added)
    by = adviser.membership
    audit.record_code(audit.Verb.LISTED, "episode", by=by, practice=by.practice, count=agenda.open_cases)
    return agenda, [(item, sent if sent and item.case.code == added else _form_of(item)) for item in agenda.cases]


def _form_of(item):
    return MeetingCaseForm(case_code=item.case.code, mark=item.said.mark, initial=_initial(item.said))
