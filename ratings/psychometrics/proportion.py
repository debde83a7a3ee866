"""A share with its uncertainty, for counts too small to be quoted bare."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, with the ends of a 95 % interval, all shares 0-1."""

    count: int
    of: int
    share: float
    low: float
    high: float


def wilson(count: int, of: int) -> Share:
    """Say how large a share is, and how far the count lets one know it.

    Parameters
    ----------
    count, of
        How many of how many; `of` is at least 1.

    Raises
    ------
    ValueError
        No cases, or more counted than there are.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association, 22(158), 209-212.

    Examples
    --------
    >>> share = wilson(15, 20)
    >>> round(share.low, 3), round(share.high, 3)
    (0.531, 0.888)
    """
    if of < 1 or not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share.")
    share = count / of
    return Share(count, of, share, *limits(share, of))


def limits(share: float, of: float) -> tuple[float, float]:
    """The ends of Wilson's interval for a share of `of` cases; a number that need not be whole."""
    z = 1.959963984540054  # of the normal distribution, two-sided 95 %
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)
