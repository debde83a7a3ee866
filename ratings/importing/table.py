"""The lines of a file by the names of its columns, and what is wrong with one of them."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from ratings.cells.days import DateOrder, FileDates, file_dates
from ratings.cells.encoding import decoded, encoding_of
from ratings.cells.problem import BadLine
from ratings.cells.rows import Rows, column_key
from ratings.cells.values import is_missing, undefused
from ratings.importing.cells import LONGEST_ID

Cells = dict[str, str]  # by column; empty where a cell says that nothing is known
Row = tuple[int, Cells | None]  # the line, and its cells; None for a line of too many


@dataclass(frozen=True, slots=True, order=True)
class LineError:
    """What is wrong with a line of the file."""

    line: int
    sentence: str


class Table:
    """A file whose first line names its columns; `columns` is there from the start."""

    def __init__(self, data: bytes, names: Mapping[str, str]) -> None:
        """`names`: the key of a column -> the name that its cells get here.

        Raises
        ------
        BadLine
            The file is no text, or empty.
        """
        decoded(data)  # raises where a line is no text; to keep it would hold the file twice
        self.data, self.names = data, names
        file = self._from_the_top()
        if not file.header:
            raise BadLine(_("The file is empty."))
        self.header_line = file.header_line
        self.columns = [names.get(column_key(name), column_key(name)) for name in file.header]

    def check_columns(self) -> None:
        """Raises `BadLine` where two columns have one name."""
        if duplicates := sorted({name for name in self.columns if name and self.columns.count(name) > 1}):
            name = {"name": duplicates[0][:LONGEST_ID]}
            raise BadLine(_("A column is there twice: %(name)s.") % name, self.header_line)

    def rows(self) -> Iterator[Row]:
        """Yields all lines below the first, read anew each time: as rows they take ten times as much as in the file.

        Raises
        ------
        BadLine
            There are none; or from some line on they are no cells.
        """
        line = None
        for line, cells in self._from_the_top():
            yield line, None if cells is None else self._by_column(cells)
        if line is None:
            raise BadLine(_("There is nothing below the first line."), self.header_line)

    def _from_the_top(self) -> Rows:
        file = io.TextIOWrapper(io.BytesIO(self.data), encoding_of(self.data[:4]), newline="")
        return Rows(file, self.names)

    def _by_column(self, cells: list[str]) -> Cells:
        pairs = zip(self.columns, cells, strict=True)
        return {name: "" if is_missing(cell) else undefused(cell.strip()) for name, cell in pairs}


def cells_of(row: Row) -> Cells:
    """The cells of a line; raises `BadLine` for one of too many."""
    _line, cells = row
    if cells is None:
        raise BadLine(
            _("This line has more cells than the first one. A cell with a comma in it needs quotation marks.")
        )
    return cells


def dates_of(rows: Iterable[Row], columns: Iterable[str], order: DateOrder | None) -> FileDates:
    """How the dates in some columns are written; `order` counts where they do not tell.

    Raises
    ------
    BadLine
        They are written in two orders.
    """
    dates = file_dates((line, cells.get(name, "")) for line, cells in rows if cells for name in columns)
    if dates.clash:
        day_first, month_first = dates.clash
        raise BadLine(
            _("The dates are written in two orders: line %(one)s has the day first, line %(other)s the month.")
            % {"one": day_first, "other": month_first},
            max(dates.clash),
        )
    return replace(dates, order=order, is_asked=False) if dates.is_asked and order else dates
