"""Intervals of shares, by another way than the program's."""

from math import exp, pi, sqrt


def root(function, low, high):
    """Where a falling function crosses zero."""
    for _halving in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


def normal_above(z):
    """The share of the normal distribution above z, by Simpson's rule."""
    steps = 20_000
    width = (12 - z) / steps
    density = [exp(-((z + width * n) ** 2) / 2) / sqrt(2 * pi) for n in range(steps + 1)]
    return width / 3 * (density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2]))


Z = root(lambda z: normal_above(z) - 0.025, 0, 5)


def wilson(hits, of):
    """The shares whose score test the hits just pass."""

    def passes(share):
        return Z * sqrt(share * (1 - share) / of) - abs(hits / of - share)

    share = hits / of
    low = share - root(lambda gap: passes(share - gap), 0, share) if share else 0.0
    high = share + root(lambda gap: passes(share + gap), 0, 1 - share) if share < 1 else 1.0
    return low, high
