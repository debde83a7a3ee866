"""Reads one cell of a file that is imported: its value, or a sentence of what is wrong with it.

A sentence names a column and never what stands in it: managers read these sentences, and they may not read scores.
"""

from datetime import UTC, date, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ratings.cells.days import NoDay, day_in, instant_in
from ratings.cells.problem import BadLine
from ratings.cells.values import number_in, reference_in, whole_in, within, without_noise, yes_or_no_in

LONGEST_ID = 120  # convention of this app: as long as a client's name
EARLIEST, LATEST = date(1980, 1, 1), date(2999, 12, 31)  # assumption: another year is a typing error
FURTHEST_ZONE = timedelta(hours=14)  # a date without a zone may be ahead of UTC by this much (Kiritimati)
NO_DAY = {
    NoDay.UNREADABLE: gettext_lazy("%(name)s is not a date written as 2026-03-14 or 14.03.2026."),
    NoDay.SHORT_YEAR: gettext_lazy("%(name)s: write the year with four digits."),
    NoDay.SERIAL: gettext_lazy(
        "%(name)s has a number of days. Give the column the format of a date and save it again."
    ),
    NoDay.HAS_TIME: gettext_lazy("%(name)s has a time of day behind the date. Remove the time."),
}


@cache
def zones() -> set[str]:
    """The names of all time zones."""
    return available_timezones()


def text_of(cells, name):
    """The name or reference in a cell that must not be empty."""
    text = reference_in(cells[name])
    if text is None:
        raise BadLine(
            _("%(name)s has a number that a program has shortened, as in 1.2E+11. Write it in full, as text.")
            % {"name": name}
        )
    if not text:
        raise BadLine(_("%(name)s is empty. NA, NULL and the like count as empty.") % {"name": name})
    if len(text) > LONGEST_ID or not text.isprintable():
        raise BadLine(_("%(name)s is longer than 120 characters, or has some that cannot be shown.") % {"name": name})
    return text


def whole_of(cells, name):
    """The whole number in a cell."""
    number = whole_in(cells[name])
    if number is None:
        raise BadLine(_("%(name)s must be a whole number.") % {"name": name})
    return number


def one_of(cells, name, words):
    """The word in a cell, one of those that the layout knows."""
    if cells[name] not in words:
        raise BadLine(_("%(name)s is not one of the words that this layout knows.") % {"name": name})
    return cells[name]


def words_of(cells, name, words):
    """The words in a cell, parted by blanks, each one of those that the layout knows."""
    return tuple(one_of({name: word}, name, words) for word in cells[name].split())


def yes_or_no_of(cells, name):
    """Whether a cell says yes.

    Several spellings are in use: OpenFIT's own pages say Y and N in one place, 1 and 0 in another.
    """
    answer = yes_or_no_in(cells[name])
    if answer is None:
        raise BadLine(_("%(name)s is neither Y nor N, neither 1 nor 0.") % {"name": name})
    return answer


def number_of(cells, name, instrument):
    """The answer in a cell, on the instrument's scale."""
    number = decimal_of(cells, name, instrument.lowest, instrument.highest)
    if instrument.whole_answers and number != int(number):
        raise BadLine(_("%(name)s must be a whole number.") % {"name": name})
    return number


def decimal_of(cells, name, lowest, highest) -> Decimal:
    """The number in a cell, without the noise of a program's rounding."""
    if not cells[name]:
        raise BadLine(_("%(name)s is empty.") % {"name": name})
    number = number_in(cells[name])
    if number is None:
        raise BadLine(_("%(name)s is not a number.") % {"name": name})
    number = within(number, lowest, highest)
    if number is None:
        limits = {"name": name, "lowest": lowest, "highest": highest}
        raise BadLine(_("%(name)s must be from %(lowest)s to %(highest)s.") % limits)
    return without_noise(number)


def day_of(cells, name, now, order):
    """The date in a cell, which must not lie in the future; `order`: how the file writes day and month."""
    if not cells[name]:
        raise BadLine(_("%(name)s is empty.") % {"name": name})
    day = day_in(cells[name], order)
    if isinstance(day, NoDay):
        raise BadLine(NO_DAY[day] % {"name": name})
    _check_year(day, name)
    if day > (now + FURTHEST_ZONE).date():
        raise BadLine(_("%(name)s is in the future.") % {"name": name})
    return day


def instant_of(cells, name, now):
    """The instant in a cell; without an offset it is UTC, as the column's name says."""
    instant = instant_in(cells[name])
    if instant is None:
        raise BadLine(_("%(name)s is not a time written as 2026-03-14T09:00:00Z.") % {"name": name})
    _check_year(instant.date(), name)
    instant = instant.astimezone(UTC)
    if instant > now:
        raise BadLine(_("%(name)s is in the future.") % {"name": name})
    return instant


def _check_year(day, name):
    if not EARLIEST <= day <= LATEST:
        raise BadLine(_("%(name)s: check the year.") % {"name": name})
