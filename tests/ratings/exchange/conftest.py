"""What the tests of an export share."""

import pytest
from django.db import connection


@pytest.fixture
def in_no_order(db):
    """SQLite gives rows backwards unless it is asked for an order, as PostgreSQL may."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA reverse_unordered_selects = ON")
        yield
        cursor.execute("PRAGMA reverse_unordered_selects = OFF")
