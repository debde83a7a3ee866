"""The cookie of the check-in that a browser has sent answers to."""

from datetime import timedelta

from django.core import signing

from ratings.check_in.actions import CHANGE_WINDOW
from ratings.check_in.links import opened
from ratings.models import CheckIn

COOKIE, SALT = "check-in", "ratings.check-in"
# Opens nothing after the change window, but lets the next form say that the last answers were read: long enough for
# monthly sessions; convention of this app.
COOKIE_LIVES = timedelta(days=35)


def check_in_of_cookie(request, within=CHANGE_WINDOW, *, grace=timedelta()):
    """The check-in that this browser has last sent answers to, as `links.opened` has it; else None."""
    code = _code_in_cookie(request, within + grace)
    return opened(code, grace=grace) if code else None


def has_sent(request, check_in, *, grace=timedelta()):
    """Whether this browser has last sent answers to this check-in."""
    return _code_in_cookie(request, CHANGE_WINDOW + grace) == str(check_in.code)


def last_sent(request):
    """The bare row of the check-in that this browser has last sent answers to, for as long as the cookie lives."""
    code = _code_in_cookie(request, COOKIE_LIVES)
    return CheckIn.objects.not_voided().filter(code=code).first() if code else None


def _code_in_cookie(request, within):
    try:
        return request.get_signed_cookie(COOKIE, salt=SALT, max_age=within)
    except (KeyError, signing.BadSignature):
        return None
