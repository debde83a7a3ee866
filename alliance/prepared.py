"""Reads whose statement is built once in a process, and from then on only sent.

Django takes some 10 ms to build a statement of a hundred columns, and the database half a millisecond to answer it.
What is kept follows from the program alone, never from who asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)
Kind = type[int] | type[str] | type[datetime] | type[list] | type[Model]  # a list of keys
FIRST_PLACE = 7_340_000_000_000_000  # no key of a row is as large
FIRST_DAY = datetime(4000, 1, 1, tzinfo=UTC)  # no row is of that day, nor of the next thousands of years
CENTURY = timedelta(days=36525)
LAST_DAY = FIRST_DAY + 50 * CENTURY
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Built:
    sql: str
    parameters: tuple[Any, ...]
    names: tuple[str | None, ...]  # of the parameters that differ each time; None: it is part of the statement
    beside: dict[str, tuple[str, timedelta]]  # name -> of what time it is so long after
    converters: dict[int, Any]
    compiler: Any

    def with_values(self, given: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The statement and its parameters."""
        values = [given[name] if name else value for name, value in zip(self.names, self.parameters, strict=True)]
        return (self.sql, values) if list not in map(type, values) else self._with_lists(values)

    def _with_lists(self, values: list[Any]) -> tuple[str, list[Any]]:
        """The same with as many places for a list as it has keys."""
        pieces, single = self.sql.split("%s"), list[Any]()
        for number, value in enumerate(values):
            several = value if isinstance(value, list) else [value]
            pieces[number] += ", ".join(["%s"] * len(several))
            single += several
        return "".join(pieces), single


class Prepared:
    """A query set with parameters: keys of rows, lists of them, rows themselves, texts, or times.

    `build` takes a keyword for each parameter, and gives the query set. It may ask for a time that is so long before or
    after one that is given. It must not ask for anything else that differs from one time to the next: the clock, which
    is refused; the language, the time zone, who is signed in.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **parameters: Kind) -> None:
        self._build, self._parameters = build, parameters
        self._to_adapt = [name for name, kind in parameters.items() if kind not in (int, str)]
        self._lists = [name for name, kind in parameters.items() if kind is list]
        self._built: dict[str, _Built] = {}  # by the kind of database

    def rows(self, **given: Any) -> Iterator[Sequence[Any]]:
        """The rows, as the query set would give them as `values_list`. None where a list is empty: nothing is asked."""
        if not all(given[name] for name in self._lists):
            return iter(())
        connection = connections[DEFAULT_DB_ALIAS]
        sql, values = self.as_sql(connection, given)
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            found = cursor.fetchall()
        built = self._built_for(connection)
        return iter(built.compiler.apply_converters(found, built.converters)) if built.converters else iter(found)

    def models(self, **given: Any) -> list[Any]:
        """The rows as the query set would give them: with what it selects along, and what it annotates."""
        found = list(self.rows(**given))
        return list(self._models(found)) if found else []

    def _models(self, found: list[Sequence[Any]]) -> Iterator[Any]:
        compiler = self._built_for(connections[DEFAULT_DB_ALIAS]).compiler
        model, fields = compiler.klass_info["model"], compiler.klass_info["select_fields"]
        first, last = fields[0], fields[-1] + 1
        columns = [column.target.attname for column, _sql, _alias in compiler.select[first:last]]
        # Its stubs are those of a later Django, which wants one thing more.
        along = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        for values in found:
            row = model.from_db(DEFAULT_DB_ALIAS, columns, values[first:last])
            for one in along:
                one.populate(values, row)
            for name, place in compiler.annotation_col_map.items():
                setattr(row, name, values[place])
            yield row

    def subquery(self, **given: Any) -> Expression:
        """The statement as a part of another one, for `x__in` and `x__among`."""
        return _Subquery(self, given)

    def as_sql(self, connection: Any, given: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The statement and its parameters."""
        built = self._built_for(connection)
        values = {**given, **{name: _adapted(given[name], connection) for name in self._to_adapt}}
        for name, (of, later) in built.beside.items():
            values[name] = _adapted(given[of] + later, connection)
        return built.with_values(values)

    def _built_for(self, connection: Any) -> _Built:
        built = self._built.get(connection.vendor)
        if built is None:
            built = self._built[connection.vendor] = self._prepare(connection)
        return built

    def _prepare(self, connection: Any) -> _Built:
        """Builds the statement with places in it that cannot be mistaken for anything else."""
        kinds = enumerate(self._parameters.items())
        given = {name: _place(kind, name, number) for number, (name, kind) in kinds}
        queryset = self._build(**given)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        places = {_key_of(place): name for name, place in given.items()}
        beside: dict[str, tuple[str, timedelta]] = {}
        names = [self._name_of(value, places, beside) for value in parameters]
        check_places(self._parameters, names)
        return _Built(sql, tuple(parameters), tuple(names), beside, converters, compiler)

    def _name_of(self, value: Any, places: Mapping[Any, str], beside: dict[str, tuple[str, timedelta]]) -> str | None:
        """The name of the parameter that a value of the statement is the place of; a time may lie beside it."""
        at = _as_time(value)
        if at is None:
            return places.get(str(value)) if isinstance(value, int | str) else None
        if not FIRST_DAY - CENTURY < at < LAST_DAY:
            if _is_of_our_time(at):
                raise ValueError(f"The statement asks the clock: {at} would stay.")
            return None
        nearest = min((place for place in places if isinstance(place, datetime)), key=lambda place: abs(place - at))
        name, later = places[nearest], at - nearest
        if later:
            beside[f"{name} {later}"] = (name, later)
            return f"{name} {later}"
        return name


