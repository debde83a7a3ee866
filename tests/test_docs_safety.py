"""The pages on hazards and on security: each row names a test or a setting, and each that is named exists."""

import ast
import re

import pytest
from django.conf import settings

from tests.test_docs_reference import all_variables_read

ROOT = settings.BASE_DIR
HAZARDS = ROOT / "docs" / "reference" / "hazards.md"
SECURITY = ROOT / "docs" / "reference" / "security.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
SETTING = re.compile(r"`(ALLIANCE_\w+)`")


def rows(text):
    """The cells of each row that is no head of a table."""
    lines = [
        line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| no.", "| promise"))
    ]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def missing(text):
    """What rows name that is not there, and rows that name nothing."""
    found = []
    for row in rows(text):
        tests, variables = TEST.findall(row[-1]), SETTING.findall(" ".join(row))
        if not tests and not variables:
            found.append(f"nothing shows: {row[0]} {row[1]}")
        found += [f"{path}::{name}" for path, name in tests if name not in names_in(path)]
        found += [name for name in variables if name not in all_variables_read()]
        if "::" in re.sub(TEST, "", " ".join(row)):
            found.append(f"not understood: {row[-1]}")
    return found


def names_in(path):
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", [HAZARDS, SECURITY], ids=["hazards", "security"])
def test_every_test_and_every_setting_that_a_row_names_exists(page):
    assert missing(page.read_text()) == []


def test_there_are_hazards_enough_and_each_has_its_number():
    numbers = [int(row[0]) for row in rows(HAZARDS.read_text())]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 25
    assert len(rows(SECURITY.read_text())) >= 25


def test_what_is_not_there_would_be_found():
    there = "| 1 | a | b | c | `tests/test_docs_safety.py::test_what_is_not_there_would_be_found` |"
    assert missing(there) == []
    for line, found in (
        ("| 1 | a | b | c | d |", "nothing shows: 1 a"),
        ("| 1 | a | b | c | `tests/test_docs_safety.py::test_gone` |", "tests/test_docs_safety.py::test_gone"),
        ("| 1 | a | b | c | `tests/nowhere.py::test_gone` |", "tests/nowhere.py::test_gone"),
        ("| 1 | a | `ALLIANCE_GONE` | c | d |", "ALLIANCE_GONE"),
    ):
        assert missing(line) == [found]
