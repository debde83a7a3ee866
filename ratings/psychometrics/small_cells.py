"""Which parts of a total are told, so that no part, and no difference from the total, shows fewer than five people."""

from collections.abc import Collection, Sequence
from math import ceil, floor

FEWEST_PEOPLE = 5  # as in official statistics; convention of this app
WHOLE_FROM = 50  # values behind a mean on 0 to 100; see `told_mean`


def kept_back(groups: Sequence[Collection[int]]) -> set[int]:
    """The positions of the groups that may not be told beside their total.

    A group of one to four people is not told. Were one alone kept back, or few people in all of those, the total less
    the others would tell them: so the next larger groups are kept back as well. Who is in several groups, such as two
    months, is one person. That nobody is in a group is told.

    Parameters
    ----------
    groups
        Who is in each group, by keys.

    Examples
    --------
    >>> sorted(kept_back([range(40), range(40, 52), range(52, 55), []]))
    [1, 2]
    >>> sorted(kept_back([{1, 2, 3}, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6}]))
    [0, 1, 2]
    """
    kept = {position for position, who in enumerate(groups) if 0 < len(who) < FEWEST_PEOPLE}
    others = sorted((len(who), position) for position, who in enumerate(groups) if len(who) >= FEWEST_PEOPLE)

    def together() -> int:
        return len(set[int]().union(*(groups[position] for position in kept)))

    while kept and others and (len(kept) < 2 or together() < FEWEST_PEOPLE):
        kept.add(others.pop(0)[1])
    return kept


def told_about(count: int) -> int:
    """A count as it is told: the middle one of its five, such as 12 for 10 to 14.

    Where all counts that follow from each other are told so, those of a month that is kept back do not follow from the
    totals of two pages, one with it and one with another month in its place. Rounding to the nearest five, or finer,
    gives some away.

    Examples
    --------
    >>> told_about(4), told_about(5), told_about(352)
    (2, 7, 352)
    """
    fewest, most = told_alike(count)
    return (fewest + most) // 2


def told_alike(count: int) -> tuple[int, int]:
    """The least and the most that are told as this count is.

    Examples
    --------
    >>> told_alike(4), told_alike(12)
    ((0, 4), (10, 14))
    """
    fewest = count // FEWEST_PEOPLE * FEWEST_PEOPLE
    return fewest, fewest + FEWEST_PEOPLE - 1


def told_mean(n: int, low: float, mean: float, high: float) -> tuple[float, float, float]:
    """A mean on 0 to 100 as it is told, between the ends of its range.

    Of two means to the whole number, one with a client more, that client's value follows to n points or so: of seven
    values it is given away. Of fewer than fifty values a mean is told in steps of five, and its range to the next five
    outwards, so that any value from 0 to 100 fits, or most of them.

    Parameters
    ----------
    n
        How many values are behind it.
    low, mean, high
        From 0 to 100.

    Examples
    --------
    >>> told_mean(7, 61.2, 68.4, 75.6)
    (60, 70, 80)
    >>> told_mean(80, 66.2, 68.4, 70.6)
    (66.2, 68.4, 70.6)
    """
    if n >= WHOLE_FROM:
        return low, mean, high
    return 5 * floor(low / 5), 5 * floor(mean / 5 + 0.5), 5 * ceil(high / 5)
