import pytest

from ratings.psychometrics.evaluation import compare, outcome
from ratings.psychometrics.evaluation.compare import compare_scenario


@pytest.fixture(scope="session")
def results():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcome, "RESAMPLES", 80)  # more would take most of the time, for a margin that is wide
        return [
            compare_scenario(name, seed=1, ruptures=150) for name in ("base", "strong ceiling", compare.OTHER_GENERATOR)
        ]
