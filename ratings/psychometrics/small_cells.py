"""Which parts of a total are told, so that no part, and no difference from the total, shows fewer than five people."""

from collections.abc import Callable, Collection, Sequence

FEWEST_PEOPLE = 5  # as in official statistics; convention of this app
# Below so many, a figure in 100 is told in such steps, in tenths: with finer ones some would fit a single number.
ROUNDING = ((15, 100), (35, 50), (85, 20), (170, 10), (450, 5), (935, 2))
FINEST = 1


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


def months_kept_back(people: Sequence[Collection[int]]) -> set[int]:
    """The positions of the months that may not be told beside their total, where a person can be in several of them.

    As `kept_back`, but people are counted once: three clients in each of two months are three clients.

    Parameters
    ----------
    people
        Who is behind each month.

    Examples
    --------
    >>> sorted(months_kept_back([{1, 2, 3}, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6}]))
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


def told_in_100(count: int, of: int) -> float:
    """How many in 100, rounded so that it does not give away of how many: with `of` in steps of five, two fit at least.

    Beside exact totals of two months it is not enough: a month of one session can follow from their difference.

    Parameters
    ----------
    count, of
        How many of how many; `of` is at least 5.

    Examples
    --------
    >>> told_in_100(6, 7), told_in_100(20, 23), told_in_100(41, 60), told_in_100(1802, 2000)
    (90.0, 85.0, 68.0, 90.1)
    """
    step = next((step for fewer_than, step in ROUNDING if of < fewer_than), FINEST)
    steps = (2000 * count + of * step) // (2 * of * step)  # to the nearest, from the middle up
    return steps * step / 10
