"""How well flags hold in one practice, from what its therapists said of flags and of a sample of other sessions.

Nothing is said of fewer than 20 answers, and figures move in steps of five, so that nobody can read a single answer
from the difference between two days or two groups.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

from ratings.psychometrics.evidence import Sureness, sureness
from ratings.psychometrics.proportion import Share, limits, wilson
from ratings.psychometrics.uncertainty import Interval

FEWEST = 20  # answers below which nothing is said; convention of this app
STEP = 5  # answers by which a figure moves; convention of this app
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class JudgedFlag:
    """A flag that the program raised, with what the therapist says of it; None: nothing, or can't say."""

    strain: bool | None
    useful: bool | None = None  # or known already: there was something
    stated: float | None = None  # the probability when it was answered, else as it stands; 0-1
    version: str = ""  # the settings that stated it
    since_sample: bool = True  # raised since sessions without a flag are drawn


@dataclass(frozen=True, slots=True)
class Unflagged:
    """Sessions without a flag that had the same chance of being drawn, and what was said of those that were.

    The answers are the earliest ones, by `stepped` over all chances.
    """

    chance: float  # above 0, up to 1
    sessions: int  # drawn or not
    drawn: int
    yes: int  # there was strain
    no: int
    judged: bool = True  # the detector could have raised a flag; not in the first sessions of a case


@dataclass(frozen=True, slots=True)
class NamedStrain:
    """Ruptures that a person named first, and nobody took back."""

    flagged: int  # the program saw them as well
    missed: int


@dataclass(frozen=True, slots=True)
class Group:
    """Flags that have something in common; `found` is None where it may not be told."""

    key: str
    answered: int
    found: Share | None
    stated: float | None  # the mean of what they stated


@dataclass(frozen=True, slots=True)
class FlagQuality:
    """How well flags hold here. A figure is None where there are too few answers."""

    flags: int
    answered: int
    precision: Share | None  # flags with strain, of those with an answer
    if_all_false: float | None  # the precision, were all flags without an answer wrong
    if_all_true: float | None
    use_answered: int
    useful: Share | None
    drawn: int
    drawn_answered: int
    caught: Interval | None  # share of strained sessions that had a flag, 0-1
    false_alerts: Interval | None  # per 100 quiet sessions
    by_grade: tuple[Group, ...]
    by_version: tuple[Group, ...]


def flag_quality(flags: Sequence[JudgedFlag], unflagged: Sequence[Unflagged], named: NamedStrain) -> FlagQuality:
    """Say how often flags are right, how much strain they catch, and how often they come for nothing.

    Parameters
    ----------
    flags
        All flags of the practice, in the order in which they were first answered; those without an answer anywhere.
    unflagged
        The sessions without a flag, by their chance of being drawn.
    named
        Ruptures that a person named.

    Returns
    -------
    FlagQuality
        Flags without an answer are taken to be like those with one, and so are drawn sessions. Each flag counts once,
        at the session that raised it; strain that lasts over several sessions and is never flagged counts in each, so
        that the share caught is rather too low.
    """
    judged = stepped([flag for flag in flags if flag.strain is not None])
    used = stepped([flag for flag in flags if flag.useful is not None])
    precision = _share(sum(bool(flag.strain) for flag in judged), len(judged))
    drawn_answered = sum(one.yes + one.no for one in unflagged)
    caught = false_alerts = None
    if precision and drawn_answered >= FEWEST:
        since = sum(flag.since_sample for flag in flags)
        caught = share_caught(precision, since, unflagged, named)
        false_alerts = false_per_100(precision, since, [one for one in unflagged if one.judged])
    true, open_ones = sum(bool(flag.strain) for flag in judged), len(flags) - len(judged)
    return FlagQuality(
        flags=len(flags),
        answered=sum(flag.strain is not None for flag in flags),
        precision=precision,
        if_all_false=true / len(flags) if precision else None,
        if_all_true=(true + open_ones) / len(flags) if precision else None,
        use_answered=sum(flag.useful is not None for flag in flags),
        useful=_share(sum(bool(flag.useful) for flag in used), len(used)),
        drawn=sum(one.drawn for one in unflagged),
        drawn_answered=drawn_answered,
        caught=caught,
        false_alerts=false_alerts,
        by_grade=_groups(_by_grade(judged)),
        by_version=_groups(_by_version(judged), _grade),
    )


