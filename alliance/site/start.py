"""With which settings a served installation does not start."""

import logging

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.checks import Error, Info
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from alliance.crypto import unwrap
from alliance.installation import checks, roles
from alliance.models import DataKey

ONE_ROLE = "alliance.I005"


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


def check_role_of_database(app_configs, **kwargs):
    """Whether PostgreSQL keeps the program from what its owner could do: `alliance.installation.roles`."""
    if settings.LOCAL or connection.vendor != "postgresql":
        return
    try:
        role = roles.standing_of()
        is_fit = role is None or role.is_owner or (not any(roles.other_rights()) and roles.filters_as_said())
    except DatabaseError:
        return
    if role is None:
        return
    if role.is_owner:
        text = (
            f"The program runs as the role {role.name}, which owns its tables: it could change the audit, and lift "
            "what PostgreSQL refuses. docs/how-to/deploy.md says how two roles are made."
        )
        yield Error(text, id="alliance.E012") if settings.TWO_ROLES else Info(text, id=ONE_ROLE)
    elif role.may_create or not is_fit:
        text = (
            f"The role {role.name} has other rights than it needs, or PostgreSQL filters otherwise than "
            f"ALLIANCE_ROW_SECURITY says. As the owner of the tables run `manage.py grant_application {role.name}`."
        )
        yield Error(text, id="alliance.E013")


CHECKS = (
    checks.check_keys,
    checks.check_address,
    checks.check_database_and_mail,
    check_stored_keys,
    check_role_of_database,
)


def refuse_weak_start():
    """Raises with the first sentence about what a served installation must not be.

    One role that owns the tables is only said in the log, unless ALLIANCE_TWO_ROLES is on: it was enough before.
    """
    for check in CHECKS:
        for message in check(None):
            if isinstance(message, Error):
                raise ImproperlyConfigured(message.msg)
            if message.id == ONE_ROLE:
                logging.getLogger(__name__).warning(message.msg)
