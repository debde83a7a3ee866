"""For the therapist: which check-ins have not come back, and how a client is reached."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliance import access, audit
from alliance.access import NotVisible, get_visible_or_404
from alliance.installation.mail import mail_is_printed
from alliance.models import Consent, Episode
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.check_in.queries import EPISODE_NEEDS, OF_EPISODE
from ratings.delivery import queries, schedule
from ratings.delivery.forms import ContactForm
from ratings.models import CheckIn


@require_page_or_post
def check_ins(request):
    """One list of who has not answered; those that are ticked are sent again."""
    memberships = access.check_role(request.user, "therapist")
    by = memberships[0]
    codes = {code.lower() for code in request.POST.getlist("check_in")}
    if codes:
        again = schedule.add_again(check_ins=_chosen(request.user, codes), user=request.user)
        said = ngettext(
            "One message goes out. At night it waits for the morning.",
            "%(n)s messages go out. At night they wait for the morning.",
            again,
        )
        if mail_is_printed():
            said = _("Noted. Nothing leaves this machine: “manage.py send_due” prints what is due where it runs.")
        messages.success(request, said % {"n": again} if again else _("Nothing new to send."))
        return redirect("ratings:check-ins")
    rows = queries.unanswered_check_ins(request.user)
    audit.record_code(audit.Verb.LISTED, CheckIn._meta.model_name, by=by, practice=by.practice, count=len(rows))
    nobody = request.method == "POST"
    context = {
        "rows": rows,
        "nobody": nobody,
        "is_live": all(membership.practice.live_at for membership in memberships),
        "can_send": any(row.can_send for row in rows),
        "section": "today",
    }
    return render(request, "ratings/delivery/check_ins.html", context, status=422 if nobody else 200)


def _chosen(user, codes):
    """The ticked check-ins, all of them the user's own to write about."""
    own = CheckIn.objects.not_voided().filter(episode__in=access.own_episodes(user))
    try:
        chosen = list(own.filter(code__in=codes).select_related("therapy_session", *OF_EPISODE))
    except ValidationError:  # not even a code
        chosen = []
    if len(chosen) != len(codes):
        raise NotVisible(CheckIn._meta.model_name, next(iter(codes)))
    return chosen


@require_page_or_post
def client_contact(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    editor = access.check_edit(request.user, episode)
    client = episode.client
    form = ContactForm(posted(request), initial=_contact_of(client))
    if form.is_valid():
        try:
            schedule.change_contact(editor=editor, **form.cleaned_data)
        except Refused as refusal:
            form.stopped_meanwhile(str(refusal))
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


def _contact_of(client):
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
    """Since when the client is no longer written to by e-mail, although there was a time when they were."""
    given = client.consents.filter(purpose=Consent.Purpose.EMAIL).order_by("withdrawn_at")
    ends = [consent.withdrawn_at for consent in given]
    return ends[-1] if ends and None not in ends else None
