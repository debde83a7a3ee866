"""A client's page to stop, pause or resume messages, and to take back what they agreed to, under the link in each.

Opening it changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from alliance.clients.actions import change_preferences, decide_by_link
from alliance.clients.wordings import agreements_of, wordings_mark
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


@dataclass(frozen=True, slots=True)
class Decision:
    """A client's yes or no to one purpose, after the first yes that a therapist wrote down."""

    purpose: Consent.Purpose
    is_yes: bool


# E-mail has its own choices above.
DECISIONS = {
    f"{word}-{purpose}": Decision(purpose, is_yes)
    for purpose in Consent.Purpose
    if purpose != Consent.Purpose.EMAIL
    for word, is_yes in (("end", False), ("agree", True))
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
    choice = "stop" if one_click else request.POST.get("choice", "")
    preference, decision = CHOICES.get(choice), DECISIONS.get(choice)
    if decision and decision.purpose in {row.purpose for row in agreements_of(client)}:
        if decision.is_yes and request.POST.get("shown_wordings") != wordings_mark():
            return _page(request, client, has_other_wording=True)
        decide_by_link(client=client, purpose=decision.purpose, agrees=decision.is_yes)
        return _again(token)
    if preference is None:
        return render(request, "ratings/check_in/check_in_unread.html", {"practice": client.practice}, status=400)
    paused_until = timezone.now() + preference.pause if preference.pause else None
    client = change_preferences(client=client, gets_email=preference.gets_email, paused_until=paused_until)
    if one_click:
        return _page(request, client)  # it follows no redirect
    return _again(token)


@key_in_address
@require_page_or_post
def preferences_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stops the e-mails, for a mail program's own button (RFC 8058); a browser is led to the page.

    An address of its own: the web server may repeat what comes here, as a second stop changes nothing.
    """
    link = live_link(token, ClientLink.LinkKind.PREFERENCES)
    if link is None:
        return link_gone(request)
    if request.method != "POST":
        return redirect("links:preferences", token)
    change_preferences(client=link.client, gets_email=False, paused_until=None)
    return HttpResponse(status=204)  # a mail program shows no page, and follows no redirect


def _again(token: str) -> HttpResponse:
    response = redirect("links:preferences", token)
    response.status_code = 303
    return response


def _page(request: HttpRequest, client: Client, *, has_other_wording: bool = False) -> HttpResponse:
    """`has_other_wording`: what was agreed to is worded otherwise by now, so that it was not taken."""
    paused = client.paused_until and client.paused_until > timezone.now()
    agreed = client.agreed_to
    with timezone.override(ZoneInfo(client.zone or client.practice.zone)):
        context = {
            "practice": client.practice,
            "gets_email": Consent.Purpose.EMAIL in agreed,
            "is_asked": Consent.Purpose.CHECK_IN in agreed,
            "paused_until": client.paused_until if paused else None,
            "shown_wordings": wordings_mark(),
            "has_other_wording": has_other_wording,
            "agreements": [row for row in agreements_of(client) if row.purpose != Consent.Purpose.EMAIL],
        }
        status = 409 if has_other_wording else 200
        return render(request, "ratings/check_in/preferences.html", context, status=status)
