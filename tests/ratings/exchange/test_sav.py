"""The file of SPSS has the cells of the CSV file, and the labels: read here by the published layout, by itself."""

import csv
import io
import math
import struct
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from ratings.exchange.sav import SAV_FILE, Variable, head, row_of, variables
from ratings.exchange.spss import DATA_FILE, ItemColumn
from tests.ratings.exchange.test_actions import exported


class Read:
    """A system file, taken apart."""

    def __init__(self, content):
        self.content, self.at, self.more = content, 0, 0
        assert self.take(4) == b"$FL2"
        self.take(60)
        layout, self.units, packed, weight, cases, bias = self.numbers("<iiiiid")
        assert (layout, packed, weight, cases, bias) == (2, 0, 0, -1, 100), "as it is, unweighted, of any length"
        self.take(84)
        self.shorts, self.widths, self.labels, self.formats, self.said, self.extensions = [], [], [], [], {}, {}
        while (kind := self.numbers("<i")[0]) != 999:
            {2: self.variable, 3: self.value_labels, 7: self.extension}[kind]()
        assert self.numbers("<i") == (0,)
        called = dict(pair.split("=") for pair in self.extensions[13].decode().split("\t"))
        self.names = [called[short] for short in self.shorts]
        assert self.widths and len(self.widths) + self.more == self.units
        self.rows = []
        while self.at < len(content):
            self.rows.append([self.cell(width) for width in self.widths])

    def take(self, size):
        self.at += size
        return self.content[self.at - size : self.at]

    def numbers(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def variable(self):
        width, has_label, missing, *formats = self.numbers("<5i")
        assert missing == 0
        short = self.take(8).decode().rstrip()
        if width < 0:
            assert (width, has_label, formats) == (-1, 0, [0, 0]), "no column, but more of the one before"
            self.more += 1
            return
        assert has_label == 1
        self.shorts.append(short)
        self.widths.append(width)
        printed, written = ((form >> 16, form >> 8 & 255, form & 255) for form in formats)
        assert printed == written
        self.formats.append(printed)
        (size,) = self.numbers("<i")
        self.labels.append(self.take(-(-size // 4) * 4)[:size].decode())

    def value_labels(self):
        found = {}
        for _label in range(self.numbers("<i")[0]):
            value, size = self.numbers("<dB")
            found[value] = self.take(-(-(size + 1) // 8) * 8 - 1)[:size].decode()
        assert self.numbers("<2i") == (4, 1)
        self.said[self.numbers("<i")[0]] = found

    def extension(self):
        kind, size, count = self.numbers("<3i")
        assert size == {3: 4, 4: 8, 11: 4}.get(kind, 1)
        self.extensions[kind] = self.take(size * count)

    def cell(self, width):
        if width:
            return self.take(-(-width // 8) * 8).decode().rstrip()
        (number,) = self.numbers("<d")
        return "" if number == -1.7976931348623157e308 else number

    def of(self, name):
        place = 1 + sum(max(1, -(-width // 8)) for width in self.widths[: self.names.index(name)])
        return self.said.get(place)


@pytest.fixture
def both(juniper, sorrel, live_through):
    """The rows of the CSV file with their header, and the file of SPSS."""
    live_through(juniper, [3, 1, [3, None, 2, 3, 3, 4]], tension=True)
    live_through(sorrel, [2, None])
    archive = exported(juniper.client.practice)
    with zipfile.ZipFile(archive) as found:
        content = found.read(SAV_FILE)
        header, *rows = csv.reader(io.StringIO(found.read(DATA_FILE).decode()))
    return header, rows, Read(content)


def test_each_cell_is_that_of_the_csv_file(both):
    header, rows, file = both
    assert [*file.names[: len(header)]] == header and file.names[len(header) :] == ["session_start", "submitted"]
    assert len(file.rows) == len(rows) > 3
    for row, cells in zip(rows, file.rows, strict=True):
        for text, cell in zip(row, cells, strict=False):
            assert cell == (float(text) if isinstance(cell, float) else text)


def test_dates_are_those_of_the_texts(both):
    header, rows, file = both
    for row, cells in zip(rows, file.rows, strict=True):
        told = datetime.fromisoformat(row[header.index("session_start_utc")])
        since = (told - datetime(1582, 10, 14, tzinfo=UTC)).total_seconds()
        assert cells[file.names.index("session_start")] == pytest.approx(since, abs=0.001)


def test_columns_and_numbers_say_what_they_mean(both):
    _header, _rows, file = both
    assert file.labels[file.names.index("bond")] == (
        "bond, percent of maximum possible (0-100, higher is a stronger alliance)"
    )
    assert file.of("tension") == {0: "no", 1: "yes"}
    assert file.of("alliance_6_1_bond_listened")[1] == "A little"
    assert file.of("sai_6_1_item_1") is None, "a scoring key without sentences"
    assert b"repair_helped" in file.extensions[21] and b"Yes, a little" in file.extensions[21]
    assert file.extensions[20] == b"UTF-8"


def test_the_units_of_a_row_are_those_that_the_head_names(both):
    _header, _rows, file = both
    assert file.units == sum(max(1, -(-width // 8)) for width in file.widths)


@pytest.mark.parametrize("said", ["ü" * 9, "a" * 30, "", "=1+1"])
def test_a_text_is_cut_between_letters_and_fills_its_place(said):
    row = row_of([Variable("v", "", {}, width=10), *DATES], [said, "", ""])
    assert len(row) == 16 + 2 * 16 + 16
    assert said.startswith(row[:16].decode().rstrip()) and len(row[:16].decode().rstrip().encode()) <= 10


def test_an_empty_cell_is_a_blank_text_and_a_number_that_is_none():
    row = row_of([Variable("v", "", {}, width=8), Variable("n", "", {}), *DATES], [None, None, "", ""])
    assert (row[:8], struct.unpack("<d", row[8:16])) == (b" " * 8, (-sys.float_info.max,))


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="longer"):
        row_of([Variable("v", "", {}, width=8), *DATES], ["a", "", "", ""])


DATES = [Variable(name, "", {}, width=16) for name in ("session_start_utc", "submitted_utc")]
DATES += [Variable(name, "", {}) for name in ("session_start", "submitted")]


def test_an_empty_table_is_a_file_too():
    assert Read(head([Variable("v", "Käse", {1: "ja"})])).rows == []


def test_the_words_of_a_number_are_read_however_long_they_are():
    words = {number: "x" * number for number in range(1, 18)}
    assert Read(head([Variable("v", "", words)])).of("v") == words


# --- What the head says beside ----------------------------------------------------------------------------------------

COLUMNS = [
    Variable("word", "", {}, width=20, form=1, level=1),
    Variable("name", "", {}, width=255, form=1, level=1),
    Variable("mean", "", {}, decimals=2),
    Variable("day", "", {}, form=22),
]


ITEM = ItemColumn(1, "met", "x_1_met", "Met each other.", {0: "No", 1: "Yes"}, "0-1")


@pytest.mark.parametrize(
    ("name", "form", "decimals", "level"),
    [
        ("tz", 1, 0, 1),  # a text
        ("tension", 5, 0, 1),  # yes or no
        ("overall", 5, 2, 3),  # a measure
        ("session_no", 5, 0, 3),
        ("x_1_met", 5, 0, 2),  # a step
        ("session_start", 22, 0, 3),  # a date
    ],
)
def test_a_column_is_of_the_kind_that_its_cells_are_of(name, form, decimals, level):
    (column,) = (one for one in variables([ITEM]) if one.name == name)
    assert (column.form, column.decimals, column.level) == (form, decimals, level)


def test_a_column_has_its_type_its_width_and_its_decimals():
    assert Read(head(COLUMNS)).formats == [(1, 20, 0), (1, 255, 0), (5, 8, 2), (22, 20, 0)]


def test_a_column_is_shown_by_its_level_as_wide_as_it_is_and_numbers_to_the_right():
    shown = struct.iter_unpack("<3i", Read(head(COLUMNS)).extensions[11])
    assert list(shown) == [(1, 20, 0), (1, 40, 0), (3, 8, 1), (3, 8, 1)]


def test_numbers_are_of_eight_bytes_the_least_one_first_and_texts_in_utf_8():
    *_version, machine, ieee, packing, little, encoding = struct.unpack("<8i", Read(head(COLUMNS)).extensions[3])
    assert (ieee, little, encoding) == (1, 2, 65001)
    assert (machine, packing) == (-1, 1), "as the developers of PSPP always have them"


def test_which_number_stands_for_an_empty_cell_is_said():
    largest = sys.float_info.max
    nothing, highest, lowest = struct.unpack("<3d", Read(head(COLUMNS)).extensions[4])
    assert (nothing, highest, lowest) == (-largest, largest, math.nextafter(-largest, 0))


def test_what_the_words_of_a_text_stand_for_is_said():
    column = Variable("mode", "", {"a": "Aloud", "w": "ü" * 99}, width=10)
    others = [Variable("number", "", {1: "one"}), Variable("text", "", {}, width=10)]
    content = Read(head([*others, column])).extensions[21]
    at = 0

    def counted():
        nonlocal at
        (size,) = struct.unpack_from("<i", content, at)
        at += 4 + size
        return content[at - size : at].decode()

    name = counted()
    assert (name, *struct.unpack_from("<ii", content, at)) == ("mode", 10, 2)
    at += 8
    assert [counted() for _part in range(4)] == ["a         ", "Aloud", "w         ", "ü" * 60]
    assert at == len(content)
