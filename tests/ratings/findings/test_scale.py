"""Scores as a reader meets them."""

import pytest

from ratings.findings.scale import in_numbers, whole


@pytest.mark.parametrize(
    ("score", "said"), [(12.5, "13"), (87.5, "88"), (62.49, "62"), (0, "0"), (62.4999999999, "63")]
)
def test_a_half_is_rounded_up(score, said):
    assert (whole(score), in_numbers(score)) == (said, said)
