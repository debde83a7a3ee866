import pytest

from ratings.psychometrics import compare
from ratings.psychometrics.compare import compare_scenario


@pytest.fixture(scope="session")
def results():
    return [
        compare_scenario(name, seed=1, ruptures=150) for name in ("base", "strong ceiling", compare.OTHER_GENERATOR)
    ]
