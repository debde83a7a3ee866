"""Days and instants as files have them, and in which order a file writes day and month."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DateOrder(TextChoices):
    """How a file writes a date that does not begin with the year."""

    DAY_FIRST = "day-first", _("day.month.year")
    MONTH_FIRST = "month-first", _("month/day/year")


class NoDay(Enum):
    """Why a cell holds no day."""

    UNREADABLE = "unreadable"
    SHORT_YEAR = "the year has two digits"
    SERIAL = "the number by which a spreadsheet counts days"
    HAS_TIME = "there is a time of day"


ZONE = r"(?: ?(?:Z|UTC|GMT)| ?[+-][0-9]{2}(?::?[0-9]{2})?)?"
# A spreadsheet or a program writes a day as its first instant.
MIDNIGHT = rf"(?:[T ]+(?:0?0:00(?::00(?:[.,]0+)?)?|12:00(?::00)? ?AM){ZONE})?"
YEAR_FIRST = re.compile(rf"([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){MIDNIGHT}", re.IGNORECASE)
YEAR_LAST = re.compile(rf"([0-9]{{1,2}})([./-]) ?([0-9]{{1,2}})\2 ?([0-9]{{4}}){MIDNIGHT}", re.IGNORECASE)
INSTANT = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?)({ZONE})",
    re.IGNORECASE,
)
SHORT_YEAR = re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2}(?:[T ].*)?")
SERIAL = re.compile(r"[2-6][0-9]{4}(?:[.,]0*)?")  # 1954 to 2091
HAS_TIME = re.compile(r"(?:[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([./-])[0-9]{1,2}\2[0-9]{4})[T ]+[0-9].*")


@dataclass(frozen=True, slots=True)
class FileDates:
    """How the dates of one file are written."""

    order: DateOrder | None = None  # None: the year comes first everywhere, or it is to be asked
    is_asked: bool = False  # each date can be read in both orders, and they are different days
    clash: tuple[int, int] | None = None  # the lines of one that is day first for sure and one that is month first


def file_dates(cells: Iterable[tuple[int, str]]) -> FileDates:
    """How a file writes its dates, given as line and text.

    One date with a 13 or more decides for all. Between dots the day comes first: nobody writes it otherwise.
    """
    first_line: dict[DateOrder, int] = {}
    found, differ = False, False
    for line, text in cells:
        written = YEAR_LAST.fullmatch(text.strip())
        if not written:
            continue
        first, second = int(written[1]), int(written[3])
        found, differ = True, differ or first != second
        if first > 12 or written[2] == ".":
            first_line.setdefault(DateOrder.DAY_FIRST, line)
        elif second > 12:
            first_line.setdefault(DateOrder.MONTH_FIRST, line)
    if len(first_line) > 1:
        return FileDates(clash=(first_line[DateOrder.DAY_FIRST], first_line[DateOrder.MONTH_FIRST]))
    if first_line:
        return FileDates(next(iter(first_line)))
    if found and differ:
        return FileDates(is_asked=True)
    return FileDates(DateOrder.DAY_FIRST if found else None)


def day_in(text: str, order: DateOrder | None) -> date | NoDay:
    """The day in a cell, also with midnight behind it."""
    text = text.strip()
    if written := YEAR_FIRST.fullmatch(text):
        year, month, day = written[1], written[3], written[4]
    elif written := YEAR_LAST.fullmatch(text):
        day, month, year = written[1], written[3], written[4]
        if order == DateOrder.MONTH_FIRST:
            day, month = month, day
    elif SHORT_YEAR.fullmatch(text):
        return NoDay.SHORT_YEAR
    elif SERIAL.fullmatch(text):
        return NoDay.SERIAL
    elif HAS_TIME.fullmatch(text):
        return NoDay.HAS_TIME
    else:
        return NoDay.UNREADABLE
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return NoDay.UNREADABLE


def instant_in(text: str) -> datetime | None:
    """The instant in a cell; without an offset it is UTC."""
    written = INSTANT.fullmatch(text.strip())
    if not written:
        return None
    offset = written[2].strip() if "+" in written[2] or "-" in written[2] else ""
    try:
        instant = datetime.fromisoformat(written[1] + offset)
    except ValueError:
        return None
    return instant.replace(tzinfo=instant.tzinfo or UTC)
