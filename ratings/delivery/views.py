"""A therapist's pages: unanswered check-ins, and how a client is reached and called."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from alliance import access, audit, scopes
from alliance.access import NotVisible, get_visible_or_404
from alliance.clients.actions import rename_client
from alliance.installation.mail import mail_is_printed
from alliance.models import Consent, Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.delivery import queries, schedule
from ratings.delivery.forms import ContactForm, PageForm, RenameForm
from ratings.delivery.monitor import health
from ratings.models import CheckIn


@require_page_or_post
def check_ins(request):
    """A list of who has not answered; the ticked ones are sent again."""
    memberships = access.check_role(request.user, "therapist")
    by = memberships[0]
    if codes := {code.lower() for code in request.POST.getlist("check_in")}:
        found = _own_check_ins(request.user, codes)
        count = schedule.resend(check_ins=found, user=request.user)
        is_live = all(one.episode.client.practice.live_at for one in found)
        messages.success(request, _resent_sentence(count, is_live=is_live))
        return redirect("ratings:check-ins")
    page = queries.page_of_unanswered(request.user, PageForm(request.GET).chosen)
    audit.record_code(audit.Verb.LISTED, CheckIn._meta.model_name, by=by, practice=by.practice, count=len(page.rows))
    none_ticked = request.method == "POST"
    context = {
        "page": page,
        "rows": page.rows,
        "none_ticked": none_ticked,
        "is_live": all(membership.practice.live_at for membership in memberships),
        "can_send": any(row.can_send for row in page.rows),
        "section": "today",
    }
    return render(request, "ratings/delivery/check_ins.html", context, status=422 if none_ticked else 200)


def _own_check_ins(user, codes):
    """The check-ins with these codes, all of the user's own episodes."""
    rows = CheckIn.objects.not_voided().filter(episode__among=scopes.own_episodes.keys(user))
    try:
        check_ins = list(rows.filter(code__in=codes).select_related("therapy_session", *OF_EPISODE))
    except ValidationError:  # not even a code
        check_ins = []
    if len(check_ins) != len(codes):
        raise NotVisible(CheckIn._meta.model_name, next(iter(codes)))
    return check_ins


def _resent_sentence(count, *, is_live):
    if not count:
        return _("Nothing new to send.")
    if not is_live:
        return _("Noted. Nothing goes out before the practice is live.")
    if mail_is_printed():
        return _("Noted. Nothing leaves this machine: “manage.py send_due” prints what is due where it runs.")
    sentence = ngettext(
        "One message goes out. At night it waits for the morning.",
        "%(n)s messages go out. At night they wait for the morning.",
        count,
    )
    return sentence % {"n": count}


@require_page_or_post
def client_contact(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    editor = access.check_edit(request.user, episode)
    client = episode.client
    form = ContactForm(posted(request), initial=_initial_contact(client))
    if form.is_valid():
        try:
            schedule.change_contact(editor=editor, **form.cleaned_data)
        except Refused as refusal:
            form.show_stopped(str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("ratings:case", episode.code)
    audit.record(audit.Verb.READ, client, by=editor.membership)
    paused = client.paused_until and client.paused_until > timezone.now()
    context = {
        "form": form,
        "episode": episode,
        "stopped_at": _stopped_at(client),
        "paused_until": client.paused_until if paused else None,
        "section": "cases",
    }
    return render(request, "ratings/delivery/client_contact.html", context, status=422 if form.errors else 200)


@require_page_or_post
def client_rename(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    editor = access.check_edit(request.user, episode)
    form = RenameForm(posted(request), initial={"name": episode.client.display_name})
    if form.is_valid():
        try:
            rename_client(editor=editor, name=form.cleaned_data["name"])
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(
                request, _("Saved. You now see %(name)s everywhere.") % {"name": form.cleaned_data["name"]}
            )
            return redirect("ratings:client-contact", episode.code)
    audit.record(audit.Verb.READ, episode.client, by=editor.membership)
    context = {"form": form, "episode": episode, "section": "cases"}
    return render(request, "ratings/delivery/client_rename.html", context, status=422 if form.errors else 200)


def _initial_contact(client):
    agreed = Consent.Purpose.EMAIL in client.agreed_to
    return {
        "email": client.email.open(client.data_key) if client.email else "",
        "phone": client.phone.open(client.data_key) if client.phone else "",
        "zone": client.zone,
        "check_in_delay_minutes": client.check_in_delay_minutes,
        "agrees_to_email": agreed,
        "was_shown_agreed": agreed,
        "therapist_may_be_named": client.therapist_may_be_named,
    }


def _stopped_at(client):
    """When the client, who once agreed to e-mails, stopped them; else None."""
    consents = client.consents.filter(purpose=Consent.Purpose.EMAIL).order_by("withdrawn_at")
    ends = [consent.withdrawn_at for consent in consents]
    return ends[-1] if ends and None not in ends else None


@login_not_required
@require_safe
def monitor(request):
    """Figures for a monitor, which shows the token; without one there is no such page."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.MONITOR_TOKEN or not constant_time_compare(token, settings.MONITOR_TOKEN):
        raise Http404
    found = health()
    return JsonResponse(found.to_json(), status=503 if found.problems else 200)
