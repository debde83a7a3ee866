"""Reads whose statement is built once in a process, and from then on only sent.

For the few that somebody waits for on a telephone: Django takes some 10 ms to build a statement of a hundred columns,
and the database half a millisecond to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
FIRST_PLACE = 7_340_000_000_000_000  # no key of a row is as large


@dataclass(frozen=True, slots=True)
class _Built:
    sql: str
    parameters: tuple[Any, ...]
    names: tuple[str | None, ...]  # of the parameters that differ each time; None: it is part of the statement
    converters: dict[int, Any]
    compiler: Any


class Prepared:
    """A `values_list` with parameters: keys of rows, or texts.

    `build` takes a keyword for each parameter, and gives the query set.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **parameters: type[int] | type[str]) -> None:
        self._build, self._parameters = build, parameters
        self._built: dict[str, _Built] = {}  # by the kind of database

    def rows(self, **given: int | str) -> Iterator[Sequence[Any]]:
        """The rows, as the query set would give them."""
        connection = connections[DEFAULT_DB_ALIAS]
        built = self._built.get(connection.vendor)
        if built is None:
            built = self._built[connection.vendor] = self._prepare(connection)
        values = [given[name] if name else value for name, value in zip(built.names, built.parameters, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(built.sql, values)
            found = cursor.fetchall()
        return iter(built.compiler.apply_converters(found, built.converters)) if built.converters else iter(found)

    def _prepare(self, connection: Any) -> _Built:
        """Builds the statement with places in it that cannot be mistaken for anything else."""
        places: dict[int | str, str] = {}
        for number, (name, kind) in enumerate(self._parameters.items()):
            places[FIRST_PLACE + number if kind is int else f"the place of {name}"] = name
        queryset = self._build(**{name: place for place, name in places.items()})
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        names = tuple(places.get(value) if isinstance(value, int | str) else None for value in parameters)
        return _Built(sql, tuple(parameters), names, converters, compiler)


def attnames(model: type[Model], *names: str) -> list[str]:
    """The columns of a table, or those of these names, in the order in which `row_of` takes their values."""
    return [column.attname for column in model._meta.concrete_fields if not names or column.name in names]


def row_of(model: type[Row], columns: Sequence[str], values: Sequence[Any]) -> Row | None:
    """The row that has these values; None where an outer join found none: the first column is the key."""
    return None if values[0] is None else model.from_db(DEFAULT_DB_ALIAS, columns, values)
