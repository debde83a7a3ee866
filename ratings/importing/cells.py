"""One cell of a file: what stands under a column, as a value or as a sentence of what is wrong with it.

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


class Wrong(Exception):
    """What is wrong with a line, or from a line on with the whole file."""

    def __init__(self, sentence, line=1):
        super().__init__(sentence)
        self.line = line


@cache
def zones():
    return available_timezones()


def text_of(cells, name):
    """A reference from outside, kept as the text it is: with its leading zeros, or with a leading "="."""
    if not cells[name]:
        raise Wrong(_("%(name)s is empty.") % {"name": name})
    if len(cells[name]) > LONGEST_ID or not cells[name].isprintable():
        raise Wrong(_("%(name)s is longer than 120 characters, or has some that cannot be shown.") % {"name": name})
    return cells[name]


def whole_of(cells, name):
    if not WHOLE.fullmatch(cells[name]):
        raise Wrong(_("%(name)s is not a whole number.") % {"name": name})
    return int(cells[name])


def yes_or_no_of(cells, name):
    """Both spellings are in use: OpenFIT's own pages say Y and N in one place, 1 and 0 in another."""
    if cells[name].lower() in YES + NO:
        return cells[name].lower() in YES
    raise Wrong(_("%(name)s is neither Y nor N, neither 1 nor 0.") % {"name": name})


def number_of(cells, name, instrument):
    number = decimal_of(cells, name, instrument.lowest, instrument.highest)
    if not instrument.whole_answers:
        return number
    if number != int(number):
        raise Wrong(_("%(name)s is not a whole number.") % {"name": name})
    return number


def decimal_of(cells, name, lowest, highest):
    """Exact, so that a total can be compared with its parts."""
    number = Decimal(cells[name].replace(",", ".")) if NUMBER.fullmatch(cells[name]) else None
    if number is None or not lowest <= number <= highest:
        span = {"name": name, "lowest": lowest, "highest": highest}
        raise Wrong(_("%(name)s is not a number from %(lowest)s to %(highest)s.") % span)
    return number


def day_of(cells, name, now):
    try:
        day = date.fromisoformat(cells[name]) if DAY.fullmatch(cells[name]) else None
    except ValueError:
        day = None
    if day is None:
        raise Wrong(_("%(name)s is not a date written as 2026-03-14.") % {"name": name})
    _check_year(day, name)
    if day > (now + FURTHEST_ZONE).date():
        raise Wrong(_("%(name)s lies in the future.") % {"name": name})
    return day


def instant_of(cells, name, now):
    """Without an offset it is UTC, as the column's name says."""
    try:
        instant = datetime.fromisoformat(cells[name]) if INSTANT.fullmatch(cells[name]) else None
    except ValueError:
        instant = None
    if instant is None:
        raise Wrong(_("%(name)s is not a time written as 2026-03-14T09:00:00Z.") % {"name": name})
    _check_year(instant.date(), name)
    instant = instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    if instant > now:
        raise Wrong(_("%(name)s lies in the future.") % {"name": name})
    return instant


def _check_year(day, name):
    if not EARLIEST <= day <= LATEST:
        raise Wrong(_("%(name)s: check the year.") % {"name": name})
