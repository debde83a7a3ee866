"""How flags are made in a practice."""

from ratings.detection.actions import set_detector
from ratings.models import Assessment
from ratings.psychometrics import constants, population
from tests.factories import make_episode


def test_a_practice_with_enough_cases_learns_how_its_clients_rate(mona, dana, live_through, monkeypatch):
    """Frozen in the version; below the number of cases the published values stand."""
    for level in (2, 3):
        live_through(make_episode(dana), [level] * 6)
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client", "by": mona}
    assert set_detector(**rule).constants == {}
    monkeypatch.setattr(population, "FEWEST_EPISODES", 2)
    enough = set_detector(**rule)
    assert 0 < enough.constants["sd_within"] < constants.DEFAULTS.sd_within
    assert Assessment.objects.filter(version=enough).count() == 12
