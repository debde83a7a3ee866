"""Opening a case in an emergency, and the page of those that were."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.accounts.mail import send_message
from alliance.accounts.step_up import check_fresh
from alliance.people.emergency import open_in_emergency, openings_told_to, whom_to_tell
from alliance.people.forms import EmergencyForm
from alliance.people.mail import emergency_messages
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post

OPEN = _("Open for 60 minutes, to read only. Those who look after the case were told.")
NOT_TOLD = _("Open for 60 minutes, to read only. The e-mails could not be sent: tell the therapist yourself.")


@require_page_or_post
def emergency(request):
    memberships = access.check_emergency(request.user)
    check_fresh(request)
    form = EmergencyForm(posted(request), memberships=memberships)
    if form.is_valid():
        therapist, by = form.chosen
        try:
            opened = open_in_emergency(
                by=by, therapist=therapist, client_name=form.cleaned_data["client"], reason=form.cleaned_data["why"]
            )
        except Refused as refusal:
            form.add_error("client", str(refusal))
        else:
            _tell(request, opened)
            return redirect("ratings:case", opened.episode.code)
    context = {"form": form, "section": "emergency"}
    return render(request, "alliance/people/emergency.html", context, status=422 if form.errors else 200)


def _tell(request, opened):
    address = settings.BASE_URL + reverse("alliance:emergencies")
    try:
        for message in emergency_messages(opened, whom_to_tell(opened), address=address):
            send_message(message=message)
    except OSError:
        messages.warning(request, NOT_TOLD)
    else:
        messages.success(request, OPEN)


@require_safe
def emergencies(request):
    openings = openings_told_to(request.user)
    audit.record_code(audit.Verb.LISTED, "emergencyaccess", by=request.user, count=len(openings))
    return render(request, "alliance/people/emergencies.html", {"openings": openings, "section": "emergency"})
