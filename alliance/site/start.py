"""With which settings a served installation does not start."""

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from alliance.crypto import unwrap
from alliance.installation import checks
from alliance.models import DataKey


def check_stored_keys(app_configs, **kwargs):
    """An error where ALLIANCE_DATA_KEYS are not those of this database: names and notes could not be read."""
    if settings.LOCAL:
        return
    try:
        ends = [DataKey.objects.order_by(order).first() for order in ("created_at", "-created_at")]
    except DatabaseError:  # away, or without tables yet: that is said elsewhere
        return
    try:
        for key in filter(None, ends):
            unwrap(key.wrapped)
    except (InvalidToken, ValueError):
        text = "ALLIANCE_DATA_KEYS do not open what this database holds: take those that it was written with."
        yield Error(text, id="alliance.E011")


CHECKS = (checks.check_keys, checks.check_address, checks.check_database_and_mail, check_stored_keys)


def refuse_weak_start():
    """Raises with the first sentence about what a served installation must not be."""
    for check in CHECKS:
        for message in check(None):
            if isinstance(message, Error):
                raise ImproperlyConfigured(message.msg)
