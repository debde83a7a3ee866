from ratings.psychometrics import thresholds
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import Budget, Use


def test_every_criterion_has_rising_thresholds():
    for criterion in REGISTRY:
        for use in Use:
            values = [thresholds.threshold(criterion, budget, use) for budget in ("watchful", "normal", "quiet")]
            assert values == sorted(values), criterion


def test_thresholds_survive_their_file():
    entries = {"a (client)": ("a", "client"), "a (all)": ("a", "all"), "b": ("b", "client")}
    text = thresholds.as_toml({entry: dict.fromkeys(Budget, 0.5) for entry in entries}, entries)
    assert thresholds.tomllib.loads(text) == {
        "a": {use: {"quiet": 0.5, "normal": 0.5, "watchful": 0.5} for use in ("client", "all")},
        "b": {"quiet": 0.5, "normal": 0.5, "watchful": 0.5},
    }
