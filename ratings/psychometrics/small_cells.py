"""Which parts of a total are told, so that no part, and no difference from the total, shows fewer than five people."""

from collections.abc import Sequence

FEWEST_PEOPLE = 5  # as in official statistics; convention of this app


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
    kept = {position for position, n in enumerate(people) if 0 < n < FEWEST_PEOPLE}
    others = sorted((n, position) for position, n in enumerate(people) if n >= FEWEST_PEOPLE)
    while kept and others and (len(kept) < 2 or sum(people[position] for position in kept) < FEWEST_PEOPLE):
        kept.add(others.pop(0)[1])
    return kept
