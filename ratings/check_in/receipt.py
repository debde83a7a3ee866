"""The cookie of the check-in that a browser has sent answers to."""

from datetime import timedelta

from django.core import signing

from ratings.check_in.actions import CHANGE_WINDOW
from ratings.check_in.links import NEEDED_BY_CHECK_IN, not_voided
from ratings.models import CheckIn

COOKIE, SALT = "check-in", "ratings.check-in"
# Opens nothing after the change window, but lets the next form say that the last answers were read: long enough for
# monthly sessions; convention of this app.
COOKIE_LIVES = timedelta(days=35)


def check_in_of_cookie(request, within=CHANGE_WINDOW, *, grace=timedelta()):
    """The check-in that this browser has last sent answers to, else None."""
    try:
        code = request.get_signed_cookie(COOKIE, salt=SALT, max_age=within + grace)
    except (KeyError, signing.BadSignature):
        return None
    rows = CheckIn.objects.filter(not_voided("therapy_session", grace), code=code)
    return rows.select_related(*NEEDED_BY_CHECK_IN).first()
