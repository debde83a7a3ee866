"""The database's own clock, for conditions: one clock for all machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import DateTimeField, Func, functions

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class Now(functions.Now):  # noqa: TID251 -- here alone
    """The database's now. SQLite tells milliseconds and stores microseconds: this is the end of its millisecond.

    So what was stored a moment ago is past. By Django's own, a place that has just ended held for up to a millisecond.
    """

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f999', 'now')"
        return self.as_sql(compiler, connection, template=template, **context)


class DaysAgo(Func):
    """The database's now, less a number of days that a column holds."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f999', 'now', '-' || %(expressions)s || ' days')"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        template = "STATEMENT_TIMESTAMP() - MAKE_INTERVAL(days => %(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **context)
