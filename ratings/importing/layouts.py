"""Reads a file as plain sessions, with a sentence for every bad line.

Each layout has a module of its own.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from ratings.cells.days import DateOrder, FileDates, file_dates
from ratings.cells.encoding import decoded
from ratings.cells.problem import BadLine
from ratings.cells.rows import Rows, column_key
from ratings.cells.values import is_missing
from ratings.importing import long, openfit
from ratings.importing.cells import LONGEST_ID
from ratings.importing.past import LayoutReader, PastSession
from ratings.psychometrics.instruments import Instrument

Row = tuple[int, dict[str, str] | None]  # the line, and the cells by column; None for a row of too many cells


class Layout(StrEnum):
    """How a file has its ratings, as an import batch keeps it."""

    OPENFIT = "openfit"
    LONG = "long"


Reader = Callable[[Mapping[tuple[str, str], Instrument], datetime, DateOrder | None], LayoutReader]
READERS: Mapping[Layout, Reader] = {
    Layout.OPENFIT: openfit.OpenFit,
    Layout.LONG: long.Long,
}
# Those that a file must have; others are read, or left alone.
COLUMNS = {Layout.OPENFIT: openfit.COLUMNS, Layout.LONG: long.COLUMNS}
DAYS: Mapping[Layout, tuple[str, ...]] = {Layout.OPENFIT: openfit.DAYS, Layout.LONG: long.DAYS}


@dataclass(frozen=True, slots=True, order=True)
class LineError:
    """What is wrong with a line of the file."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as it was read, before anything is looked up here."""

    layout: Layout | None  # None: the file as a whole cannot be read
    sessions: tuple[PastSession, ...] = ()
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
        layout, rows = _table(data)
        dates = _dates(layout, rows, order)
    except BadLine as error:
        return Parsed(None, errors=(LineError(error.line, str(error)),))
    if dates.is_asked:
        return Parsed(layout, dates=dates)
    reader = READERS[layout](instruments, now, dates.order)
    errors = []
    for line, cells in rows:
        try:
            if cells is None:
                raise BadLine(
                    _("This line has more cells than the first one. A cell with a comma in it needs quotation marks.")
                )
            reader.read_row(line, cells)
        except BadLine as error:
            errors.append(LineError(line, str(error)))
    sessions = sorted(reader.sessions(), key=lambda therapy_session: therapy_session.line)
    return Parsed(layout, tuple(sessions), tuple(errors), has_ors=reader.has_ors, dates=dates)


def _dates(layout: Layout, rows: list[Row], order: DateOrder | None) -> FileDates:
    cells = ((line, cells.get(name, "")) for line, cells in rows if cells for name in DAYS[layout])
    dates = file_dates(cells)
    if dates.clash:
        day_first, month_first = dates.clash
        raise BadLine(
            _("The dates are written in two orders: line %(one)s has the day first, line %(other)s the month.")
            % {"one": day_first, "other": month_first},
            max(dates.clash),
        )
    return replace(dates, order=order, is_asked=False) if dates.is_asked and order else dates


def _table(data: bytes) -> tuple[Layout, list[Row]]:
    """The layout, and the rows; what says that nothing is known is empty in them."""
    names = {column_key(name): name for columns in COLUMNS.values() for name in columns}
    rows = Rows(io.StringIO(decoded(data), newline=""), names)
    if not rows.header:
        raise BadLine(_("The file is empty."))
    columns = [names.get(column_key(name), column_key(name)) for name in rows.header]
    layout = _layout(columns, rows.header_line)
    records: list[Row] = [(line, cells and _by_column(columns, cells)) for line, cells in rows]  # type: ignore[misc]
    if not records:
        raise BadLine(_("There is nothing below the first line."), rows.header_line)
    return layout, records


def _by_column(columns: list[str], cells: list[str]) -> dict[str, str]:
    return {name: "" if is_missing(cell) else cell.strip() for name, cell in zip(columns, cells, strict=True)}


def _layout(columns: list[str], line: int) -> Layout:
    """The layout that the header fits best."""
    layout = max(COLUMNS, key=lambda layout: len(set(COLUMNS[layout]) & set(columns)))
    missing = [name for name in COLUMNS[layout] if name not in columns]
    if len(missing) > len(COLUMNS[layout]) / 2:
        raise BadLine(_("The first line is not that of a layout this program can read."), line)
    if missing:
        raise BadLine(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)}, line)
    if duplicates := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise BadLine(_("A column is there twice: %(name)s.") % {"name": duplicates[0][:LONGEST_ID]}, line)
    return layout
