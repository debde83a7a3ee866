"""Reads a file as plain sessions, with a sentence for every bad line.

Each layout has a module of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from ratings.cells.days import DateOrder, FileDates
from ratings.cells.problem import BadLine
from ratings.cells.rows import column_key
from ratings.importing import long, openfit
from ratings.importing.past import LayoutReader, PastCase, PastSession
from ratings.importing.references import Layout
from ratings.importing.table import LineError, Table, cells_of, dates_of
from ratings.psychometrics.instruments import Instrument

Reader = Callable[[Mapping[tuple[str, str], Instrument], datetime, DateOrder | None], LayoutReader]
READERS: Mapping[Layout, Reader] = {
    Layout.OPENFIT: openfit.OpenFit,
    Layout.LONG: long.Long,
}
# Those that a file must have; others are read, or left alone.
COLUMNS = {Layout.OPENFIT: openfit.COLUMNS, Layout.LONG: long.COLUMNS}
DAYS: Mapping[Layout, tuple[str, ...]] = {Layout.OPENFIT: openfit.DAYS, Layout.LONG: long.DAYS}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as it was read, before anything is looked up here."""

    layout: Layout | None  # None: the file as a whole cannot be read
    sessions: tuple[PastSession, ...] = ()
    cases: Mapping[tuple[str, str], PastCase] = field(default_factory=dict)  # client, case -> the rest
    errors: tuple[LineError, ...] = ()
    has_ors: bool = False  # which are no alliance ratings, so they are left aside
    dates: FileDates = FileDates()


def parse(
    data: bytes,
    instruments: Mapping[tuple[str, str], Instrument],
    now: datetime,
    order: DateOrder | None = None,
) -> Parsed:
    """The sessions of a file in either layout; each bad line is in `errors`.

    `order`: how its dates are written, said by a person. It counts only where the dates themselves do not tell.
    """
    try:
        return _parsed(Table(data, NAMES), instruments, now, order)
    except BadLine as error:
        return Parsed(None, errors=(LineError(error.line, str(error)),))


NAMES = {column_key(name): name for columns in COLUMNS.values() for name in columns}


def _parsed(
    table: Table, instruments: Mapping[tuple[str, str], Instrument], now: datetime, order: DateOrder | None
) -> Parsed:
    """The same; raises `BadLine` where the file as a whole cannot be read."""
    layout = _layout(table)
    columns = DAYS[layout]
    dates = dates_of(table.rows(), columns, order) if columns else FileDates()
    if dates.is_asked:
        return Parsed(layout, dates=dates)
    reader = READERS[layout](instruments, now, dates.order)
    errors = []
    for row in table.rows():
        try:
            reader.read_row(row[0], cells_of(row))
        except BadLine as error:
            errors.append(LineError(row[0], str(error)))
    sessions = sorted(reader.sessions(), key=lambda therapy_session: therapy_session.line)
    return Parsed(layout, tuple(sessions), reader.cases(), tuple(errors), has_ors=reader.has_ors, dates=dates)


def _layout(table: Table) -> Layout:
    """The layout that the header fits best."""
    columns, line = table.columns, table.header_line
    layout = max(COLUMNS, key=lambda layout: len(set(COLUMNS[layout]) & set(columns)))
    missing = [name for name in COLUMNS[layout] if name not in columns]
    if len(missing) > len(COLUMNS[layout]) / 2:
        raise BadLine(_("The first line is not that of a layout this program can read."), line)
    if missing:
        raise BadLine(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)}, line)
    table.check_columns()
    return layout
