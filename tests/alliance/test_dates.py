"""Days and times as they are written on every page."""

import re
from datetime import UTC, date, datetime, time

import pytest
from django import forms
from django.template import Context, Template
from django.utils.translation import override
from hypothesis import assume, given
from hypothesis import strategies as st

from alliance import dates
from alliance.dates import (
    LETTERS,
    WITH_YEAR,
    AmbiguousTime,
    DateFormat,
    UnreadableDay,
    day,
    read_day,
    read_time,
    written,
    zone_in_words,
)
from alliance.form_fields import DayField
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
        ("weekday-alone", "Tue"),
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
    monkeypatch.setattr("alliance.dates._letters", dates._letters.__wrapped__)  # they were looked up before
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


# --- Read -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "30 Nov 2026", "30 November 2026", "30 nov 2026", "Mon 30 Nov 2026", "Monday, 30 November 2026",
        "30. Nov. 2026",
        "30th November 2026", "Nov 30, 2026", "November 30 2026", "30Nov2026", "2026-11-30", "2026/11/30", "30/11/2026",
        "11/30/2026", "30.11.2026", "30-11-2026", "  30  Nov   2026 ",
    ],
)  # fmt: skip
def test_a_day_is_read_in_every_way_that_means_one_day(typed):
    assert read_day(typed) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("03/05/2026", "“03/05/2026” can be 3 May 2026 or 5 Mar 2026. Write the month as a word."),
        ("3-5-2026", "“3-5-2026” can be 3 May 2026 or 5 Mar 2026. Write the month as a word."),
        ("29 Feb 2027", "There is no such day."),
        ("2026-13-01", "There is no such day."),
        ("31/11/2026", "There is no such day."),
        ("30 Nov", "Write the day as "),
        ("30 Foo 2026", "Write the day as "),
        ("tomorrow", "Write the day as "),
        ("0000-00-00", "There is no such day."),
        ("30.11.26", "Write the day as "),
    ],
)
def test_what_is_no_day_or_could_be_two_is_refused_with_a_sentence(typed, sentence):
    with pytest.raises(UnreadableDay) as raised:
        read_day(typed)
    assert str(raised.value).startswith(sentence)


def test_numbers_that_can_mean_one_day_only_are_read():
    assert read_day("05/05/2026") == date(2026, 5, 5)
    assert read_day("03.05.2026") == date(2026, 5, 3), "with dots the day comes first"
    assert read_day("29 Feb 2028") == date(2028, 2, 29)


@given(st.dates(), st.sampled_from([DateFormat.SHORT_YEAR, DateFormat.DAY_YEAR, DateFormat.WEEKDAY_YEAR]))
def test_what_the_program_writes_it_reads(a_day, name):
    assume(a_day.year >= 1000)
    assert read_day(written(a_day, name)) == read_day(a_day.isoformat()) == a_day


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Europe/London", "London time"), ("America/New_York", "New York time"), ("UTC", "UTC")],
)
def test_a_zone_as_one_says_it(zone, words):
    assert zone_in_words(zone) == words


class DayForm(forms.Form):
    day = DayField()


def test_a_day_is_shown_as_it_may_be_typed_and_what_was_wrong_is_kept():
    assert 'value="30 Nov 2026"' in str(DayForm(initial={"day": date(2026, 11, 30)})["day"])
    form = DayForm({"day": "03/05/2026"})
    assert not form.is_valid()
    assert 'value="03/05/2026"' in str(form["day"])
    assert DayForm({"day": ""}).errors == {"day": ["Write a day."]}


def form_files():
    return [file for file in python_files(*PACKAGES) if file.name.endswith("forms.py") or "forms" in file.parts]


def test_no_form_reads_days_in_another_way():
    assert findings(re.compile(r"forms\.(Split)?Date"), form_files()) == []


@pytest.mark.parametrize("name", DateFormat)
def test_a_day_of_another_year_is_written_in_every_format(time_machine, name):
    time_machine.move_to(datetime(2027, 1, 1, 12, tzinfo=UTC))
    assert day(TUESDAY, name) == written(TUESDAY, WITH_YEAR.get(name, name))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("14:30", time(14, 30)), ("14.30", time(14, 30)), ("1430", time(14, 30)), (" 9:05 ", time(9, 5)),
        ("0905", time(9, 5)), ("14:30:45", time(14, 30)), ("2:30 pm", time(14, 30)), ("0230PM", time(14, 30)),
        ("2.30 p.m.", time(14, 30)), ("12:10 am", time(0, 10)), ("12:10 pm", time(12, 10)), ("00:00", time(0)),
    ],
)  # fmt: skip
def test_a_time_is_read_as_people_write_it(typed, read):
    assert read_time(typed) == read


@pytest.mark.parametrize("typed", ["14:", "14", "14:3", "143", ":30", "25:00", "14:60", "14:30 pm", "0:10 am", "noon"])
def test_a_time_is_not_guessed(typed):
    with pytest.raises(ValueError):
        read_time(typed)


@pytest.mark.parametrize("typed", ["2:30", "2.30", "6:59", "1:00:00"])
def test_a_time_that_may_be_at_night_or_in_the_afternoon_is_asked_about(typed):
    with pytest.raises(AmbiguousTime, match=rf"Write 0{typed[0]}:{typed[2:4]} or 1[3-8]:{typed[2:4]}\."):
        read_time(typed)


@pytest.mark.parametrize(
    ("typed", "read"), [("02:30", time(2, 30)), ("0230", time(2, 30)), ("7:30", time(7, 30)), ("0:30", time(0, 30))]
)
def test_a_time_that_can_be_one_alone_is_taken(typed, read):
    assert read_time(typed) == read


@given(st.times())
def test_a_time_is_read_as_it_is_shown(shown):
    shown = shown.replace(second=0, microsecond=0)
    assert read_time(written(datetime.combine(TUESDAY, shown), DateFormat.TIME)) == shown
