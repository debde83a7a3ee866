"""A client's page to stop, pause or resume messages, under the link in each.

Opening it changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from alliance.clients.actions import change_preferences
from alliance.models import Client, Consent
from alliance.requests import require_page_or_post
from ratings.check_in.links import live_link
from ratings.check_in.views.link import key_in_address, link_gone
from ratings.models import ClientLink


@dataclass(frozen=True, slots=True)
class Preference:
    """Whether a client gets e-mails, and from when on."""

    gets_email: bool
    pause: timedelta | None = None


CHOICES = {
    "stop": Preference(gets_email=False),
    "pause-2": Preference(gets_email=True, pause=timedelta(weeks=2)),
    "pause-4": Preference(gets_email=True, pause=timedelta(weeks=4)),
    "go-on": Preference(gets_email=True),
}


@key_in_address
@require_page_or_post
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    link = live_link(token, ClientLink.LinkKind.PREFERENCES)
    if link is None:
        return link_gone(request)
    client = link.client
    if request.method != "POST":
        return _page(request, client)
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"  # RFC 8058: a mail program posts this
    preference = CHOICES.get("stop" if one_click else request.POST.get("choice", ""))
    if preference is None:
        return render(request, "ratings/check_in/check_in_unread.html", {"practice": client.practice}, status=400)
    paused_until = timezone.now() + preference.pause if preference.pause else None
    change_preferences(client=client, gets_email=preference.gets_email, paused_until=paused_until)
    if one_click:
        return _page(request, client)  # it follows no redirect
    response = redirect("links:preferences", token)
    response.status_code = 303
    return response


def _page(request: HttpRequest, client: Client) -> HttpResponse:
    paused = client.paused_until and client.paused_until > timezone.now()
    with timezone.override(ZoneInfo(client.zone or client.practice.zone)):
        context = {
            "practice": client.practice,
            "gets_email": Consent.Purpose.EMAIL in client.agreed_to,
            "paused_until": client.paused_until if paused else None,
        }
        return render(request, "ratings/check_in/preferences.html", context)
