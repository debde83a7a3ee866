"""A therapy session is logged, moves, is voided."""

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import access
from alliance.access import Editor, get_visible_or_404
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.requests import posted, require_page_or_post
from ratings.cases.actions import AlreadyLogged, log_session, move_session, void_session
from ratings.cases.forms import SessionLogForm
from ratings.check_in import instrument_choice
from ratings.models import CheckIn
from sessions.models import Attendance, TherapySession
from sessions.schedule.forms import SESSION_MINUTES, SessionMoveForm, SessionVoidForm


@require_page_or_post
def session_log(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    return _log(request, episode)


@require_page_or_post
def planned_session_log(request, code):
    sessions = TherapySession.objects.not_voided()
    planned = get_visible_or_404(sessions.select_related(*OF_EPISODE), request.user, code=code)
    return _log(request, planned.episode, planned)


def _just_over():
    """The times of a session that ends now, started on a full five minutes."""
    start = timezone.localtime(timezone.now() - timedelta(minutes=SESSION_MINUTES))
    start = start.replace(minute=start.minute // 5 * 5, second=0)
    return {"day": start.date(), "time": start.time(), "minutes": SESSION_MINUTES}


def _times_of(therapy_session):
    start = timezone.localtime(therapy_session.starts_at)
    minutes = (therapy_session.ends_at - therapy_session.starts_at) // timedelta(minutes=1)
    return {"day": start.date(), "time": start.time(), "minutes": minutes}


def _log(request, episode, planned=None):
    editor = access.check_edit(request.user, episode)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    text = _questions(request, episode, planned)
    if text is None:
        messages.error(
            request, _("The questions for this client are not loaded here. Please tell who runs the program.")
        )
        return redirect("ratings:case", episode.code)
    initial = _times_of(planned) | {"mode": planned.mode} if planned else _just_over()
    form = SessionLogForm(posted(request), episode=episode, on_record=planned, initial=initial, text=text)
    if form.is_bound:
        return _receive(request, form, editor, planned)
    if planned and planned.attendance != Attendance.PLANNED:
        return redirect("ratings:case", episode.code)
    return _log_page(request, form)


def _questions(request, episode, planned):
    """The words to answer. What was answered is what stood on the page, also where a session was logged meanwhile."""
    language = episode.client.practice.language
    if sent := request.POST.get("instrument_key"):
        if (text := instrument_choice.own_text(sent, language)) is None:
            raise SuspiciousOperation("There is no such instrument.")
        return text
    number = instrument_choice.number_at(episode, planned.starts_at if planned else timezone.now())
    return instrument_choice.own_text(instrument_choice.instrument_for(episode.client, number), language)


def _receive(request, form, editor: Editor, planned):
    form.full_clean()
    episode = form.episode
    therapy_session = _logged_before(form, planned) or (_save(form, editor, planned) if form.is_valid() else None)
    if therapy_session is None:
        return _log_page(request, form)
    messages.success(request, _("Logged."))
    anchor = "#check-in" if CheckIn.objects.filter(therapy_session=therapy_session).exists() else ""
    return redirect(reverse("ratings:case", args=[episode.code]) + anchor)


def _logged_before(form, planned):
    """The session that this form has logged before with the same content: now its own time counts as taken."""
    if planned is None:
        row = form.row_made(_sessions_of(form.episode))
    else:
        row = planned if planned.attendance != Attendance.PLANNED else None
    if row is None or form.matches(row):
        return row
    if planned:
        form.add_error(None, _("This session has been logged already. What you typed here was not saved."))
    return None


def _save(form, editor: Editor, planned):
    """The logged session; None with a form error where another one took its place in the same moment."""
    typed = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "mode", "attendance", "private_note")}
    log = partial(
        log_session,
        editor=editor,
        zone=timezone.get_current_timezone_name(),
        answers=form.answers,
        instrument=form.instrument.key,
        **typed,
    )
    try:
        if planned:
            return log(planned=planned)
        return form.make_once(
            _sessions_of(form.episode),
            lambda: log(code=form.cleaned_data["form_key"]),
            _("This form was saved already. To log this as another session, send it again."),
        )
    except AlreadyLogged:
        planned.refresh_from_db()
        return _logged_before(form, planned)
    except IntegrityError:
        if not form.says_taken():
            raise
        return None


def _sessions_of(episode):
    return TherapySession.objects.filter(episode=episode).select_related(*OF_EPISODE)


def _log_page(request, form):
    context = {"form": form, "episode": form.episode, "section": "today"}
    return render(request, "ratings/cases/session_log.html", context, status=422 if form.errors else 200)


# --- On second thought ------------------------------------------------------------------------------------------------


@require_page_or_post
def session_move(request, code):
    therapy_session, editor = _own_session(request, code, TherapySession.objects.not_voided())
    form = SessionMoveForm(
        posted(request),
        episode=therapy_session.episode,
        on_record=therapy_session,
        initial=_times_of(therapy_session),
    )
    if form.is_valid():
        times = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at")}
        try:
            move_session(editor=editor, therapy_session=therapy_session, **times)
        except IntegrityError:
            if not form.says_taken():
                raise
        else:
            messages.success(request, _("The session has moved, and its check-in with it."))
            return redirect("ratings:case", therapy_session.episode.code)
    return _page(request, "ratings/cases/session_move.html", form, {"therapy_session": therapy_session})


@require_page_or_post
def session_void(request, code):
    sessions = TherapySession.objects.all() if request.method == "POST" else TherapySession.objects.not_voided()
    therapy_session, editor = _own_session(request, code, sessions)
    form = SessionVoidForm(posted(request))
    if therapy_session.voided_at:  # a second tap, or another tab
        messages.info(request, _("The session had been taken off the record already. The first reason stays."))
        return redirect("ratings:case", therapy_session.episode.code)
    if form.is_valid():
        void_session(editor=editor, therapy_session=therapy_session, reason=form.cleaned_data["reason"])
        messages.success(request, _("The session no longer counts. Its check-in is closed."))
        return redirect("ratings:case", therapy_session.episode.code)
    return _page(request, "ratings/cases/session_void.html", form, {"therapy_session": therapy_session})


def _own_session(request, code, sessions):
    therapy_session = get_visible_or_404(sessions.select_related(*OF_EPISODE), request.user, code=code)
    timezone.activate(ZoneInfo(therapy_session.episode.client.practice.zone))
    return therapy_session, access.check_edit(request.user, therapy_session.episode)


def _page(request, template, form, context):
    context |= {"form": form, "section": "cases"}
    return render(request, template, context, status=422 if form.errors else 200)
