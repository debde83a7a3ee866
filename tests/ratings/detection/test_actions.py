"""How flags are made in a practice."""

from dataclasses import asdict

from ratings.detection import proposal
from ratings.detection.actions import set_detector
from ratings.detection.before import forget_versions
from ratings.detection.history import cases
from ratings.detection.reassess import reassess
from ratings.detection.stored import current_version, version_for
from ratings.models import Assessment, DetectorVersion
from ratings.psychometrics import assess, constants, population
from ratings.psychometrics.evidence import EDITION, Budget, ByNumber, Use
from ratings.psychometrics.thresholds import thresholds
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
    assert set(enough.by_therapist) == {str(dana.pk)}
    shipped = thresholds("rupture_filter", Budget.NORMAL, Use.CLIENT)
    assert enough.thresholds != asdict(shipped), "fitted to the practice's own cases"
    assert Assessment.objects.filter(version=enough).count() == 12
    kept = set_detector(**rule | {"budget": "quiet"})
    assert kept.constants == enough.constants
    assert kept.thresholds["later"] > enough.thresholds["later"], "fitted again, to the other budget"


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


def states(episode):
    rows = Assessment.objects.filter(episode=episode).order_by("therapy_session__starts_at")
    return list(rows.values_list("score", flat=True))


def test_an_older_edition_judges_as_before_until_somebody_renews_it(mona, dana, live_through):
    episode = make_episode(dana)
    live_through(episode, [4, 4, 4, 4, 4, 4, [3, 4, 3, 4, 3, 3], [3, 3, 3, 3, 3, 3], 3])
    newest = states(episode)
    DetectorVersion.objects.update(edition=1)
    forget_versions()
    reassess(episode)
    old = states(episode)
    assert old != newest, "the guard against slow slides changed"
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client+therapist"}
    assert set_detector(**rule, by=mona) is None
    assert states(episode) == old
    renewed = set_detector(**rule, renew=True, by=mona)
    assert renewed.edition == EDITION
    assert list(Assessment.objects.filter(version=renewed).values_list("score", flat=True)) == newest
    assert set_detector(**rule, renew=True, by=mona) is None, "it is the newest already"


def test_the_thresholds_of_an_older_edition_stay_until_somebody_renews_it(mona):
    third_edition = {"third": 0.234831, "early": 0.229459, "later": 0.180491}
    first = current_version(mona.practice)
    DetectorVersion.objects.filter(pk=first.pk).update(edition=3, thresholds=third_edition)
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client+therapist"}
    assert set_detector(**rule, shadow=True, by=mona).thresholds == third_edition
    renewed = set_detector(**rule, shadow=True, renew=True, by=mona)
    assert renewed.thresholds == asdict(thresholds("rupture_filter", Budget.NORMAL, Use.BOTH)) != third_edition


def test_each_therapists_ratings_weigh_what_was_learned_of_them(mona, dana, live_through):
    episode = make_episode(dana)
    live_through(episode, [3, 3])
    version = current_version(mona.practice)
    version.by_therapist = {str(dana.pk): 0.25}
    assert version_for(version, episode).constants == {"therapist_weight": 0.25}
    version.by_therapist = {"0": 0.25}
    assert version_for(version, episode).constants == {}


def test_only_the_latest_cases_are_learned_from(mona, dana, live_through, monkeypatch):
    monkeypatch.setattr(population, "FEWEST_EPISODES", 2)
    monkeypatch.setattr(proposal, "CASES_TO_LEARN", 2)
    for level in (1, 3, 4):
        live_through(make_episode(dana), [level] * 6)
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client"}
    latest = population.learn(cases(mona.practice, 2)).constants
    assert set_detector(**rule, learn=True, by=mona).constants == latest
    assert latest != population.learn(cases(mona.practice)).constants
