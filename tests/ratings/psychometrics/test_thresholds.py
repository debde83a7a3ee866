import pytest

from ratings.psychometrics import thresholds
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import Budget, ByNumber, Use


@pytest.mark.parametrize("stretch", ["third", "early", "later"])
def test_every_criterion_has_rising_thresholds(stretch):
    for criterion in REGISTRY:
        for use in Use:
            rows = [thresholds.thresholds(criterion, budget, use) for budget in ("watchful", "normal", "quiet")]
            values = [getattr(row, stretch) for row in rows]
            assert values == sorted(values), criterion


def test_thresholds_survive_their_file():
    entries = {"a (client)": ("a", "client"), "a (all)": ("a", "all"), "b": ("b", "client")}
    one = {"third": 0.5, "early": 0.25, "later": 0.125}
    text = thresholds.as_toml({entry: dict.fromkeys(Budget, ByNumber(**one)) for entry in entries}, entries)
    assert thresholds.tomllib.loads(text) == {
        "a": {use: {"quiet": one, "normal": one, "watchful": one} for use in ("client", "all")},
        "b": {"quiet": one, "normal": one, "watchful": one},
    }


def test_a_threshold_holds_for_a_stretch_of_the_course():
    by_number = ByNumber(third=3, early=2, later=1)
    assert [by_number.at(number) for number in (3, 4, 6, 7, 40, None)] == [3, 2, 2, 1, 1, 1]
