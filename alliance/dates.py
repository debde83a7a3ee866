"""How days and times are written and read: a few named formats, which a translation can change."""

import re
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache

from django.utils import dateformat, timezone, translation
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_AP
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
    WEEKDAY_ALONE = "weekday-alone"
    WEEKDAY_ALONE_TIME = "weekday-alone-time"
    MONTH = "month"
    MONTH_YEAR = "month-year"
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
    DateFormat.WEEKDAY_ALONE: pgettext_lazy("date format, as in: Tue", "D"),
    DateFormat.WEEKDAY_ALONE_TIME: pgettext_lazy("date format, as in: Tuesday, 17:30", "l, H:i"),
    DateFormat.MONTH: pgettext_lazy("date format, as in: Nov", "M"),
    DateFormat.MONTH_YEAR: pgettext_lazy("date format, as in: Nov 2026", "M Y"),
    DateFormat.TIME: pgettext_lazy("date format, as in: 17:30", "H:i"),
}
WITH_YEAR = {
    DateFormat.SHORT: DateFormat.SHORT_YEAR,
    DateFormat.DAY: DateFormat.DAY_YEAR,
    DateFormat.WEEKDAY: DateFormat.WEEKDAY_YEAR,
}


def written(local: date, name: str) -> str:
    """A local date or time in the format of that name; a ValueError where there is no such format."""
    return dateformat.format(local, _letters(name, translation.get_language()))


@lru_cache(maxsize=64)  # more than there are formats in the languages of an installation
def _letters(name: str, language: str | None) -> str:
    """The letters of a format in the language of the page, which is this one."""
    return str(LETTERS[DateFormat(name)])


def day(instant: datetime, name: str = DateFormat.SHORT) -> str:
    """A day as one says it: with its year only where that is not this year."""
    local = timezone.localtime(instant)
    this_year = local.year == timezone.localtime().year
    return written(local, name if this_year else WITH_YEAR.get(DateFormat(name), name))


def zone_in_words(key: str) -> str:
    """The zone of a clock as one says it: "London time" for "Europe/London"."""
    place = key.rpartition("/")[2].replace("_", " ")
    return place if place == "UTC" else _("%(place)s time") % {"place": place}


# --- Reading one ------------------------------------------------------------------------------------------------------

ISO = re.compile(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})")
NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
WORD = r"[^\W\d]+"
DAY_FIRST = re.compile(
    rf"(?:{WORD}\.?,?\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s*(?P<month>{WORD})\.?,?\s*(?P<year>\d{{4}})"
)
MONTH_FIRST = re.compile(
    rf"(?:{WORD}\.?,\s+)?(?P<month>{WORD})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
)


class UnreadableDay(ValueError):
    """What was typed is no day, or could be two; the message is a sentence for the person who typed it."""


def read_day(typed: str) -> date:
    """The day that somebody typed, as "30 Nov 2026", "2026-11-30" or in other ways that can mean one day only.

    Two numbers with a slash or a dash are day and month to some and month and day to others. Where both readings are
    days, neither is taken. With dots the day always comes first.

    Raises
    ------
    UnreadableDay
    """
    text = " ".join(typed.split())
    if match := ISO.fullmatch(text):
        return _existing(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := NUMBERS.fullmatch(text):
        return _from_numbers(text, int(match[1]), int(match[3]), int(match[4]), dotted=match[2] == ".")
    for pattern in (DAY_FIRST, MONTH_FIRST):
        match = pattern.fullmatch(text)
        if match and (month := _month(match["month"])):
            return _existing(int(match["year"]), month, int(match["day"]))
    raise UnreadableDay(_("Write the day as %(example)s.") % {"example": _example()})


def _from_numbers(text: str, first: int, second: int, year: int, *, dotted: bool) -> date:
    if dotted or first == second or first > 12:
        return _existing(year, second, first)
    if second > 12:
        return _existing(year, first, second)
    readings = [written(date(year, second, first), DateFormat.SHORT_YEAR)]
    readings.append(written(date(year, first, second), DateFormat.SHORT_YEAR))
    raise UnreadableDay(
        _("“%(typed)s” can be %(one)s or %(other)s. Write the month as a word.")
        % {"typed": text, "one": readings[0], "other": readings[1]}
    )


def _existing(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableDay(_("There is no such day.")) from None


def _month(name: str) -> int | None:
    """The number of the month of this name, in full or short, in the language of the page or in English."""
    asked = name.casefold()
    for language in (translation.get_language() or "en", "en"):
        with translation.override(language):
            for number in range(1, 13):
                names = (MONTHS[number], MONTHS_3[number], MONTHS_AP[number])
                if asked in {str(one).casefold().rstrip(".") for one in names}:
                    return number
    return None


def _example() -> str:
    return written(timezone.localdate(), DateFormat.SHORT_YEAR)


CLOCK = re.compile(
    r"(?:(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::[0-5]\d)?|(?P<hours>\d{2})(?P<minutes>\d{2}))"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?",
    re.IGNORECASE,
)


EARLIEST_SESSION = 7  # o'clock; convention of this app: below it "2:30" may be meant in the afternoon


class AmbiguousTime(ValueError):
    """What was typed could be two times; the message is a sentence for the person who typed it."""


def read_time(typed: str) -> time:
    """The time of day that somebody typed, as "14:30", "14.30", "1430" or "2:30 pm"; seconds are left out.

    Raises
    ------
    AmbiguousTime
        "2:30" is the afternoon to some and the night to others. "02:30" and "14:30" are one time each.
    ValueError
        Where it is none, or not typed to its end: "14:3" could become any of ten times.
    """
    match = CLOCK.fullmatch(" ".join(typed.split()))
    if not match:
        raise ValueError(typed)
    hour, minute = int(match["hour"] or match["hours"]), int(match["minute"] or match["minutes"])
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(typed)
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    elif len(match["hour"] or "") == 1 and 1 <= hour < EARLIEST_SESSION:
        readings = [time(of_day, minute).strftime("%H:%M") for of_day in (hour, hour + 12)]
        raise AmbiguousTime(
            _("“%(typed)s” can be two times of the day. Write %(early)s or %(late)s.")
            % {"typed": match[0], "early": readings[0], "late": readings[1]}
        )
    return time(hour, minute)
