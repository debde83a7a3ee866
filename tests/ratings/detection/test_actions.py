"""How flags are made in a practice."""

from ratings.detection.actions import set_detector
from ratings.models import Assessment, DetectorVersion
from ratings.psychometrics import assess, constants, population
from ratings.psychometrics.evidence import ByNumber
from tests.factories import make_episode


def test_a_practice_with_enough_cases_learns_how_its_clients_rate(mona, dana, live_through, monkeypatch):
    """Frozen in the version; below the number of cases the published values stand."""
    for level in (2, 3):
        live_through(make_episode(dana), [level] * 6)
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client", "by": mona}
    assert set_detector(**rule, learn=True).constants == {}
    monkeypatch.setattr(population, "FEWEST_EPISODES", 2)
    assert set_detector(**rule) is None, "it is learned when somebody asks for it"
    enough = set_detector(**rule, learn=True)
    assert 0 < enough.constants["sd_within"] < constants.DEFAULTS.sd_within
    assert Assessment.objects.filter(version=enough).count() == 12
    kept = set_detector(**rule | {"budget": "quiet"})
    assert kept.constants == enough.constants


def test_with_nothing_changed_all_findings_stay(mona, dana, live_through, monkeypatch):
    """Also where the program has other thresholds by now, or the practice enough cases to learn from."""
    monkeypatch.setattr(population, "FEWEST_EPISODES", 1)
    live_through(make_episode(dana), [3, 3, 3, 3, 0])
    before = list(Assessment.objects.values())
    monkeypatch.setattr(assess, "thresholds", lambda *_: ByNumber(9.0, 9.0, 9.0))
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client+therapist"}
    assert set_detector(**rule, by=mona) is None
    assert list(Assessment.objects.values()) == before
    assert DetectorVersion.objects.count() == 1
    assert set_detector(**rule, clear_only=True, by=mona).clear_only