def share_caught(precision: Share, flags: int, unflagged: Sequence[Unflagged], named: NamedStrain) -> Interval | None:
    """Say what share of the strain had a flag.

    a / (a + m), with a = flags precision + named and flagged, and m = sessions missed share + named and missed. The
    missed share is weighted by the inverse of the chance of being drawn: sum(yes / chance) / sum((yes + no) / chance)
    (Hájek 1971). The interval: `interval_of_odds`.

    Returns
    -------
    Interval or None
        0-1; None where nothing at all was caught or missed.

    Examples
    --------
    Forty flags, half of them right, and 1000 other sessions, with strain in one of fifty that were asked about: 20 of
    40 were caught.

    >>> sample = [Unflagged(chance=0.05, sessions=1000, drawn=50, yes=1, no=49)]
    >>> found = share_caught(wilson(20, 40), 40, sample, NamedStrain(0, 0))
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (0.5, 0.15, 0.85)
    """
    sessions, missed = _missed(unflagged)
    right = limits(precision.share, precision.of)
    hit = _Part(flags * precision.share + named.flagged, *(flags * end + named.flagged for end in right))
    lost = _Part(sessions * missed.value + named.missed, *(sessions * end + named.missed for end in _ends(missed)))
    return _as_share(hit, lost)


def false_per_100(precision: Share, flags: int, unflagged: Sequence[Unflagged]) -> Interval | None:
    """Say how many flags come for nothing in 100 quiet sessions.

    100 f / (f + q), with f = flags (1 - precision), and q = sessions (1 - missed share), the unflagged sessions without
    strain, weighted as in `share_caught`. The interval: `interval_of_odds`.
    """
    if not any(one.yes + one.no for one in unflagged):
        return None
    sessions, missed = _missed(unflagged)
    right = limits(precision.share, precision.of)
    wrong = _Part(flags * (1 - precision.share), flags * (1 - right[1]), flags * (1 - right[0]))
    quiet = _Part(sessions * (1 - missed.value), sessions * (1 - missed.high), sessions * (1 - missed.low))
    share = _as_share(wrong, quiet)
    return share and Interval(100 * share.value, 100 * share.low, 100 * share.high)


@dataclass(frozen=True, slots=True)
class _Part:
    """One of two counts that are compared, with the ends of its interval."""

    value: float
    low: float
    high: float


def _missed(unflagged: Iterable[Unflagged]) -> tuple[int, Interval]:
    """How many sessions there are, and the share of them with strain.

    The interval is Wilson's at n = (sum w)^2 / sum w^2, the number of equally likely ones that would tell as much (Kish
    1965).
    """
    rows = list(unflagged)
    weight = sum((one.yes + one.no) / one.chance for one in rows)
    share = sum(one.yes / one.chance for one in rows) / weight
    worth = weight**2 / sum((one.yes + one.no) / one.chance**2 for one in rows)
    return sum(one.sessions for one in rows), Interval(share, *limits(share, worth))


def _ends(one: Interval) -> tuple[float, float]:
    return one.low, one.high


def _as_share(one: _Part, other: _Part) -> Interval | None:
    """one / (one + other), with the interval of their odds."""
    if not one.value + other.value:
        return None
    low, high = interval_of_odds(one, other)
    value = one.value / (one.value + other.value)
    return Interval(value, min(value, low / (1 + low)), max(value, 1.0 if math.isinf(high) else high / (1 + high)))


