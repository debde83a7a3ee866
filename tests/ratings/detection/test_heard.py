"""What a practice learns of its clients' reports: from sessions with both answers, and from no others."""

from dataclasses import asdict, astuple, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.models import ImportBatch
from ratings.detection.actions import set_detector
from ratings.detection.heard import heard_sessions
from ratings.detection.stored import as_version, current_version
from ratings.models import DetectorVersion, Draw, Rating, Rupture, StrainVerdict
from ratings.psychometrics import report_rates
from tests.factories import make_episode


@pytest.fixture
def answered(dana, live_through):
    """`answered("yes", tension=True)`: a session of a case of its own, with both answers; else as is said."""

    def live(*verdicts, tension=True, drawn=False):
        episode = make_episode(dana)
        *_before, check_in = live_through(episode, [3], tension=tension)
        session = check_in.therapy_session
        Rupture.objects.filter(episode=episode).delete()
        Draw.objects.filter(episode=episode).delete()
        about = {"episode": episode}
        if drawn:
            given = {"is_drawn": True, "chance": 0.05, "version": current_version(dana.practice)}
            about["draw"] = Draw.objects.create(episode=episode, therapy_session=session, **given)
        else:
            about["rupture"] = Rupture.objects.create(episode=episode, opened_session=session)
        for verdict in verdicts:
            StrainVerdict.objects.create(**about, answer=verdict, given_by=dana)
        return session

    return live


def heard(dana):
    return [astuple(one) for one in heard_sessions(dana.practice, 10)]


def test_the_latest_sessions_of_both_kinds_are_learned_from(answered, dana):
    told = answered("yes"), answered("no", tension=False, drawn=True), answered("no"), answered("yes")
    for days, session in zip((1, 2, 3, 4), told, strict=True):
        session.ends_at = timezone.now() - timedelta(days=days)
        session.starts_at = session.ends_at - timedelta(minutes=50)
        session.save()
    latest = heard_sessions(dana.practice, 3)
    assert [astuple(one) for one in latest] == [(True, True, 1.0), (False, False, 20.0), (True, False, 1.0)]


@pytest.mark.parametrize(
    ("verdicts", "given", "found"),
    [
        (["yes"], {}, [(True, True, 1.0)]),
        (["yes", "no"], {}, [(True, False, 1.0)]),
        (["no"], {"tension": False, "drawn": True}, [(False, False, 20.0)]),
        (["cant_say"], {}, []),
        ([], {}, []),
        (["yes"], {"tension": None}, []),
    ],
    ids=["a rupture", "the newest answer", "a drawn session", "can't say", "not answered", "the client left it out"],
)
def test_a_session_counts_with_both_answers(verdicts, given, found, answered, dana):
    answered(*verdicts, **given)
    assert heard(dana) == found


def test_a_drawn_session_that_has_a_flag_by_now_counts_once(answered, dana):
    session = answered("no", tension=False, drawn=True)
    rupture = Rupture.objects.create(episode=session.episode, opened_session=session)
    assert heard(dana) == []
    StrainVerdict.objects.create(episode=session.episode, rupture=rupture, answer="yes", given_by=dana)
    assert heard(dana) == [(False, True, 1.0)]


def test_only_what_stands_counts(answered, dana):
    voided, corrected, withdrawn = (answered("yes") for _n in range(3))
    voided.voided_at, voided.voided_by = timezone.now(), dana
    voided.save()
    Rating.objects.filter(therapy_session=corrected).update(replaced_at=timezone.now(), replaced_reason="corrected")
    Rupture.objects.filter(opened_session=withdrawn).update(state="withdrawn", closed_at=timezone.now())
    assert heard(dana) == []


def test_an_imported_session_is_not_learned_from(answered, dana):
    for session in (answered("yes"), answered("no", tension=False, drawn=True)):
        session.import_batch = ImportBatch.objects.create(practice=dana.practice, layout="long")
        session.save()
    assert heard(dana) == []


@pytest.fixture
def shadow(dana):
    """`shadow(True)`: from now on."""

    def begins(on):
        rule = as_version(current_version(dana.practice))
        DetectorVersion.objects.create(practice=dana.practice, **asdict(replace(rule, shadow=on)))

    return begins


def test_the_time_in_shadow_is_not_learned_from(answered, dana, shadow):
    """A flag without a yes is neither asked about nor drawn from meanwhile: only those with a yes would be left."""
    answered("yes")
    shadow(True)
    answered("yes")
    answered("no", tension=False, drawn=True)
    shadow(False)
    answered("no", tension=False, drawn=True)
    assert sorted(heard(dana)) == [(False, False, 20.0), (True, True, 1.0)]


def test_another_practice_is_not_learned_from(answered, otis):
    answered("yes")
    assert heard(otis) == []


def test_what_clients_report_is_learned_when_a_manager_asks_for_it(answered, mona, monkeypatch):
    monkeypatch.setattr(report_rates, "FEWEST", 2)
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client", "by": mona}
    answered("yes")
    answered("no", tension=False, drawn=True)
    assert set_detector(**rule).constants == {}
    learned = set_detector(**rule, learn=True)
    assert learned.constants["report_quiet"] < 0.08
    assert set_detector(**rule | {"budget": "quiet"}).constants == learned.constants
