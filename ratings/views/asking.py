"""What one client is asked and agreed to, and the key to their own answers."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from alliance import access, audit
from alliance import actions as alliance_actions
from alliance.access import get_visible_or_404
from alliance.models import Consent, Episode
from ratings import links
from ratings.forms import CheckInSettingsForm
from ratings.views.therapy_session import EPISODE_NEEDS, as_qr

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS)


@require_http_methods(["GET", "HEAD", "POST"])
def check_in_settings(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    by = access.check_edit(request.user, episode)
    client = episode.client
    agreed = client.agreed_to
    initial = {
        "check_in_form": client.check_in_form,
        "asks_about_fit": client.asks_about_fit,
        "consents_to_check_ins": Consent.Purpose.CHECK_IN in agreed,
        "consents_to_history": Consent.Purpose.HISTORY in agreed,
    }
    form = CheckInSettingsForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("check_in_form", "asks_about_fit")}
        alliance_actions.choose_check_ins(client=client, consents=form.consents, by=by, **chosen)
        messages.success(request, _("Saved. It holds from the next session on."))
        return redirect("ratings:case", episode.code)
    audit.record(audit.Verb.READ, client, by=by)
    context = {"form": form, "episode": episode, "practice": client.practice, "section": "cases"}
    return render(request, "ratings/check_in_settings.html", context, status=422 if form.errors else 200)


@require_POST
def history_link(request, code):
    """Mints a key each time it is asked for; it is on this page once, and nowhere else."""
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    by = access.check_edit(request.user, episode)
    try:
        token = links.mint_history_link(episode=episode, by=by)
    except links.NotShown:
        messages.info(request, _("Their own answers are shown only where the practice and the client agreed to it."))
        return redirect("ratings:check-in-settings", episode.code)
    address = settings.BASE_URL + reverse("links:history", args=[token])
    context = {
        "episode": episode,
        "address": address,
        "minutes": links.HISTORY_LINK_LIVES.seconds // 60,
        "qr": as_qr(address),
        "section": "cases",
    }
    return render(request, "ratings/history_link.html", context)
