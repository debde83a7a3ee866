"""The wide table as a file of SPSS itself, with what each column and each number means.

Written by hand, as of the format only the plain part is needed: a library for it would bring a compiler's output and
pandas for this alone. The layout is that of PSPP's developers ("System File Format"); R, pandas and PSPP read it too.
"""

import struct
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ratings.exchange.codebook import YES_NO
from ratings.exchange.export_codebook import WIDE
from ratings.exchange.spss import (
    DECIMAL,
    INSTANTS,
    LONGEST_LABEL,
    LONGEST_VALUE_LABEL,
    TEXTS,
    WORDS,
    ItemColumn,
    meaning,
    short,
)

SAV_FILE = "ratings-wide.sav"
EPOCH = datetime(1582, 10, 14, tzinfo=UTC)  # SPSS counts seconds from here
NOT_THERE = -sys.float_info.max
LOWEST, HIGHEST = -1.7976931348623155e308, sys.float_info.max
UNIT = 8  # bytes; a text takes as many units as it needs
TEXT, NUMBER, INSTANT = 1, 5, 22  # formats
NOMINAL, ORDINAL, SCALE = 1, 2, 3  # levels of measurement


@dataclass(frozen=True, slots=True)
class Variable:
    """A column. `width`: bytes of a text, 0 for a number; `labels`: what its values stand for."""

    name: str
    label: str
    labels: Mapping[Any, str]
    width: int = 0
    form: int = NUMBER
    decimals: int = 0
    level: int = SCALE

    @property
    def units(self) -> int:
        return max(1, -(-self.width // UNIT))


def variables(items: Collection[ItemColumn]) -> list[Variable]:
    """The columns of the wide table, and the two instants once more as dates."""
    found = []
    for column in WIDE:
        labels: dict[Any, str] = {word.value: str(word.label) for word in WORDS.get(column.name, ())}
        if column.values == YES_NO:
            labels = {0: "no", 1: "yes"}
        width = TEXTS.get(column.name, 0)
        level = NOMINAL if width or labels else SCALE
        form, decimals = TEXT if width else NUMBER, 2 if column.name in DECIMAL else 0
        found.append(Variable(column.name, meaning(column), labels, width, form, decimals, level))
    found += [Variable(item.column, item.label, item.answers, level=ORDINAL) for item in items]
    found += [Variable(made, f"{name} as a date, UTC", {}, form=INSTANT) for name, made in INSTANTS.items()]
    return found


def head(columns: Sequence[Variable]) -> bytes:
    """All of the file but its rows."""
    return b"".join(_head(columns))


def row_of(columns: Sequence[Variable], cells: Sequence[Any]) -> bytes:
    """One row, from the cells of the CSV file."""
    texts = dict(zip((column.name for column in columns), cells, strict=False))
    dates = [_seconds(texts[name]) for name in INSTANTS]
    return b"".join(
        _text(str(cell or ""), column) if column.width else struct.pack("<d", _number(cell))
        for column, cell in zip(columns, [*cells, *dates], strict=True)
    )


def _head(columns: Sequence[Variable]) -> Iterator[bytes]:
    made_at = b"01 Jan 7000:00:00"  # as that of the archive's members: no file tells when it was made
    units = sum(column.units for column in columns)
    yield b"$FL2" + b"@(#) SPSS DATA FILE Alliance".ljust(60)
    yield struct.pack("<iiiiid", 2, units, 0, 0, -1, 100.0) + made_at + b" " * 64 + b"\0" * 3
    for number, column in enumerate(columns, start=1):
        yield from _variable(number, column)
    yield from _labels(columns)
    yield _extension(3, 4, struct.pack("<8i", 20, 0, 0, -1, 1, 1, 2, 65001))  # numbers as written here, in UTF-8
    yield _extension(4, 8, struct.pack("<3d", NOT_THERE, HIGHEST, LOWEST))
    shown = [(column.level, max(8, min(column.width, 40)), 0 if column.width else 1) for column in columns]
    yield _extension(11, 4, b"".join(struct.pack("<3i", *one) for one in shown))
    names = "\t".join(f"V{number}={column.name}" for number, column in enumerate(columns, start=1))
    yield _extension(13, 1, names.encode())
    yield _extension(20, 1, b"UTF-8")
    yield from _labels_of_texts(columns)
    yield struct.pack("<ii", 999, 0)


def _variable(number: int, column: Variable) -> Iterator[bytes]:
    if column.form == INSTANT:
        form = INSTANT << 16 | 20 << 8
    else:
        form = column.form << 16 | (column.width or 8) << 8 | column.decimals
    label = short(column.label, LONGEST_LABEL)
    yield struct.pack("<6i", 2, column.width, 1, 0, form, form) + f"V{number}".encode().ljust(UNIT)
    yield struct.pack("<i", len(label)) + label.ljust(-(-len(label) // 4) * 4)
    for _more in range(column.units - 1):
        yield struct.pack("<6i", 2, -1, 0, 0, 0, 0) + b" " * UNIT


def _labels(columns: Sequence[Variable]) -> Iterator[bytes]:
    """What numbers stand for."""
    place = 1
    for column in columns:
        if column.labels and not column.width:
            yield struct.pack("<ii", 3, len(column.labels))
            for value, said in column.labels.items():
                label = short(said, LONGEST_VALUE_LABEL)
                padded = -(-(len(label) + 1) // UNIT) * UNIT - 1
                yield struct.pack("<dB", value, len(label)) + label.ljust(padded)
            yield struct.pack("<iii", 4, 1, place)
        place += column.units


def _labels_of_texts(columns: Sequence[Variable]) -> Iterator[bytes]:
    """What words stand for: of texts longer than a unit in a record of their own."""
    content = b""
    for column in columns:
        if column.labels and column.width:
            content += _counted(column.name.encode()) + struct.pack("<ii", column.width, len(column.labels))
            for value, said in column.labels.items():
                content += _counted(_text(value, column)[: column.width])
                content += _counted(short(said, LONGEST_VALUE_LABEL))
    yield _extension(21, 1, content)


def _extension(kind: int, size: int, content: bytes) -> bytes:
    return struct.pack("<4i", 7, kind, size, len(content) // size) + content


def _counted(content: bytes) -> bytes:
    return struct.pack("<i", len(content)) + content


def _text(said: str, column: Variable) -> bytes:
    cut = said.encode()[: column.width].decode(errors="ignore").encode()
    return cut.ljust(column.units * UNIT)


def _number(cell: Any) -> float:
    return NOT_THERE if cell in (None, "") else float(cell)


def _seconds(instant: str) -> float | None:
    return (datetime.fromisoformat(instant) - EPOCH).total_seconds() if instant else None
