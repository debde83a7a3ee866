"""From the bytes of a file to plain sessions, with a sentence for every bad line. Each layout is its own module."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from ratings.importing import long, openfit
from ratings.importing.cells import LONGEST_ID, Wrong
from ratings.importing.past import PastSession
from ratings.psychometrics.instruments import Instrument

OPENFIT, LONG = "openfit", "long"
READERS = {OPENFIT: openfit.OpenFit, LONG: long.Long}
COLUMNS = {OPENFIT: openfit.COLUMNS, LONG: long.COLUMNS}  # that a file must have; others are read, or left alone


@dataclass(frozen=True, slots=True, order=True)
class LineError:
    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Parsed:
    layout: str  # empty: the file as a whole cannot be read
    sessions: tuple[PastSession, ...] = ()
    errors: tuple[LineError, ...] = ()
    left_aside: bool = False  # it has ORS scores, which are no alliance ratings


def parse(data: bytes, instruments: Mapping[tuple[str, str], Instrument], now: datetime) -> Parsed:
    """Read a file in either layout. Nothing is raised for what it holds: each bad line is in `errors`."""
    try:
        layout, rows = _table(data)
    except Wrong as wrong:
        return Parsed("", errors=(LineError(wrong.line, str(wrong)),))
    read = READERS[layout](instruments, now)
    errors = []
    for line, cells in rows:
        try:
            if cells is None:
                raise Wrong(_("This line has more or fewer cells than the first one."))
            read.row(line, cells)
        except Wrong as wrong:
            errors.append(LineError(line, str(wrong)))
    sessions = sorted(read.sessions(), key=lambda therapy_session: therapy_session.line)
    return Parsed(layout, tuple(sessions), tuple(errors), left_aside=read.left_aside)


def _table(data):
    """The layout, and the rows as (line, cells by column); a row of another length has None for its cells."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len((data[: error.start] + b"?").splitlines())
        raise Wrong(_("The file is not UTF-8 from here on. Save it as “CSV UTF-8”."), line) from None
    first = text.lstrip("\r\n").split("\n", 1)[0]
    # Written out where a decimal comma is in use, a table is parted by semicolons.
    parted_by = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=parted_by, strict=True)
    records, line = [], 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((line, [cell.strip() for cell in record]))
            line = reader.line_num + 1
    except csv.Error:
        raise Wrong(_("The quotation marks do not match from here on."), line) from None
    if not records:
        raise Wrong(_("The file is empty."))
    header_line, header = records[0]
    layout, columns = _layout(header, header_line)
    if len(records) == 1:
        raise Wrong(_("There is nothing below the first line."), header_line)
    return layout, [
        (line, dict(zip(columns, cells, strict=True)) if len(cells) == len(columns) else None)
        for line, cells in records[1:]
    ]


def _layout(header, line):
    known = {name.casefold(): name for names in COLUMNS.values() for name in names}
    columns = [known.get(name.casefold(), name.casefold()) for name in header]
    layout = max(COLUMNS, key=lambda layout: len(set(COLUMNS[layout]) & set(columns)))
    missing = [name for name in COLUMNS[layout] if name not in columns]
    if len(missing) > len(COLUMNS[layout]) / 2:
        raise Wrong(_("The first line is not that of a layout this program can read."), line)
    if missing:
        raise Wrong(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)}, line)
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise Wrong(_("A column is there twice: %(name)s.") % {"name": twice[0][:LONGEST_ID]}, line)
    return layout, columns
