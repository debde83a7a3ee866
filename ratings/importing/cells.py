"""Reads one cell of a file: its value, or a sentence of what is wrong with it.

A sentence names a column and never what stands in it: managers read these sentences, and they may not read scores.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

LONGEST_ID = 120  # convention of this app: as long as a client's name
EARLIEST, LATEST = date(1980, 1, 1), date(2999, 12, 31)  # assumption: another year is a typing error
FURTHEST_ZONE = timedelta(hours=14)  # a date without a zone may be ahead of UTC by this much (Kiritimati)
YES, NO = ("1", "y", "yes", "true"), ("0", "n", "no", "false")
NUMBER = re.compile(r"-?[0-9]{1,6}([.,][0-9]{1,9})?")
WHOLE = re.compile(r"[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")


class BadLine(Exception):
    """A line that cannot be read, with a sentence why."""

    def __init__(self, sentence: str, line: int = 1) -> None:
        super().__init__(sentence)
        self.line = line


@cache
def zones() -> set[str]:
    """The names of all time zones."""
    return available_timezones()


def text_of(cells, name):
    """The text of a cell that must not be empty, with its leading zeros or "="."""
    if not cells[name]:
        raise BadLine(_("%(name)s is empty.") % {"name": name})
    if len(cells[name]) > LONGEST_ID or not cells[name].isprintable():
        raise BadLine(_("%(name)s is longer than 120 characters, or has some that cannot be shown.") % {"name": name})
    return cells[name]


def whole_of(cells, name):
    """The whole number in a cell."""
    if not WHOLE.fullmatch(cells[name]):
        raise BadLine(_("%(name)s is not a whole number.") % {"name": name})
    return int(cells[name])


def yes_or_no_of(cells, name):
    """Whether a cell says yes.

    Several spellings are in use: OpenFIT's own pages say Y and N in one place, 1 and 0 in another.
    """
    if cells[name].lower() in YES + NO:
        return cells[name].lower() in YES
    raise BadLine(_("%(name)s is neither Y nor N, neither 1 nor 0.") % {"name": name})


def number_of(cells, name, instrument):
    """The answer in a cell, on the instrument's scale."""
    number = decimal_of(cells, name, instrument.lowest, instrument.highest)
    if not instrument.whole_answers:
        return number
    if number != int(number):
        raise BadLine(_("%(name)s is not a whole number.") % {"name": name})
    return number


def decimal_of(cells, name, lowest, highest):
    """The number in a cell, exact, so that a total can be compared with its parts."""
    number = Decimal(cells[name].replace(",", ".")) if NUMBER.fullmatch(cells[name]) else None
    if number is None or not lowest <= number <= highest:
        limits = {"name": name, "lowest": lowest, "highest": highest}
        raise BadLine(_("%(name)s is not a number from %(lowest)s to %(highest)s.") % limits)
    return number


def day_of(cells, name, now):
    """The date in a cell, which must not lie in the future."""
    try:
        day = date.fromisoformat(cells[name]) if DAY.fullmatch(cells[name]) else None
    except ValueError:
        day = None
    if day is None:
        raise BadLine(_("%(name)s is not a date written as 2026-03-14.") % {"name": name})
    _check_year(day, name)
    if day > (now + FURTHEST_ZONE).date():
        raise BadLine(_("%(name)s lies in the future.") % {"name": name})
    return day


def instant_of(cells, name, now):
    """The instant in a cell; without an offset it is UTC, as the column's name says."""
    try:
        instant = datetime.fromisoformat(cells[name]) if INSTANT.fullmatch(cells[name]) else None
    except ValueError:
        instant = None
    if instant is None:
        raise BadLine(_("%(name)s is not a time written as 2026-03-14T09:00:00Z.") % {"name": name})
    _check_year(instant.date(), name)
    instant = instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    if instant > now:
        raise BadLine(_("%(name)s lies in the future.") % {"name": name})
    return instant


def _check_year(day, name):
    if not EARLIEST <= day <= LATEST:
        raise BadLine(_("%(name)s: check the year.") % {"name": name})
