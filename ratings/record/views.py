"""The page of a therapy session, the list of all, and what corrects the record."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit, scopes
from alliance.access import Editor, NotVisible, get_visible_or_404
from alliance.dates import zone_in_words
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.page_scripts import draws_charts
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post, say_overtaken, status_of
from ratings.check_in import instrument_choice
from ratings.check_in.actions import AlreadyAnswered, SessionVoided, correct_entered_answers, mark_read
from ratings.check_in.answers import stored_answers
from ratings.check_in.forms import EnteredAnswersForm
from ratings.check_in.rate_first import check_rated
from ratings.detection.forms import StrainForm
from ratings.detection.verdicts import judge_session
from ratings.models import CheckIn, Draw, Rating
from ratings.psychometrics.evidence import Rater
from ratings.record.actions import (
    LogUndone,
    NoteChanged,
    bring_back_session,
    correct_session,
    refile_session,
    remove_session,
)
from ratings.record.forms import SessionCorrectForm, SessionRefileForm, SessionRemoveForm
from ratings.record.session_page import session_page as page_of
from ratings.record.sessions import session_list as list_of
from ratings.record.sheet import case_sheet as sheet_of
from sessions.models import Attendance, TherapySession
from sessions.record.actions import own_note
from sessions.schedule.clashes import NeedsYes

CASES = Episode.objects.select_related(*EPISODE_NEEDS, "therapist__practice__data_key", "standing__rupture")
SESSIONS = TherapySession.objects.select_related(*OF_EPISODE, "episode__standing", "voided_by__practice__data_key")
GONE_MEANWHILE = gettext_lazy("This session was removed from the record meanwhile. Nothing was saved.")
UNDONE_MEANWHILE = gettext_lazy(
    "The log of this session was undone meanwhile. Nothing was saved: log the session again, and copy your text there."
)
REMOVED_BEFORE = gettext_lazy("This session had been removed already. The first reason stays; yours was not saved.")
# What a client ticks beside the sentences and the plan; the fields of the form have these names.
TICKED = (
    "tension", "tension_strength", "tension_talked_about", "repair_talked", "repair_helped", "bring_up",
)  # fmt: skip


@require_safe
def session_page(request, code):
    therapy_session = _in_zone(get_visible_or_404(SESSIONS, request.user, code=code))
    audit.record(audit.Verb.READ, therapy_session, by=request.user, practice=therapy_session.episode.client.practice)
    check_rated(therapy_session.episode, request.user)
    page = page_of(therapy_session, request.user)
    if page.can_log and request.method == "GET":
        editor = access.check_log(request.user, therapy_session.episode)
        mark_read(editor=editor, therapy_session=therapy_session)
    section = "cases" if page.can_log else "caseload"
    return render(request, "ratings/record/session_page.html", {"page": page, "section": section})


@require_safe
def session_list(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)
    check_rated(episode, request.user)
    page = list_of(episode, request.user, removed="removed" in request.GET)
    section = "cases" if page.can_log else "caseload"
    return render(request, "ratings/record/session_list.html", {"page": page, "section": section})


@require_safe
@draws_charts
def case_sheet(request, code):
    episode = get_visible_or_404(CASES, request.user, code=code)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)
    check_rated(episode, request.user)
    context = {"page": sheet_of(episode, request.user), "section": "cases"}
    return render(request, "ratings/record/case_sheet.html", context)


@require_POST
def session_strain(request, code):
    """Whether there was strain in a session that was drawn. An answer that a flag has overtaken is kept as well."""
    therapy_session = _in_zone(get_visible_or_404(SESSIONS, request.user, code=code))
    editor = access.check_log(request.user, therapy_session.episode)
    check_rated(therapy_session.episode, request.user)
    draw = Draw.objects.filter(therapy_session=therapy_session, is_drawn=True).first()
    if draw is None:
        raise NotVisible("draw", code)
    form = StrainForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such answer")
    judge_session(editor=editor, draw=draw, answer=form.cleaned_data["strain"])
    messages.success(request, _("Thanks, noted."))
    if form.cleaned_data["came_from"] == StrainForm.CameFrom.TODAY:
        return redirect("ratings:today")
    return redirect("ratings:session-page", therapy_session.code)


def _in_zone(therapy_session):
    timezone.activate(ZoneInfo(therapy_session.episode.client.practice.zone))
    return therapy_session


def _own_session(request, code, sessions=SESSIONS):
    therapy_session = _in_zone(get_visible_or_404(sessions, request.user, code=code))
    return therapy_session, access.check_edit(request.user, therapy_session.episode)


# --- Correct ----------------------------------------------------------------------------------------------------------


@require_page_or_post
def session_correct(request, code):
    therapy_session, editor = _own_session(request, code, SESSIONS.not_voided())
    if therapy_session.attendance == Attendance.PLANNED and request.method != "POST":
        return redirect("ratings:planned-session-log", therapy_session.code)
    form = _correct_form(request, editor, therapy_session)
    if form.is_valid() and (done := _correct(form, editor, therapy_session)):
        messages.success(request, done)
        return redirect("ratings:session-page", therapy_session.code)
    context = {"zone": zone_in_words(timezone.get_current_timezone_name())}
    return _page(request, "ratings/record/session_correct.html", form, therapy_session, context)


def _correct_form(request, editor: Editor, therapy_session):
    own = therapy_session.ratings.filter(replaced_at__isnull=True, rater=Rater.THERAPIST)
    rating = own.select_related("text__instrument").first()
    return SessionCorrectForm(
        posted(request),
        episode=therapy_session.episode,
        on_record=therapy_session,
        text=rating.text if rating else _questions(therapy_session),
        rating=rating,
        note=own_note(therapy_session, editor.membership),
    )


def _questions(therapy_session):
    """What the therapist would have been asked when the session was logged."""
    client = therapy_session.episode.client
    number = instrument_choice.number_at(therapy_session.episode, therapy_session.starts_at)
    key = instrument_choice.therapist_instrument_for(client, number)
    return instrument_choice.own_text(key, client.practice.language)


def _correct(form, editor: Editor, therapy_session):
    """Saves what was set right, and says so; empty, with an error in the form, where something else came first."""
    typed = {name: form.cleaned_data[name] for name in ("mode", "attendance", "noticed", "private_note", "reason")}
    changed = False
    try:
        changed = correct_session(
            editor=editor,
            therapy_session=therapy_session,
            text=form.text,
            answers=form.answers if form.text else None,
            note_shown=form.cleaned_data["note_shown"],
            accepted=form.cleaned_data["accepted"],
            **form.times,
            **typed,
        )
    except NeedsYes as asked:
        form.warn(asked.warnings)
    except NoteChanged as error:
        form.show_both_notes(error.note, editor.episode.client.data_key)
    except SessionVoided:
        say_overtaken(form, GONE_MEANWHILE)
    except LogUndone:
        say_overtaken(form, UNDONE_MEANWHILE)
    except IntegrityError:
        if not form.says_taken():
            raise
    if form.errors:
        return ""
    return _("Saved. What stood before is kept.") if changed else _("Nothing is changed: it stood so already.")


@require_page_or_post
def check_in_correct(request, code):
    """Answers that were typed from paper, set right."""
    check_ins = CheckIn.objects.not_voided().select_related("therapy_session", "text__instrument", *OF_EPISODE)
    check_in = get_visible_or_404(check_ins, request.user, code=code)
    editor = access.check_edit(request.user, check_in.episode)
    check_rated(check_in.episode, request.user)
    timezone.activate(ZoneInfo(check_in.episode.client.practice.zone))
    typed = check_in.ratings.filter(replaced_at__isnull=True, rater=Rater.CLIENT, mode=Rating.Mode.PAPER)
    rating = typed.select_related("episode__client__data_key").first()
    if rating is None and request.method != "POST":
        return redirect("ratings:session-page", check_in.therapy_session.code)
    form = EnteredAnswersForm(posted(request), check_in=check_in, initial=_as_entered(rating))
    if form.is_valid() and _correct_entered(form, editor, check_in):
        messages.success(request, _("Corrected. The first entry is kept."))
        return redirect("ratings:session-page", check_in.therapy_session.code)
    return _page(request, "ratings/record/check_in_correct.html", form, check_in.therapy_session)


def _as_entered(rating):
    if rating is None:
        return {}
    answers = stored_answers(rating)
    rest = {name: getattr(answers, name) for name in (*TICKED, "comment")}
    rest |= EnteredAnswersForm.initial_of_plan(answers.plan)
    return answers.items | rest | {"day": timezone.localdate(rating.answered_at)}


def _correct_entered(form, editor: Editor, check_in):
    try:
        correct_entered_answers(
            editor=editor, check_in=check_in, answers=form.client_answers, answered_at=form.answered_at
        )
    except AlreadyAnswered:
        form.add_error(None, _("The client has answered this check-in. Their own answers stand."))
    except SessionVoided:
        say_overtaken(form, GONE_MEANWHILE)
    return not form.errors


# --- Remove, bring back, file elsewhere -------------------------------------------------------------------------------


@require_page_or_post
def session_remove(request, code):
    therapy_session, editor = _own_session(request, code)
    form = SessionRemoveForm(posted(request))
    if therapy_session.voided_at and request.method != "POST":
        messages.info(request, _("This session had been removed already. The first reason stays."))
        return redirect("ratings:session-page", therapy_session.code)
    if form.is_valid() and _remove(form, editor, therapy_session):
        messages.success(request, _("Removed from the record. You can bring it back here."))
        return redirect("ratings:session-page", therapy_session.code)
    return _page(request, "ratings/record/session_remove.html", form, therapy_session)


def _remove(form, editor: Editor, therapy_session):
    try:
        remove_session(editor=editor, therapy_session=therapy_session, reason=form.cleaned_data["reason"])
    except SessionVoided:
        say_overtaken(form, REMOVED_BEFORE)
    return not form.errors


@require_POST
def session_bring_back(request, code):
    therapy_session, editor = _own_session(request, code)
    try:
        bring_back_session(editor=editor, therapy_session=therapy_session)
    except Refused as error:
        messages.error(request, str(error))
    except IntegrityError:
        messages.error(request, _("Another session is on record at this time."))
    else:
        messages.success(request, _("The session is back on record, and its answers count again."))
    return redirect("ratings:session-page", therapy_session.code)


@require_page_or_post
def session_refile(request, code):
    therapy_session, editor = _own_session(request, code, SESSIONS.not_voided())
    others = scopes.own_episodes(request.user).filter(therapist=editor.membership)
    others = others.exclude(pk=therapy_session.episode_id).select_related(*EPISODE_NEEDS)
    form = SessionRefileForm(posted(request), episodes=others, filed_under=therapy_session.episode)
    if form.is_valid():
        there = _refile(request, form, editor, therapy_session)
        if there:
            messages.success(request, _("The session is in this client's record now."))
            return redirect("ratings:session-page", there.code)
    context = {"page": page_of(therapy_session, request.user)}
    return _page(request, "ratings/record/session_refile.html", form, therapy_session, context)


def _refile(request, form, editor: Editor, therapy_session):
    to = access.check_edit(request.user, form.episode)
    try:
        return refile_session(editor=editor, to=to, therapy_session=therapy_session, reason=form.cleaned_data["reason"])
    except Refused as error:
        form.add_error("case", str(error))
    except SessionVoided:
        say_overtaken(form, GONE_MEANWHILE)
    except IntegrityError:
        form.add_error("case", _("This client has another session on record at this time."))
    return None


def _page(request, template, form, therapy_session, context=None):
    context = {"form": form, "therapy_session": therapy_session, "section": "cases"} | (context or {})
    return render(request, template, context, status=status_of(form))
