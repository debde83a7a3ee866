"""Logging a therapy session, and the key to its check-in."""

import segno
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from alliance import access
from alliance.access import get_visible_or_404
from alliance.models import Episode
from ratings import actions
from ratings.forms import SessionLogForm
from ratings.models import CheckIn, ClientLink
from sessions.forms import USUAL_MINUTES
from sessions.models import Attendance, TherapySession

EPISODE_NEEDS = ("client__data_key", "client__practice", "therapist__practice")


@require_http_methods(["GET", "HEAD", "POST"])
def session_log(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    start = timezone.localtime() - timezone.timedelta(minutes=USUAL_MINUTES)
    start -= timezone.timedelta(minutes=start.minute % 5)
    return _log(request, episode, {"day": start.date(), "time": start.time(), "minutes": USUAL_MINUTES})


@require_http_methods(["GET", "HEAD", "POST"])
def planned_session_log(request, code):
    sessions = TherapySession.objects.filter(voided_at__isnull=True, attendance=Attendance.PLANNED)
    related = [f"episode__{path}" for path in EPISODE_NEEDS]
    planned = get_visible_or_404(sessions.select_related(*related), request.user, code=code)
    start = timezone.localtime(planned.starts_at)
    minutes = (planned.ends_at - planned.starts_at) // timezone.timedelta(minutes=1)
    initial = {"day": start.date(), "time": start.time(), "minutes": minutes, "mode": planned.mode}
    return _log(request, planned.episode, initial, planned)


def _log(request, episode, initial, planned=None):
    by = access.check_edit(request.user, episode)
    form = SessionLogForm(
        request.POST if request.method == "POST" else None,
        episode=episode,
        planned=planned,
        initial=initial,
        text=actions.own_text(episode.client.practice.language),
    )
    if not (request.method == "POST" and form.is_valid()):
        status = 422 if form.errors else 200
        context = {"form": form, "episode": episode, "section": "today"}
        return render(request, "ratings/session_log.html", context, status=status)
    therapy_session = actions.log_session(
        episode=episode,
        by=by,
        planned=planned,
        zone=timezone.get_current_timezone_name(),
        answers=form.answers,
        **{name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "mode", "attendance", "private_note")},
    )
    messages.success(request, _("Logged."))
    check_in = CheckIn.objects.filter(therapy_session=therapy_session).first()
    if check_in:
        return redirect(f"{reverse('ratings:case', args=[episode.code])}#check-in")
    return redirect("ratings:case", episode.code)


@require_POST
def check_in_link(request, code):
    """Mints a key each time it is asked for; it is on this page once, and nowhere else."""
    check_ins = CheckIn.objects.select_related("therapy_session", *(f"episode__{path}" for path in EPISODE_NEEDS))
    check_in = get_visible_or_404(check_ins, request.user, code=code)
    by = access.check_edit(request.user, check_in.episode)
    token = actions.mint_link(check_in=check_in, by=by, channel=ClientLink.Channel.SCREEN)
    address = settings.BASE_URL + reverse("links:check-in", args=[token])
    context = {
        "episode": check_in.episode,
        "therapy_session": check_in.therapy_session,
        "address": address,
        "days": actions.LINK_LIVES.days,
        "qr": SafeString(segno.make(address, micro=False).svg_inline(scale=5, border=2, omitsize=True)),
        "section": "cases",
    }
    return render(request, "ratings/check_in_link.html", context)
