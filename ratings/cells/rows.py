"""The rows of a file, however its cells are parted."""

import csv
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from django.utils.translation import gettext as _

from ratings.cells.problem import BadLine

DELIMITERS = ",;\t|"
# What Excel writes and reads as the first line; a program that saves the file again fills it up with its own delimiter.
SEP_LINE = re.compile(r'[ "]*sep *= *(\\t|.)([ ",;\t|]*)', re.IGNORECASE)


def column_key(name: str) -> str:
    """The name of a column without what differs from program to program: capitals, blanks, hyphens."""
    return re.sub(r"[\s\-]+", "_", name.strip()).casefold()


class Rows:
    """Reads the rows of a file in order, from top to bottom.

    `header` is there from the start: the cells of the first line that has any. `delimiter` is that of the line `sep=`,
    else the one that makes most of the `known` columns out of the header.
    """

    def __init__(self, lines: Iterable[str], known: Collection[str]) -> None:
        rest = iter(lines)
        self.line = 1  # on which the next row begins
        first = self._first(rest)
        named = SEP_LINE.fullmatch(first.strip("\r\n"))
        if named:
            self.line += 1
            first = self._first(rest)
            filled_up = named[2].strip(' "')
            self.delimiter = filled_up[0] if filled_up else named[1].replace("\\t", "\t")
        else:
            self.delimiter = _delimiter_of(first, {column_key(name) for name in known})
        self.offset = self.line - 1
        # A blank behind the delimiter belongs to neither cell: else a quotation mark after it would be a letter.
        self.reader = csv.reader(chain([first], rest), delimiter=self.delimiter, skipinitialspace=True, strict=True)
        self.header_line, self.header = next(self._records(), (1, []))

    def __iter__(self) -> Iterator[tuple[int, list[str] | None]]:
        """Yields the rows below the header with their line, each with as many cells as the header.

        Empty cells that a program left out at the end are there. None for a row of too many cells.
        """
        width = len(self.header)
        for line, row in self._records():
            while len(row) > width and not row[-1].strip():
                row.pop()
            yield line, row + [""] * (width - len(row)) if len(row) <= width else None

    def _first(self, lines: Iterator[str]) -> str:
        for text in lines:
            if text.strip():
                return text
            self.line += 1
        return ""

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = self.line
            try:
                row = next(self.reader)
            except StopIteration:
                return
            except csv.Error:
                raise BadLine(_("The quotation marks do not match from here on."), line) from None
            self.line = self.offset + self.reader.line_num + 1
            if any(cell.strip() for cell in row):
                yield line, row


def _delimiter_of(header: str, known: set[str]) -> str:
    def columns(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True))
        except (csv.Error, StopIteration):
            return 0, 0
        return len(known & {column_key(cell) for cell in cells}), len(cells)

    return max(DELIMITERS, key=columns)
