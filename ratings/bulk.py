"""Writes rows of many tables into the database, quickly.

`bulk_create` takes 2.5 times as long, as it prepares each value by itself and asks for the keys. Here the keys are
taken beforehand, from where the database takes its own. To be used inside a transaction: it is that which keeps
another writer on SQLite from the same keys.
"""

from datetime import datetime
from functools import cache
from itertools import count
from operator import attrgetter
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg2.extras import execute_values

Row = TypeVar("Row", bound=models.Model)
KEYS_AT_ONCE = 1000
UNPREPARED_TYPES = {int, float, str, bool, type(None)}


class Bulk:
    """Collects new rows, with their keys, and writes them all at once."""

    def __init__(self, *tables: type[models.Model]) -> None:
        """`tables`: the models, parents first."""
        self.rows: dict[type[models.Model], list[Any]] = {model: [] for model in tables}
        self.blanks = {model: _blank(model) for model in tables}
        self.keys = {model: _new_keys(model) for model in tables if isinstance(model._meta.pk, models.AutoField)}

    def add(self, model: type[Row], **columns: Any) -> Row:
        """A new row; foreign keys by column (`episode_id`)."""
        blank, factories = self.blanks[model]
        values = blank | columns
        for name, make in factories:
            if name not in columns:
                values[name] = make()
        return self.add_row(model(*values.values()))  # by position: three times as fast as by name

    def add_row(self, row: Row) -> Row:
        """Takes in a row that was made elsewhere, and gives it its key."""
        model = type(row)
        if model in self.keys:
            row.pk = next(self.keys[model])
        self.rows[model].append(row)
        return row

    def flush(self) -> None:
        """Writes all rows, parents first."""
        for model, rows in self.rows.items():
            if rows:
                _insert(model, rows)
                rows.clear()


def _new_keys(model):
    """The next keys of a table, one by one, without end."""
    table, column = model._meta.db_table, model._meta.pk.column
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        last = _column("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        yield from count(last[0] + 1 if last else 1)
    while True:
        yield from _column(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, column, KEYS_AT_ONCE]
        )


def _column(statement, values):
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement, values)
        return [value for (value,) in cursor.fetchall()]


def _blank(model):
    """The defaults of a row by column, and the functions that make some for each row."""
    fields = model._meta.concrete_fields
    factories = [(field.attname, field.default) for field in fields if field.has_default() and callable(field.default)]
    return {field.attname: field.get_default() for field in fields}, factories


def _insert(model, rows):
    connection = connections[DEFAULT_DB_ALIAS]  # not the proxy, which looks itself up for each value
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    into = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({columns}) VALUES"
    values_of = attrgetter(*(field.attname for field in fields))
    prepared_instant = cache(connection.ops.adapt_datetimefield_value)  # most instants stand in several columns
    values = [
        [
            value
            if type(value) in UNPREPARED_TYPES
            else prepared_instant(value)
            if type(value) is datetime
            else field.get_db_prep_save(value, connection)
            for field, value in zip(fields, values_of(row), strict=True)
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # where `executemany` would send row by row
            execute_values(cursor.cursor, f"{into} %s", values, page_size=500)
        else:
            cursor.executemany(f"{into} ({', '.join(['%s'] * len(fields))})", values)
