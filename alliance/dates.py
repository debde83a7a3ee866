"""How days and times are written: a few named formats, which a translation can change."""

from enum import StrEnum

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy


class DateFormat(StrEnum):
    SHORT = "short"
    SHORT_YEAR = "short-year"
    SHORT_TIME = "short-time"
    DAY = "day"
    DAY_YEAR = "day-year"
    WEEKDAY = "weekday"
    WEEKDAY_YEAR = "weekday-year"
    WEEKDAY_TIME = "weekday-time"
    WEEKDAY_ALONE_TIME = "weekday-alone-time"
    TIME = "time"


# In Django's letters for dates. The example comes with each into the catalogue, for whoever translates it.
LETTERS = {
    DateFormat.SHORT: pgettext_lazy("date format, as in: 3 Nov", "j M"),
    DateFormat.SHORT_YEAR: pgettext_lazy("date format, as in: 3 Nov 2026", "j M Y"),
    DateFormat.SHORT_TIME: pgettext_lazy("date format, as in: 3 Nov, 17:30", "j M, H:i"),
    DateFormat.DAY: pgettext_lazy("date format, as in: 3 November", "j F"),
    DateFormat.DAY_YEAR: pgettext_lazy("date format, as in: 3 November 2026", "j F Y"),
    DateFormat.WEEKDAY: pgettext_lazy("date format, as in: Tuesday 3 November", "l j F"),
    DateFormat.WEEKDAY_YEAR: pgettext_lazy("date format, as in: Tuesday 3 November 2026", "l j F Y"),
    DateFormat.WEEKDAY_TIME: pgettext_lazy("date format, as in: Tuesday 3 November, 17:30", "l j F, H:i"),
    DateFormat.WEEKDAY_ALONE_TIME: pgettext_lazy("date format, as in: Tuesday, 17:30", "l, H:i"),
    DateFormat.TIME: pgettext_lazy("date format, as in: 17:30", "H:i"),
}
WITH_YEAR = {
    DateFormat.SHORT: DateFormat.SHORT_YEAR,
    DateFormat.DAY: DateFormat.DAY_YEAR,
    DateFormat.WEEKDAY: DateFormat.WEEKDAY_YEAR,
}


def written(local, name: str) -> str:
    """A local date or time in the format of that name; a ValueError where there is no such format."""
    return date_format(local, str(LETTERS[DateFormat(name)]))


def day(instant, name: str = DateFormat.SHORT) -> str:
    """A day as one says it: with its year only where that is not this year."""
    local = timezone.localtime(instant)
    this_year = local.year == timezone.localtime().year
    return written(local, name if this_year else WITH_YEAR[DateFormat(name)])


def zone_in_words(key: str) -> str:
    """The zone of a clock as one says it: "London time" for "Europe/London"."""
    place = key.rpartition("/")[2].replace("_", " ")
    return place if place == "UTC" else _("%(place)s time") % {"place": place}
