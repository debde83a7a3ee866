"""The first page of a member, and the bar at the top; `access` decides alone."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from alliance.installation.mail import mail_is_printed
from alliance.models import Membership, User
from alliance.scopes import live_assignments, live_memberships, own_episodes


@dataclass(frozen=True)
class Navigation:
    name: str
    therapist: bool
    supervisor: bool
    manager: bool
    is_asked: bool  # about who reads along, or a place in another practice


def navigation(request: HttpRequest) -> dict[str, Navigation | None]:
    """Template context: the name of who is signed in, and the pages for them."""
    memberships = getattr(request, "memberships", None)
    if memberships is None or not request.user.is_authenticated:  # no member, or an error in an earlier middleware
        return {"navigation": None}
    return {
        "navigation": Navigation(
            name=memberships[0].display_name if memberships else request.user.email,
            therapist=any(membership.is_therapist for membership in memberships),
            supervisor=any(membership.is_supervisor for membership in memberships),
            manager=any(membership.is_manager for membership in memberships),
            is_asked=_is_asked(request.user, memberships),
        )
    }


def _is_asked(user: User, memberships: list[Any]) -> bool:
    """Each membership says it; who has none may still be offered a place."""
    if memberships:
        return any(membership.is_asked for membership in memberships)
    return Membership.objects.offered_to(user).exists()


def installation(request: HttpRequest) -> dict[str, bool]:
    """Template context: what differs where only this machine can reach the server."""
    return {"is_local": settings.LOCAL, "mail_is_printed": mail_is_printed()}


def home_of(user: User) -> str:
    """The URL name of the first page: live supervisees, own episodes, then people."""
    roles = {
        role
        for membership in live_memberships(user)
        for role in ("therapist", "supervisor", "manager")
        if getattr(membership, f"is_{role}")
    }
    if "supervisor" in roles and _supervises(user):
        return "ratings:caseload"
    if "therapist" in roles and own_episodes(user).exists():
        return "ratings:today"
    landing = {"manager": "alliance:people", "therapist": "ratings:today", "supervisor": "ratings:caseload"}
    return next((page for role, page in landing.items() if role in roles), "alliance:no-place")


def _supervises(user: User) -> bool:
    """Whether the user has a live assignment, even to someone without clients yet."""
    return live_assignments(user).exists()