def interval_of_odds(one: _Part, other: _Part) -> tuple[float, float]:
    """The 95 % interval of one / other, from the intervals of the two.

    The method of variance estimates recovery on logarithms: with the middles a and b of the two intervals,
    ln low = ln(a/b) - sqrt(ln(a/a_low)^2 + ln(b_high/b)^2), and the high end the other way round. The middles and not
    the counts, so that none of something still has a width. An end at 0 makes that of the odds 0 or infinite.

    References
    ----------
    Zou, G. Y., & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine, 27(10), 1693-1702.
    """
    a, b = (one.low + one.high) / 2, (other.low + other.high) / 2
    if not a:
        return 0.0, 0.0
    if not b:
        return math.inf, math.inf
    middle = math.log(a / b)
    low = middle - math.hypot(math.log(a / one.low), math.log(other.high / b)) if one.low > 0 else -math.inf
    high = middle + math.hypot(math.log(one.high / a), math.log(b / other.low)) if other.low > 0 else math.inf
    return math.exp(low), math.exp(high)


def _share(count: int, of: int) -> Share | None:
    return wilson(count, of) if of >= FEWEST else None


def stepped(answered: list[Answer]) -> list[Answer]:
    """The earliest answers, down to a multiple of five."""
    return answered[: len(answered) // STEP * STEP]


def _grade(flag: JudgedFlag) -> str:
    return sureness(flag.stated) or ""


def _by_grade(flags: Iterable[JudgedFlag]) -> dict[str, list[JudgedFlag]]:
    """By grade; under "" those that stated nothing, which are the rest of all."""
    groups: dict[str, list[JudgedFlag]] = {grade: [] for grade in (*Sureness, "")}
    for flag in flags:
        groups[_grade(flag)].append(flag)
    return groups


def _by_version(flags: Iterable[JudgedFlag]) -> dict[str, list[JudgedFlag]]:
    groups: dict[str, list[JudgedFlag]] = {}
    for flag in flags:
        groups.setdefault(flag.version, []).append(flag)
    return groups


def _all_in_one(_flag: JudgedFlag) -> str:
    return ""


def _groups(
    members: Mapping[str, Sequence[JudgedFlag]], cell_of: Callable[[JudgedFlag], str] = _all_in_one
) -> tuple[Group, ...]:
    """What was found in each group, where that tells nothing of a smaller one.

    `cell_of`: by what the same flags are told in another table, so that neither table tells of a small part of a group.
    """
    told = tellable({key: Counter(map(cell_of, flags)) for key, flags in members.items()})
    return tuple(
        Group(
            key=key,
            answered=len(flags),
            found=wilson(sum(bool(flag.strain) for flag in flags), len(flags)) if key in told else None,
            stated=fmean(stated) if (stated := [f.stated for f in flags if f.stated is not None]) else None,
        )
        for key, flags in members.items()
    )


def tellable(groups: Mapping[str, Mapping[str, int]]) -> Collection[str]:
    """The groups whose figures may stand beside that of all, by how many answers each has in each cell.

    A cell has none or at least 20; so does each cell of all groups together that are held back, for it is what is left
    of the figure of all. Else the next smallest is held back as well.

    Examples
    --------
    >>> sorted(tellable({"clear": {"": 40}, "possible": {"": 60}}))
    ['clear', 'possible']
    >>> sorted(tellable({"a": {"": 40}, "b": {"": 60}, "c": {"": 3}}))
    ['b']

    One clear flag of the first settings, where the second raise clear ones alone:

    >>> sorted(tellable({"first": {"clear": 1, "possible": 30}, "second": {"clear": 40}}))
    []
    """
    by_size = sorted(groups, key=lambda key: sum(groups[key].values()))
    told = [key for key in by_size if groups[key] and not _has_small_cell([groups[key]])]
    held_back = [groups[key] for key in by_size if key not in told]
    while told and _has_small_cell(held_back):
        held_back.append(groups[told.pop(0)])
    return told


def _has_small_cell(groups: Iterable[Mapping[str, int]]) -> bool:
    cells: Counter[str] = Counter()
    for group in groups:
        cells.update(group)
    return any(0 < count < FEWEST for count in cells.values())
