"""A therapist's pages about one client's check-ins.

What is asked, what the client agreed to, the links they are given, and answers on paper.
"""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from alliance import access, audit
from alliance.access import Editor, get_visible_or_404
from alliance.clients import actions as client_actions
from alliance.clients.wordings import agreements_of, wordings_mark
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.qr import qr_code
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post, status_of
from ratings.check_in import links
from ratings.check_in.actions import AlreadyAnswered, SessionVoided, enter_answers
from ratings.check_in.forms import CONSENT_BOXES, CheckInSettingsForm, EnteredAnswersForm
from ratings.check_in.rate_first import check_rated
from ratings.models import CheckIn, ClientLink
from ratings.psychometrics.evidence import Rater

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS)


@require_page_or_post
def check_in_settings(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    client = episode.client
    form = CheckInSettingsForm(posted(request), initial=_initial_settings(client))
    if form.is_valid():
        try:
            client_actions.choose_check_ins(
                editor=editor,
                check_in_form=form.cleaned_data["check_in_form"],
                asks_about_fit=form.cleaned_data["asks_about_fit"],
                ticked=form.ticked,
                was_ticked=form.was_ticked,
                is_asked_again=form.cleaned_data["is_asked_again"],
                shown_wordings=form.cleaned_data["shown_wordings"],
            )
        except Refused as refusal:
            form.show_again(client.agreed_to, str(refusal))
        else:
            messages.success(request, _("Saved. This applies from the next session."))
            return redirect("ratings:case", episode.code)
    audit.record(audit.Verb.READ, client, by=editor.membership)
    agreements = agreements_of(client)
    context = {
        "form": form,
        "episode": episode,
        "practice": client.practice,
        "section": "cases",
        "agreements": agreements,
        "is_reworded": any(agreement.is_to_be_renewed for agreement in agreements),
    }
    return render(request, "ratings/check_in/check_in_settings.html", context, status=status_of(form))


def _initial_settings(client):
    agreed = client.agreed_to
    return {
        "check_in_form": client.check_in_form,
        "asks_about_fit": client.asks_about_fit,
        "shown_agreed": " ".join(sorted(agreed)),
        "shown_wordings": wordings_mark(),
        **{box: purpose in agreed for box, purpose in CONSENT_BOXES.items()},
    }


@require_POST
def check_in_link(request, code):
    """A fresh link to a check-in, which stands on this page once and nowhere else."""
    check_in = _get_check_in(request, code)
    editor = access.check_log(request.user, check_in.episode)
    if check_in.ratings.current().filter(rater=Rater.CLIENT).exists():
        messages.info(request, _("This check-in has been answered; a link to it would open nothing."))
        return redirect("ratings:case", check_in.episode.code)
    if not links.agrees_to_answer(check_in.episode.client):
        messages.info(request, _("The client no longer agrees to check-ins; a link would open nothing."))
        return redirect("ratings:check-in-settings", check_in.episode.code)
    token = links.mint_check_in_link(check_in=check_in, editor=editor, channel=ClientLink.Channel.SCREEN)
    address = settings.BASE_URL + reverse("links:check-in", args=[token])
    context = {
        "episode": check_in.episode,
        "therapy_session": check_in.therapy_session,
        "address": address,
        "days": check_in.episode.client.practice.link_days,
        "qr": qr_code(address),
        "section": "cases",
    }
    return render(request, "ratings/check_in/check_in_link.html", context)


def _get_check_in(request, code):
    check_ins = CheckIn.objects.not_voided()
    check_ins = check_ins.select_related("therapy_session", "text__instrument", *OF_EPISODE)
    check_in = get_visible_or_404(check_ins, request.user, code=code)
    timezone.activate(ZoneInfo(check_in.episode.client.practice.zone))
    return check_in


@require_page_or_post
def check_in_enter(request, code):
    """Answers from paper or telephone, which the therapist types."""
    check_in = _get_check_in(request, code)
    editor = access.check_log(request.user, check_in.episode)
    check_rated(check_in.episode, request.user)
    initial = {"day": timezone.localdate(check_in.therapy_session.starts_at)}
    form = EnteredAnswersForm(posted(request), check_in=check_in, initial=initial)
    if form.is_valid() and _enter(form, editor, check_in):
        messages.success(request, _("The answers are entered."))
        return redirect("ratings:case", check_in.episode.code)
    context = {
        "form": form,
        "episode": check_in.episode,
        "therapy_session": check_in.therapy_session,
        "section": "cases",
    }
    return render(request, "ratings/check_in/check_in_enter.html", context, status=422 if form.errors else 200)


def _enter(form, editor: Editor, check_in):
    """Stores the answers; False, with an error in the form, where that is too late."""
    try:
        enter_answers(editor=editor, check_in=check_in, answers=form.client_answers, answered_at=form.answered_at)
    except AlreadyAnswered:
        form.add_error(None, _("The client has answered this check-in meanwhile. Their own answers stand."))
    except SessionVoided:
        form.add_error(None, _("This session was taken off the record meanwhile. Nothing was saved."))
    return not form.errors


@require_POST
def history_link(request, code):
    """A fresh link to the client's own answers, on this page once and nowhere else."""
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    editor = access.check_edit(request.user, episode)
    check_rated(episode, request.user)
    try:
        token = links.mint_history_link(editor=editor)
    except links.NotShown:
        messages.info(request, _("Their own answers are shown only where the practice and the client agreed to it."))
        return redirect("ratings:check-in-settings", episode.code)
    address = settings.BASE_URL + reverse("links:history", args=[token])
    context = {
        "episode": episode,
        "address": address,
        "minutes": links.HISTORY_LINK_LIVES.seconds // 60,
        "qr": qr_code(address),
        "section": "cases",
    }
    return render(request, "ratings/check_in/history_link.html", context)
