"""Template filters and tags: the words and small pictures of findings."""

from django import template

from ratings.findings import names, phrases, scale, small_counts, sparklines
from ratings.psychometrics.standing import Spark
from ratings.psychometrics.usual import TrendWord

register = template.Library()


@register.filter
def trend(word):
    """The words for a `TrendWord`."""
    return phrases.trend(word)


@register.filter
def answers(standing):
    """What the answers of a case are like, in a few words."""
    return phrases.trend_of(standing)


@register.filter
def answered(standing):
    """How many check-ins of a case were answered, for a table cell."""
    return names.answered_of(standing.check_ins_answered, standing.sessions_held)


@register.filter
def short_trend(word):
    """The same, for a table cell whose column says whose usual it is."""
    return phrases.short_trend(word)


@register.filter
def told_count(count):
    """A count, for who may not read the cases behind it."""
    return small_counts.told_count(count)


@register.filter
def series_title(series):
    return names.series_title(series)


@register.simple_tag
def spark(standing, series, size="table"):
    stored = Spark.from_json(standing.spark.get(series, {}))
    return sparklines.sparkline(stored, standing.words.get(series), size)


@register.simple_tag
def headline(case):
    """What is to talk about in one case of a list."""
    said = phrases.named(case.standing.said_by)
    return said or phrases.headline(case.reason and case.reason.assessment, case.for_sessions)


@register.simple_tag
def grade(case):
    """How sure the flag of one case of a list is; empty where a person named the rupture."""
    if case.standing.said_by:
        return ""
    return phrases.grade(case.reason and case.reason.assessment)


@register.simple_tag
def recovering(case):
    """That the rupture of one case of a list is on its way back."""
    return phrases.recovering(case.standing.rupture)


@register.simple_tag
def settled(case):
    """That the ratings of a case settled lower than before, and since when."""
    return phrases.settled_lower(None, case.standing)


@register.simple_tag
def seen(case):
    return phrases.what_was_seen(case.reason, case.standing)


@register.filter
def flagged_series(case):
    """The series to draw: the first pillar that fell, else the whole."""
    pillars = case.reason.assessment.pillars if case.reason else ()
    return pillars[0] if pillars else "overall"


@register.filter
def says(case, word):
    """Whether a cell of a list says the word: beside a flag, "as usual" would speak against the reason."""
    standing = case.standing
    if standing.is_untold:
        return False
    return word in (TrendWord.BELOW, TrendWord.LOWER) or not (standing.rupture or standing.settled_since)


@register.filter
def in_numbers(pomp):
    return scale.in_numbers(pomp)


@register.filter
def percent(share):
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


@register.filter
def get(mapping, key):
    return mapping.get(key)


@register.filter
def split(text):
    return text.split()
