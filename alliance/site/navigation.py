"""Where a member lands, and what the bar at the top leads to. It opens nothing: `alliance.access` decides."""

from dataclasses import dataclass

from django.conf import settings

from alliance.access import live, live_memberships, own_episodes
from alliance.installation.mail import mail_is_printed
from alliance.models import Supervision


@dataclass(frozen=True)
class Navigation:
    name: str
    therapist: bool
    supervisor: bool
    manager: bool


def navigation(request):
    """Context for the bar: the signed-in person's own name and the pages that exist for them."""
    held = getattr(request, "memberships", None)
    if held is None or not request.user.is_authenticated:  # no member, or an error before anybody was known
        return {"navigation": None}
    return {
        "navigation": Navigation(
            name=held[0].display_name if held else request.user.email,
            therapist=any(m.is_therapist for m in held),
            supervisor=any(m.is_supervisor for m in held),
            manager=any(m.is_manager for m in held),
        )
    }


def this_machine(request):
    """Context for what is otherwise where nobody but this machine is reached."""
    return {"is_local": settings.LOCAL, "mail_is_printed": mail_is_printed()}


def home_of(user):
    """The URL name a member lands on: live supervisees first, then own episodes, then people."""
    roles = {
        role
        for m in live_memberships(user)
        for role in ("therapist", "supervisor", "manager")
        if getattr(m, f"is_{role}")
    }
    if "supervisor" in roles and _supervises(user):
        return "ratings:caseload"
    if "therapist" in roles and own_episodes(user).exists():
        return "ratings:today"
    landing = {"manager": "alliance:people", "therapist": "ratings:today", "supervisor": "ratings:caseload"}
    return next((page for role, page in landing.items() if role in roles), "alliance:no-place")


def _supervises(user):
    """A live assignment counts even before the supervisee has a client: an empty caseload says so."""
    return Supervision.objects.filter(live(), supervisor__in=live_memberships(user, "supervisor")).exists()
