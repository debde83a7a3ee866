"""Which parts of a total are told, so that no part, and no difference from the total, shows fewer than five people."""

from collections.abc import Callable, Collection, Sequence
from math import ceil, floor

FEWEST_PEOPLE = 5  # as in official statistics; convention of this app
WHOLE_FROM = 50  # values behind a mean on 0 to 100; see `told_mean`


def kept_back(people: Sequence[int]) -> set[int]:
    """The positions of the parts that may not be told beside their total.

    A part of one to four people is not told. Were one part alone kept back, or few people in all of those, the total
    less the others would tell them: so the next larger parts are kept back as well. That nobody is in a part is told.

    Parameters
    ----------
    people
        How many people are behind each part.

    Examples
    --------
    >>> sorted(kept_back([40, 12, 3, 0]))
    [1, 2]
    """
    return _kept_back(people, lambda kept: sum(people[position] for position in kept))


def groups_kept_back(people: Sequence[Collection[int]]) -> set[int]:
    """The positions of the groups that may not be told beside their total, where a person can be in several of them.

    As `kept_back`, but people are counted once: three clients in each of two months, or with a rupture of each of two
    kinds, are three clients.

    Parameters
    ----------
    people
        Who is behind each group.

    Examples
    --------
    >>> sorted(groups_kept_back([{1, 2, 3}, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6}]))
    [0, 1, 2]
    """

    def together(kept: set[int]) -> int:
        return len(set[int]().union(*(people[position] for position in kept)))

    return _kept_back([len(who) for who in people], together)


def _kept_back(people: Sequence[int], together: Callable[[set[int]], int]) -> set[int]:
    kept = {position for position, n in enumerate(people) if 0 < n < FEWEST_PEOPLE}
    others = sorted((n, position) for position, n in enumerate(people) if n >= FEWEST_PEOPLE)
    while kept and others and (len(kept) < 2 or together(kept) < FEWEST_PEOPLE):
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
