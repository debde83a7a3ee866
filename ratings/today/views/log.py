"""A therapy session is logged, one that nobody came to in one click, and the log is taken back."""

from functools import partial
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from alliance import access
from alliance.access import Editor, get_visible_or_404
from alliance.dates import zone_in_words
from alliance.drafts.done import done_with
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.cases.actions import AlreadyLogged
from ratings.check_in import instrument_choice
from ratings.check_in.rate_first import awaiting_rating
from ratings.check_in.wishes import wishes
from ratings.models import Rating, RepairStep
from ratings.supervision.queries import planned_step
from ratings.today.actions import log_and_settle, undo_log
from ratings.today.forms import LogAgainForm, SessionLogForm
from ratings.today.slot import as_logged_before, proposed_times
from sessions.models import Attendance, TherapySession
from sessions.schedule.clashes import NeedsYes


@require_page_or_post
def session_log(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    return _log(request, episode, again=_taken_back(request, episode))


def _taken_back(request, episode):
    """The session whose log was undone, where the form is opened for it once more."""
    form = LogAgainForm(request.GET)
    code = form.cleaned_data["again"] if form.is_valid() else None
    return TherapySession.objects.filter(episode=episode, voided_at__isnull=False, code=code).first() if code else None


@require_page_or_post
def planned_session_log(request, code):
    sessions = TherapySession.objects.not_voided()
    planned = get_visible_or_404(sessions.select_related(*OF_EPISODE), request.user, code=code)
    return _log(request, planned.episode, planned)


def _log(request, episode, planned=None, again=None):
    editor = access.check_log(request.user, episode)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    number = instrument_choice.number_at(episode, planned.starts_at if planned else timezone.now())
    text = _questions(request, episode, number)
    if text is None:
        messages.error(
            request, _("The questions for this client are not loaded here. Please tell who runs the program.")
        )
        return redirect("ratings:case", episode.code)
    known = planned or again
    initial = as_logged_before(known, editor) if known else proposed_times(episode)
    wish, step = None, None  # both tell what the client said
    if not awaiting_rating([episode], request.user):
        wish, step = next(iter(wishes([episode.pk])), None), planned_step(episode, planned)
    of_session = {
        "episode": episode,
        "on_record": planned,
        "initial": initial,
        "text": text,
        "writer": editor.membership,
    }
    form = SessionLogForm(posted(request), **of_session, wish=wish, step=step)
    if form.is_bound:
        return _receive(request, form, editor, planned, number)
    if planned and planned.attendance != Attendance.PLANNED:
        return redirect("ratings:case", episode.code)
    return _log_page(request, form, planned, number)


def _questions(request, episode, number):
    """The words to answer. What was answered is what stood on the page, also where a session was logged meanwhile."""
    language = episode.client.practice.language
    if sent := request.POST.get("instrument_key"):
        if (text := instrument_choice.own_text(sent, language)) is None:
            raise BadRequest("There is no such instrument")
        return text
    return instrument_choice.own_text(instrument_choice.therapist_instrument_for(episode.client, number), language)


def _receive(request, form, editor: Editor, planned, number):
    form.full_clean()
    if not (_logged_before(form, planned) or (form.is_valid() and _save(form, editor, planned))):
        return _log_page(request, form, planned, number)
    done_with(request)
    return redirect("ratings:today")  # which says what was saved


def _logged_before(form, planned):
    """The session that this form has logged before with the same content: now its own time counts as taken."""
    if planned is None:
        row = form.row_made(_sessions_of(form.episode))
    else:
        row = planned if planned.attendance != Attendance.PLANNED else None
    if planned and planned.voided_at:
        form.add_error(None, _("This session was removed meanwhile. What you typed here was not saved."))
    if row is None or form.matches(row):
        return row
    if planned:
        form.add_error(None, _("This session has been logged already. What you typed here was not saved."))
    return None


def _save(form, editor: Editor, planned):
    """The logged session; None with a form error where another one took its place in the same moment."""
    names = ("starts_at", "ends_at", "mode", "attendance", "noticed", "private_note")
    log = partial(
        log_and_settle,
        editor=editor,
        wish=Rating.objects.filter(episode=form.episode, code=form.initial.get("wish_about")).first(),
        wish_outcome=form.cleaned_data.get("wish"),
        step=RepairStep.objects.filter(episode=form.episode, code=form.initial.get("step_about")).first(),
        step_outcome=form.cleaned_data.get("repair_step"),
        zone=timezone.get_current_timezone_name(),
        answers=form.answers,
        accepted=form.cleaned_data["accepted"],
        instrument=form.instrument.key,
        **{name: form.cleaned_data[name] for name in names},
    )
    try:
        if planned:
            return log(planned=planned)
        return form.make_once(
            _sessions_of(form.episode),
            lambda: log(code=form.cleaned_data["form_key"]),
            _("This form was saved already. To log this as another session, send it again."),
            lambda row: reverse("ratings:case", args=[row.episode.code]),
        )
    except AlreadyLogged:
        planned.refresh_from_db()
        return _logged_before(form, planned)
    except NeedsYes as asked:
        form.warn(asked.warnings)
        return None
    except IntegrityError:
        if not form.says_taken():
            raise
        return None


def _sessions_of(episode):
    return TherapySession.objects.filter(episode=episode).select_related(*OF_EPISODE)


def _log_page(request, form, planned, number):
    start = form.initial["day"], form.initial["time"]
    context = {
        "form": form,
        "episode": form.episode,
        "number": number,
        "day": start[0],
        "start": start[1],
        "zone": zone_in_words(timezone.get_current_timezone_name()),
        "back": "ratings:today" if planned else "ratings:case",
        "section": "today",
    }
    return render(request, "ratings/today/session_log.html", context, status=422 if form.errors else 200)


# --- In one click -----------------------------------------------------------------------------------------------------


@require_POST
def session_no_show(request, code):
    """Of a planned session that has begun: nobody came."""
    planned = get_visible_or_404(
        TherapySession.objects.not_voided().select_related(*OF_EPISODE), request.user, code=code
    )
    editor = access.check_log(request.user, planned.episode)
    if planned.starts_at > timezone.now():
        messages.error(request, _("This session has not begun. If it is called off, cancel it."))
        return redirect("ratings:today")
    try:
        log_and_settle(
            editor=editor,
            planned=planned,
            attendance=Attendance.NO_SHOW,
            private_note=as_logged_before(planned, editor)["private_note"],
            **{name: getattr(planned, name) for name in ("starts_at", "ends_at", "zone", "mode")},
        )
    except AlreadyLogged:
        messages.info(request, _("This session has been logged already."))
    return redirect("ratings:today")


@require_POST
def session_log_undo(request, code):
    therapy_session = get_visible_or_404(TherapySession.objects.select_related(*OF_EPISODE), request.user, code=code)
    editor = access.check_log(request.user, therapy_session.episode)
    try:
        undo_log(editor=editor, therapy_session=therapy_session)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        name = therapy_session.episode.client.display_name
        if therapy_session.voided_at is None:
            messages.success(request, _("Undone. %(name)s’s session can be logged again.") % {"name": name})
        else:
            address = reverse("ratings:session-log", args=[therapy_session.episode.code])
            said = _("Undone. %(name)s’s session is off the record.") % {"name": name}
            link = ('{} <a href="{}?again={}">{}</a>', said, address, therapy_session.code, _("Log it again"))
            messages.success(request, format_html(*link))
    return redirect("ratings:today")
