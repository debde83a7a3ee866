"""The thresholds that the program speaks from are those that its own command finds."""

import pytest

from ratings.management.commands.evaluate_detection import ENOUGH
from ratings.psychometrics import thresholds
from ratings.psychometrics.evaluation import compare

pytestmark = pytest.mark.evidence


def test_the_thresholds_are_found_again():
    found = compare.thresholds(compare.TUNING_SEED, ENOUGH)
    assert thresholds.as_toml(found, compare.ENTRIES) == thresholds.PATH.read_text(encoding="utf-8")
