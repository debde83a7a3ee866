"""The syntax for SPSS names every column of the CSV file, and what each number stands for."""

import csv
import io
import re
import zipfile

import pytest

from ratings.exchange.export_codebook import WIDE
from ratings.exchange.spss import LONGEST_LABEL, ItemColumn, meaning, syntax
from tests.ratings.exchange.test_actions import exported

ITEM = ItemColumn(1, "met", "x_1_met", "We didn't talk past each other.", {0: "Not at all", 1: "It's so"}, "0-1")


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
    text = syntax([ITEM, ItemColumn(1, "long", "x_1_long", "ü" * 400, {}, "0-1")])
    assert "  x_1_met 'We didn''t talk past each other.'" in text and "    1 'It''s so'" in text
    assert max(len(line.encode()) for line in text.splitlines()) <= 256
    assert "'" + "ü" * (LONGEST_LABEL // 2) + "'" in text
    for line in text.splitlines():
        assert line.replace("''", "").count("'") % 2 == 0 or "QUALIFIER" in line, line


@pytest.mark.parametrize("column", [column for column in WIDE if column.values == "0 or 1"], ids=lambda one: one.name)
def test_yes_and_no_are_said(column):
    (said,) = re.findall(r"^  /(.*) 0 'no' 1 'yes'$", syntax([]), re.MULTILINE)
    assert column.name in said.split()


def test_it_reads_the_file_as_it_is_written():
    first, _said, *lines = syntax([]).splitlines()[:6]
    assert first == "* Encoding: UTF-8."
    assert lines == [
        "CD '.'.",
        "SET DECIMAL=DOT.",
        "GET DATA /TYPE=TXT /FILE='ratings-wide.csv' /ENCODING='UTF8' /ARRANGEMENT=DELIMITED /DELCASE=LINE",
        '  /FIRSTCASE=2 /DELIMITERS="," /QUALIFIER=\'"\' /VARIABLES=',
    ]


def test_its_commands_are_these_and_each_ends():
    commands = syntax([ITEM]).removesuffix(".\n").split(".\n")
    assert not [command for command in commands if re.search(r"\n\S", command)], "one goes on indented"
    words = [command.split()[0] for command in commands]
    known = [word for word, again in zip(words, [None, *words], strict=False) if word != again]
    assert known == [
        "*", "CD", "SET", "GET",
        *["COMPUTE", "FORMATS", "VARIABLE"] * 2, "EXECUTE", "VARIABLE", "VALUE", "FORMATS", "SAVE",
    ]  # fmt: skip


def test_it_reads_texts_as_wide_as_they_may_be_and_numbers():
    variables = syntax([ITEM]).split("/VARIABLES=\n")[1].split("\n  .\n")[0]
    kinds = dict(line.split() for line in variables.splitlines())
    assert list(kinds) == [*(column.name for column in WIDE), "x_1_met"]
    assert (kinds["tz"], kinds["tension"], kinds["x_1_met"]) == ("A64", "F20.0", "F20.0")


@pytest.mark.parametrize(("text", "date"), [("session_start_utc", "session_start"), ("submitted_utc", "submitted")])
def test_a_date_is_made_of_the_parts_of_its_text(text, date):
    def part(found):
        assert found[2] == found[3], "as many digits as letters"
        return "2024-03-01T12:34:56Z"[int(found[1]) - 1 :][: int(found[2])]

    computed = re.sub(rf"NUMBER\(SUBSTR\({text},(\d+),(\d+)\),F(\d+)\)", part, syntax([]))
    assert f"COMPUTE {date} = DATE.DMY(01,03,2024)\n  + TIME.HMS(12,34,56).\n" in computed
    assert f"FORMATS {date} (DATETIME20).\nVARIABLE LABELS {date} '{text} as a date, UTC'.\n" in computed


def test_numbers_have_two_decimals_where_they_are_means_and_texts_have_no_format():
    formats = dict(re.findall(r"^FORMATS (\w+) \((.*)\)\.$", syntax([ITEM]), re.MULTILINE))
    assert (formats["overall"], formats["session_no"], formats["x_1_met"]) == ("F8.2", "F8.0", "F8.0")
    assert "tz" not in formats


def test_words_are_said():
    assert "  /tension_strength\n    'little' 'Mild'\n" in syntax([])


def test_what_a_column_means_is_said_with_its_range_unless_it_is_yes_or_no():
    said = {column.name: meaning(column) for column in WIDE}
    assert said["bond"].endswith("(0-100, higher is a stronger alliance)")
    assert said["tension"] and not said["tension"].endswith(")")
