"""Rows, however their cells are parted."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.cells.encoding import decoded
from ratings.cells.problem import BadLine
from ratings.cells.rows import Rows

KNOWN = ("name", "day", "score")


def rows_of(text):
    rows = Rows(io.StringIO(text, newline=""), KNOWN)
    return rows.delimiter, rows.header, list(rows)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name,day,score\n1,2,3", ","),
        ("name;day;score\n1;2;3", ";"),
        ("name\tday\tscore\n1\t2\t3", "\t"),
        ("name|day|score\n1|2|3", "|"),
        ("sep=;\nname;day;score\n1;2;3", ";"),
        ('"sep=,"\r\nname,day,score\r\n1,2,3', ","),
        ("SEP=\t\nname\tday\tscore\n1\t2\t3", "\t"),
        ("sep=\\t\nname\tday\tscore\n1\t2\t3", "\t"),
        ("sep=; \nname;day;score\n1;2;3", ";"),
        (" sep = ; \nname;day;score\n1;2;3", ";"),
        ("sep=;;;;\nname;day;score\n1;2;3", ";"),
        ('"sep=;";;\nname;day;score\n1;2;3', ";"),
        ('"sep=,","",""\nname,day,score\n1,2,3', ","),
        ("sep=;,,\nname,day,score\n1,2,3", ","),
        ("sep=\\t\t\t\nname\tday\tscore\n1\t2\t3", "\t"),
        ("sep=\t\t\t\nname\tday\tscore\n1\t2\t3", "\t"),
        ("\n \nname;day;score\n1;2;3", ";"),
        ('name;day;"score"\n1;2;"3"', ";"),
        ("name, day, score\n1, 2, 3", ","),
        ('"name", "day", "score"\n"1", "2", "3"', ","),
    ],
)
def test_the_delimiter_is_found(text, delimiter):
    found, header, rows = rows_of(text)
    assert (found, header, [cells for _line, cells in rows]) == (delimiter, ["name", "day", "score"], [["1", "2", "3"]])


def test_the_delimiter_is_the_one_that_finds_the_columns_not_the_one_that_is_there_most():
    assert rows_of('name;day;score;"a, b, c, d, e"\n')[0] == ";"


def test_empty_cells_that_are_left_out_or_too_many_make_no_difference():
    text = "name,day,score\n1\n1,2\n1,2,3\n1,2,3,, \n1,2,3,4\n\n,,\n5,6,7\n"
    assert rows_of(text)[2] == [
        (2, ["1", "", ""]), (3, ["1", "2", ""]), (4, ["1", "2", "3"]), (5, ["1", "2", "3"]), (6, None),
        (9, ["5", "6", "7"]),
    ]  # fmt: skip


def test_lines_are_counted_as_an_editor_counts():
    text = 'sep=,\n\nname,day,score\n"a\nb",2,3\n4,5,6\n'
    assert [line for line, _cells in rows_of(text)[2]] == [4, 6]
    with pytest.raises(BadLine) as error:
        rows_of(text + '"7,8,9\n')
    assert error.value.line == 7


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_read_in_the_encodings_that_spreadsheets_write(encoding):
    assert decoded("name;Zoë\n".encode(encoding)) == "name;Zoë\n"


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_workbook_is_named_as_one(start):
    with pytest.raises(BadLine, match="This is a workbook"):
        decoded(start + bytes(20))


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8).map(str.strip)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3).filter(any)), st.sampled_from(",;\t|"), st.booleans())
def test_what_pythons_csv_writes_is_read_back(table, delimiter, names_it):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([KNOWN, *table])
    written = (f"sep={delimiter}\r\n" if names_it else "") + text.getvalue()
    found, header, rows = rows_of(written)
    assert (found, tuple(header), [cells for _line, cells in rows]) == (delimiter, KNOWN, table)
