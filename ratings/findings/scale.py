"""Scores in the words of our own answers, or as whole numbers."""

import math
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _


def in_numbers(pomp: float) -> str:
    """A score as a number, where there are no words of ours for it.

    So of an instrument whose words we may not print, or whose answers are others than ours.
    """
    return whole(pomp)


def whole(value: float) -> str:
    """A score as a whole number, a half upwards: 12.5 is 13 and 87.5 is 88.

    Rounded twice, as sums of thirds are not exact.
    """
    return str(math.floor(round(value, 6) + 0.5))


def our_answers() -> list[str]:
    """The five answers of our own questionnaires, from the lowest."""
    return list(_our_answers(get_language()))


@lru_cache(maxsize=32)  # more than an installation has languages
def _our_answers(language: str | None) -> tuple[str, ...]:
    """In the language of the page, which is this one: a case compares them with those of every rating."""
    return _("Not at all"), _("A little"), _("Somewhat"), _("Mostly"), _("Completely")


def on_scale(pomp: float) -> str:
    """A score in our own words, from "Not at all" (0) to "Completely" (100)."""
    steps = our_answers()
    position = pomp / 25
    lower = min(int(position), len(steps) - 2)
    if position - lower <= 0.25:
        return steps[lower]
    if position - lower >= 0.75:
        return steps[lower + 1]
    return _("between %(lower)s and %(upper)s") % {"lower": steps[lower], "upper": steps[lower + 1]}
