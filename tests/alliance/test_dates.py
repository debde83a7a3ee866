"""Days and times as they are written on every page."""

import re
from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils.translation import override

from alliance.dates import LETTERS, WITH_YEAR, DateFormat, day, written
from tests.test_architecture import PACKAGES, ROOT, findings, python_files

TUESDAY = datetime(2026, 11, 3, 17, 30, tzinfo=UTC)
# What is read by a program, and not by a person, has one spelling in all languages.
SPELLED = re.compile(r"""\|\s*(date|time)\b(?!:'H:i'\s*}}")|{%\s*now\b|\b(date_format|time_format|strftime)\(""")


def rendered(source):
    return Template("{% load dates %}" + source).render(Context({"tuesday": TUESDAY, "nothing": None}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("short", "3 Nov"),
        ("short-year", "3 Nov 2026"),
        ("short-time", "3 Nov, 17:30"),
        ("day", "3 November"),
        ("day-year", "3 November 2026"),
        ("weekday", "Tuesday 3 November"),
        ("weekday-year", "Tuesday 3 November 2026"),
        ("weekday-time", "Tuesday 3 November, 17:30"),
        ("weekday-alone-time", "Tuesday, 17:30"),
        ("time", "17:30"),
    ],
)
def test_each_format_by_its_name(name, text):
    assert written(TUESDAY, name) == text
    assert rendered("{{ tuesday|written:'" + name + "' }}") == text


def test_every_format_has_its_letters():
    assert set(LETTERS) == set(DateFormat)


def test_a_name_that_is_none_fails_and_is_not_written_as_a_date():
    with pytest.raises(ValueError, match="j M"):
        rendered("{{ tuesday|written:'j M' }}")


@pytest.mark.parametrize("name", WITH_YEAR)
@pytest.mark.parametrize(
    ("today", "with_year"), [(datetime(2026, 12, 31, tzinfo=UTC), False), (datetime(2027, 1, 1, tzinfo=UTC), True)]
)
def test_the_year_is_written_where_it_is_not_this_year(time_machine, name, today, with_year):
    time_machine.move_to(today)
    text = written(TUESDAY, name) + (" 2026" if with_year else "")
    assert day(TUESDAY, name) == rendered("{{ tuesday|day:'" + name + "' }}") == text


def test_where_there_is_no_day():
    assert rendered("{{ nothing|day }}{{ nothing|written:'day' }}") == "–"


def test_a_translation_can_change_a_format(monkeypatch):
    monkeypatch.setattr("django.utils.translation._trans.pgettext", lambda _context, letters: f"Y-m-d ({letters})")
    with override("en"):
        assert written(TUESDAY, DateFormat.SHORT).startswith("2026-11-03 (")


def test_no_other_place_spells_a_date():
    files = [file for file in python_files(*PACKAGES) if file != ROOT / "alliance" / "dates.py"]
    assert findings(SPELLED, [*files, *sorted((ROOT / "templates").rglob("*.*"))]) == []


@pytest.mark.parametrize(
    "line",
    ['{{ day|date:"j M" }}', "{{ at|time:'H:i' }}", '{% now "Y" %}', "date_format(day)", 'day.strftime("%d")'],
)
def test_a_spelled_date_would_be_found(line):
    assert SPELLED.search(line)
    assert not SPELLED.search("<time datetime=\"{{ at|time:'H:i' }}\">{{ at|written:'time' }}")
