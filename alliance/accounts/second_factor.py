"""Who has to set up a second factor before anything else."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from alliance.models import BrowserSession, Membership, User

LATER = "second_factor_later"  # in the session of the first sign-in


def let_first_sign_in_be(request: HttpRequest, user: User) -> None:
    """Whoever was just invited looks around first; from the second sign-in on it is asked for."""
    if not Membership.objects.filter(user=user, first_seen_at__isnull=False).exists():
        request.session[LATER] = True


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether a member has to set one up now."""
    return (
        settings.SECOND_FACTOR_REQUIRED
        and request.user.is_authenticated
        and bool(request.memberships)  # type: ignore[attr-defined]  # set by a middleware
        and LATER not in request.session
        and not is_mfa_enabled(request.user)
    )


def take_second_factor(*, user: User) -> bool:
    """Takes every factor of the user, and signs them out everywhere; whether there was one."""
    taken, _each = Authenticator.objects.filter(user=user).delete()
    if taken:
        BrowserSession.objects.filter(user=user).delete()
    return bool(taken)
