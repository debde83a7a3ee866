"""Reads a file as plain sessions, with a sentence for every bad line.

Each layout has a module of its own.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from ratings.importing import long, openfit
from ratings.importing.cells import LONGEST_ID, BadLine
from ratings.importing.past import LayoutReader, PastSession
from ratings.psychometrics.instruments import Instrument


class Layout(StrEnum):
    """How a file has its ratings, as an import batch keeps it."""

    OPENFIT = "openfit"
    LONG = "long"


READERS: Mapping[Layout, Callable[[Mapping[tuple[str, str], Instrument], datetime], LayoutReader]] = {
    Layout.OPENFIT: openfit.OpenFit,
    Layout.LONG: long.Long,
}
# Those that a file must have; others are read, or left alone.
COLUMNS = {Layout.OPENFIT: openfit.COLUMNS, Layout.LONG: long.COLUMNS}


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


def parse(data: bytes, instruments: Mapping[tuple[str, str], Instrument], now: datetime) -> Parsed:
    """The sessions of a file in either layout; each bad line is in `errors`."""
    try:
        layout, rows = _table(data)
    except BadLine as error:
        return Parsed(None, errors=(LineError(error.line, str(error)),))
    reader = READERS[layout](instruments, now)
    errors = []
    for line, cells in rows:
        try:
            if cells is None:
                raise BadLine(_("This line has more or fewer cells than the first one."))
            reader.read_row(line, cells)
        except BadLine as error:
            errors.append(LineError(line, str(error)))
    sessions = sorted(reader.sessions(), key=lambda therapy_session: therapy_session.line)
    return Parsed(layout, tuple(sessions), tuple(errors), has_ors=reader.has_ors)


def _table(data: bytes) -> tuple[Layout, list[tuple[int, dict[str, str] | None]]]:
    """The layout, and the rows as (line, cells by column).

    A row of another length than the first has None for its cells.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len((data[: error.start] + b"?").splitlines())
        raise BadLine(_("The file is not UTF-8 from here on. Save it as “CSV UTF-8”."), line) from None
    first = text.lstrip("\r\n").split("\n", 1)[0]
    # Spreadsheets write semicolons where a decimal comma is in use.
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records, line = [], 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((line, [cell.strip() for cell in record]))
            line = reader.line_num + 1
    except csv.Error:
        raise BadLine(_("The quotation marks do not match from here on."), line) from None
    if not records:
        raise BadLine(_("The file is empty."))
    header_line, header = records[0]
    layout, columns = _layout(header, header_line)
    if len(records) == 1:
        raise BadLine(_("There is nothing below the first line."), header_line)
    return layout, [
        (line, dict(zip(columns, cells, strict=True)) if len(cells) == len(columns) else None)
        for line, cells in records[1:]
    ]


def _layout(header: list[str], line: int) -> tuple[Layout, list[str]]:
    """The layout that the header fits best, and the columns by its names."""
    names = {name.casefold(): name for columns in COLUMNS.values() for name in columns}
    columns = [names.get(name.casefold(), name.casefold()) for name in header]
    layout = max(COLUMNS, key=lambda layout: len(set(COLUMNS[layout]) & set(columns)))
    missing = [name for name in COLUMNS[layout] if name not in columns]
    if len(missing) > len(COLUMNS[layout]) / 2:
        raise BadLine(_("The first line is not that of a layout this program can read."), line)
    if missing:
        raise BadLine(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)}, line)
    if duplicates := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise BadLine(_("A column is there twice: %(name)s.") % {"name": duplicates[0][:LONGEST_ID]}, line)
    return layout, columns