def check_places(parameters: Mapping[str, Kind], names: Iterable[str | None]) -> None:
    """Raises where a statement leaves out what is given to it. A time may be left out: not every filter needs one."""
    if missing := {name for name, kind in parameters.items() if kind is not datetime} - set(names):
        raise ValueError(f"The statement has no place for {missing}.")


def _is_of_our_time(at: datetime) -> bool:
    """Whether a time may have come from the clock, and not from a constant for "never"."""
    return 2000 <= at.year < 3000


def _as_time(value: Any) -> datetime | None:
    """The time that a parameter is; SQLite takes it as a text."""
    if isinstance(value, str) and TIME.fullmatch(value):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _key_of(place: Any) -> Any:
    """What stands for a place in the parameters of a statement; a key is a text where its column has texts."""
    if isinstance(place, list):
        return str(place[0])
    return place if isinstance(place, datetime) else str(place.pk if isinstance(place, Model) else place)


class _Subquery(Expression):
    """What a prepared read would ask, within another statement. It refers to nothing of that."""

    def __init__(self, prepared: Prepared, given: Mapping[str, Any]) -> None:
        super().__init__()
        self._prepared, self._given = prepared, given

    def resolve_expression(self, *_of: Any, **_how: Any) -> _Subquery:
        return self

    def relabeled_clone(self, _aliases: Any) -> _Subquery:
        return self

    def as_sql(self, _compiler: Any, connection: Any) -> Any:
        sql, values = self._prepared.as_sql(connection, self._given)
        return f"({sql})", values


def _place(kind: Kind, name: str, number: int) -> Any:
    if kind is str:
        return f"the place of {name}"
    if kind is datetime:
        return FIRST_DAY + number * CENTURY
    if kind is list:
        return [FIRST_PLACE + number]
    return kind(pk=FIRST_PLACE + number) if issubclass(kind, Model) else FIRST_PLACE + number


def _adapted(value: Any, connection: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.pk if hasattr(value, "pk") else list(value)


def attnames(model: type[Model], *names: str) -> list[str]:
    """The columns of a table, or those of these names, in the order in which `row_of` takes their values."""
    return [column.attname for column in model._meta.concrete_fields if not names or column.name in names]


def row_of(model: type[Row], columns: Sequence[str], values: Sequence[Any]) -> Row | None:
    """The row that has these values; None where an outer join found none: the first column is the key."""
    return None if values[0] is None else model.from_db(DEFAULT_DB_ALIAS, columns, values)
