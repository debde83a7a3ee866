"""Fills a PostgreSQL with the cases of colleagues: the cases that are there, copied as often as is wished.

The copies belong to copied therapists with copied supervisors, all in the same practice. So every table grows, and
nobody who was there before sees one case more.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import AutoField, DateTimeField, Field, ForeignKey, Model, UUIDField

from alliance.models import Client, Cover, DataKey, Membership, Supervision, User
from sessions.models import TherapySession

PEOPLE: tuple[type[Model], ...] = (User, Membership, Supervision, Cover, DataKey)
FLOORS = ("alliance", "therapy", "ratings")


def copied_models() -> list[type[Model]]:
    """People, and all that is about clients."""
    clinical = [model for floor in FLOORS for model in apps.get_app_config(floor).get_models()]
    return [*PEOPLE, *(model for model in clinical if hasattr(model, "Sensitivity") and model not in PEOPLE)]


class Colleagues:
    """Adds the copies. The rows that are there when it is made are what is copied."""

    def __init__(self) -> None:
        self.models = copied_models()
        self.copies = 0
        with connection.cursor() as cursor:
            self.strides = {model: _highest_key(cursor, model) for model in self.models}
            for model in self.models:
                table = model._meta.db_table
                cursor.execute(f'CREATE TEMPORARY TABLE "first_{table}" AS TABLE "{table}"')
        self.sessions = TherapySession.objects.count()  # of one copy

    def fill_to(self, sessions: int) -> int:
        """Adds copies until there are so many therapy sessions beside the first ones; how many there are then."""
        wanted = -(-sessions // self.sessions)
        if wanted > self.copies:
            self._add(self.copies + 1, wanted)
            self.copies = wanted
        return self.copies * self.sessions

    def _add(self, first: int, last: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no key is checked: it would take most time
            for model in self.models:
                table, fields = model._meta.db_table, model._meta.concrete_fields
                columns = ", ".join(f'"{field.column}"' for field in fields)
                values = ", ".join(self._copied(field) for field in fields)
                cursor.execute(
                    f'INSERT INTO "{table}" ({columns}) '
                    f'SELECT {values} FROM generate_series(%s, %s) AS copy, "first_{table}"',
                    [first, last],
                )
            cursor.execute("SET LOCAL session_replication_role = origin")
            for model in self.models:
                if isinstance(model._meta.pk, AutoField):
                    table, column = model._meta.db_table, model._meta.pk.column
                    cursor.execute(
                        f'SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT max({column}) + 1 FROM "{table}"))',
                        [table, column],
                    )

    def _copied(self, field: Field[Any, Any]) -> str:
        """How a column of a copy is made from that of the first."""
        column = f'"{field.column}"'
        target = field.related_model if isinstance(field, ForeignKey) else field.model if field.primary_key else None
        if isinstance(target, type) and target in self.strides:
            key = target._meta.pk
            return (
                _of_copy(column) if isinstance(key, UUIDField) else f"{column} + copy::bigint * {self.strides[target]}"
            )
        if isinstance(field, UUIDField) and field.unique:
            return "gen_random_uuid()"
        if field.unique and not isinstance(field, DateTimeField):
            return f"md5({column} || copy)"
        if field.model is Client and field.name in (
            "email_hash",
            "phone_hash",
        ):  # else: one person
            return f"CASE WHEN {column} = '' THEN '' ELSE md5({column} || copy) END"
        return f"copy || {column}" if field.model is User and field.name == "email" else column


def _of_copy(column: str) -> str:
    return f"md5({column} || '-' || copy)::uuid"


def _highest_key(cursor: Any, model: type[Model]) -> int:
    key = model._meta.pk
    if isinstance(key, UUIDField):
        return 0
    cursor.execute(f'SELECT coalesce(max("{key.column}"), 0) + 1 FROM "{model._meta.db_table}"')
    (highest,) = cursor.fetchone()
    return int(highest)


def analyse() -> None:
    """Tells PostgreSQL how large its tables are, as it would find out by itself within a minute."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
