"""The cookie of the check-in that a browser has sent answers to, and whether that browser is the client's own."""

from datetime import timedelta

from django.conf import settings
from django.core import signing

from ratings.check_in.actions import CHANGE_WINDOW
from ratings.check_in.links import opened
from ratings.models import CheckIn

SALT = "ratings.check-in"
# Opens nothing after the change window, but lets the next form say that the last answers were read: long enough for
# monthly sessions; convention of this app.
COOKIE_LIVES = timedelta(days=35)
RECEIPT_LIVES = timedelta(minutes=10)  # on a phone or tablet that others use too; convention of this app
OWN = " own"  # behind the code, where the client said that the device is theirs


def remember(response, check_in, *, own_device):
    """Lets the browser see its receipt; its owner's, see and change the answers."""
    response.set_signed_cookie(
        settings.CHECK_IN_COOKIE_NAME,
        str(check_in.code) + (OWN if own_device else ""),
        salt=SALT,
        max_age=COOKIE_LIVES if own_device else RECEIPT_LIVES,
        path=settings.CHECK_IN_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response):
    response.delete_cookie(settings.CHECK_IN_COOKIE_NAME, path=settings.CHECK_IN_COOKIE_PATH, samesite="Lax")


def own_check_in(request, *, grace=timedelta()):
    """The check-in that its client has last answered on this device of theirs, as `links.opened` has it; else None."""
    code, is_own = _in_cookie(request, CHANGE_WINDOW + grace)
    return opened(code, grace=grace) if is_own else None


def check_in_of_cookie(request):
    """The check-in that this browser has last sent answers to, as `links.opened` has it; else None."""
    code, _is_own = _in_cookie(request, CHANGE_WINDOW)
    return opened(code) if code else None


def has_sent(request, check_in, *, grace=timedelta()):
    """Whether this browser has last sent answers to this check-in."""
    return _in_cookie(request, CHANGE_WINDOW + grace)[0] == str(check_in.code)


def is_own(request, within=COOKIE_LIVES):
    """Whether a client said that this device is theirs."""
    return _in_cookie(request, within)[1]


def last_sent(request):
    """The bare row of the check-in that this browser has last sent answers to, for as long as the cookie lives."""
    code, _is_own = _in_cookie(request, COOKIE_LIVES)
    return CheckIn.objects.not_voided().filter(code=code).first() if code else None


def _in_cookie(request, within):
    """The code in the cookie, and whether the device is the client's own; None and False without one."""
    name = settings.CHECK_IN_COOKIE_NAME
    try:
        value = request.get_signed_cookie(name, salt=SALT, max_age=within)
        if not value.endswith(OWN):
            value = request.get_signed_cookie(name, salt=SALT, max_age=min(within, RECEIPT_LIVES))
    except (KeyError, signing.BadSignature):
        return None, False
    return value.removesuffix(OWN), value.endswith(OWN)
