"""The role that runs the program, for whom PostgreSQL filters every clinical table: what does that cost a page?"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from alliance.acting import ActingCursor

ROLE = "application"


@contextmanager
def as_application() -> Iterator[None]:
    """Within the block the database is asked as a role that owns nothing, outside of it as the owner."""
    with override_settings(ROW_SECURITY=True), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
        call_command("grant_application", ROLE, verbosity=0)
    owner, settings = connection.connection, connection.settings_dict
    connection.connection = None  # put aside, not closed: it has temporary tables
    connection.settings_dict = settings | {
        "USER": ROLE,
        "OPTIONS": settings["OPTIONS"] | {"cursor_factory": ActingCursor},
        "DISABLE_SERVER_SIDE_CURSORS": True,  # as the settings have it with row security
    }
    try:
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict = owner, settings
