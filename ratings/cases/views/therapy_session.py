"""A therapy session moves."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import access
from alliance.access import get_visible_or_404
from alliance.models.episode import OF_EPISODE
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.cases.actions import move_session
from ratings.models import CheckIn
from sessions.models import TherapySession
from sessions.schedule.clashes import NeedsYes
from sessions.schedule.forms import SessionMoveForm, times_of


@require_page_or_post
def session_move(request, code):
    therapy_session, editor = _own_session(request, code, TherapySession.objects.not_voided(), access.check_log)
    has_check_in = CheckIn.objects.filter(therapy_session=therapy_session).exists()
    form = SessionMoveForm(
        posted(request),
        episode=therapy_session.episode,
        on_record=therapy_session,
        initial=times_of(therapy_session),
    )
    if form.is_valid():
        times = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at")}
        try:
            move_session(
                editor=editor, therapy_session=therapy_session, accepted=form.cleaned_data["accepted"], **times
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except NeedsYes as asked:
            form.warn(asked.warnings)
        except IntegrityError:
            if not form.says_taken():
                raise
        else:
            both = _("The session has moved, and its check-in with it.")
            messages.success(request, both if has_check_in else _("The session has moved."))
            return redirect("ratings:case", therapy_session.episode.code)
    context = {"therapy_session": therapy_session, "has_check_in": has_check_in}
    return _page(request, "ratings/cases/session_move.html", form, context)


def _own_session(request, code, sessions, check):
    therapy_session = get_visible_or_404(sessions.select_related(*OF_EPISODE), request.user, code=code)
    timezone.activate(ZoneInfo(therapy_session.episode.client.practice.zone))
    return therapy_session, check(request.user, therapy_session.episode)


def _page(request, template, form, context):
    context |= {"form": form, "section": "cases"}
    return render(request, template, context, status=422 if form.errors else 200)
