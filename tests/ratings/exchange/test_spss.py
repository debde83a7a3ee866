"""The syntax for SPSS names every column of the CSV file, and what each number stands for."""

import csv
import io
import re
import zipfile

import pytest

from ratings.exchange.export_codebook import WIDE
from ratings.exchange.spss import LONGEST_LABEL, ItemColumn, syntax
from tests.ratings.exchange.test_actions import exported

ITEM = ItemColumn(1, "met", "x_1_met", "We didn't talk past each other.", {0: "Not at all", 1: "It's so"})


def files_of(archive):
    with zipfile.ZipFile(archive) as found:
        return {name: found.read(name).decode(errors="replace") for name in found.namelist()}


def test_it_reads_each_column_of_the_file_in_its_order(juniper, live_through):
    live_through(juniper, [3, 1])
    files = files_of(exported(juniper.client.practice))
    header, *rows = csv.reader(io.StringIO(files["ratings-wide.csv"]))
    text = files["ratings-wide.sps"]
    variables = text.split("/VARIABLES=\n")[1].split("\n  .\n")[0]
    named = [line.split() for line in variables.splitlines()]
    assert [name for name, _format in named] == header
    for row in rows:
        for (name, kind), cell in zip(named, row, strict=True):
            longest = int(kind[1:].split(".")[0])
            assert len(cell.encode()) <= longest and (kind.startswith("A") or not cell or float(cell) >= 0), name
    labelled = text.split("VARIABLE LABELS\n")[1].split("\n  .\n")[0]
    assert [line.split()[0] for line in labelled.splitlines()] == header
    assert "  alliance_6_1_bond_listened 'I felt listened to. (Alliance check-in, six items)'" in text
    assert "  /alliance_6_1_bond_listened\n    0 'Not at all'\n    1 'A little'\n" in text


def test_a_scoring_key_without_sentences_has_no_labels_of_answers(juniper, live_through):
    live_through(juniper, [3])
    text = files_of(exported(juniper.client.practice))["ratings-wide.sps"]
    assert "  sai_6_1_item_1 'item_1 (Session Alliance Inventory, total (scoring key only))'" in text
    assert "/sai_6_1_item_1" not in text


def test_a_quote_stays_within_its_text_and_no_line_is_too_long():
    text = syntax([ITEM, ItemColumn(1, "long", "x_1_long", "ü" * 400, {})])
    assert "  x_1_met 'We didn''t talk past each other.'" in text and "    1 'It''s so'" in text
    assert max(len(line.encode()) for line in text.splitlines()) <= 256
    assert "'" + "ü" * (LONGEST_LABEL // 2) + "'" in text
    for line in text.splitlines():
        assert line.replace("''", "").count("'") % 2 == 0 or "QUALIFIER" in line, line


@pytest.mark.parametrize("column", [column for column in WIDE if column.values == "0 or 1"], ids=lambda one: one.name)
def test_yes_and_no_are_said(column):
    (said,) = re.findall(r"^  /(.*) 0 'no' 1 'yes'$", syntax([]), re.MULTILINE)
    assert column.name in said.split()
