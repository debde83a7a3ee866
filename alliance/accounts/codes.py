"""Which codes somebody can give as a second step: nobody is asked for one that they have not got."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from alliance.models import User


class Codes(StrEnum):
    BOTH = "both"
    OF_APP = "of_app"
    RECOVERY = "recovery"
    NONE = ""

    @property
    def asked(self) -> Promise | str:
        """The sentence over the box; empty where there is nothing to give."""
        return ASKED[self]

    @property
    def way(self) -> Promise | str:
        """What is offered beside the password."""
        return WAYS[self]


ASKED: dict[Codes, Promise | str] = {
    Codes.BOTH: _("Give the code that your app shows now, or one of your recovery codes."),
    Codes.OF_APP: _("Give the code that your app shows now."),
    Codes.RECOVERY: _("Give one of your recovery codes."),
    Codes.NONE: "",
}
WAYS: dict[Codes, Promise | str] = {
    Codes.BOTH: _("Use a code from your app, or a recovery code"),
    Codes.OF_APP: _("Use a code from your app"),
    Codes.RECOVERY: _("Use a recovery code"),
    Codes.NONE: "",
}


def codes_of(user: User) -> Codes:
    """A passkey is no code."""
    types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    has_app, has_recovery = Authenticator.Type.TOTP in types, Authenticator.Type.RECOVERY_CODES in types
    if has_app and has_recovery:
        return Codes.BOTH
    if has_app:
        return Codes.OF_APP
    return Codes.RECOVERY if has_recovery else Codes.NONE
