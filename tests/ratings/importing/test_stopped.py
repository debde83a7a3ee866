"""An import that is stopped after its rows are in, and who else may write while it runs."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.urls import reverse

from alliance.models import Episode, ImportDraft
from ratings import actions, reassess
from ratings.importing.actions import import_draft, keep_draft
from ratings.models import Assessment, Rupture, Standing
from tests.ratings.importing.test_again import OPENFIT, lines

MOMENTS = {"id", "code", "assessed_at", "opened_at", "closed_at", "updated_at", "rupture_id"}
PAGES = ("/today/", "/cases/", "/caseload/")


class PowerCut(Exception):
    pass


@contextmanager
def stopped(after):
    """The replays come one by one, and after some of them the power is cut."""
    replay, done = reassess.reassess_all, []

    def reassess_all(keys, practice):
        if len(done) == after:
            raise PowerCut
        done.append(keys)
        return replay(keys, practice)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr(reassess, "reassess_all", reassess_all)
        patch.setattr(reassess, "EPISODES_AT_ONCE", 1)
        patch.setattr(reassess, "PAUSE_SECONDS", 0)
        yield


def meaning():
    """What follows from the ratings, without the moments at which it was written."""
    return [
        [{name: value for name, value in row.items() if name not in MOMENTS} for row in rows]
        for rows in (
            Assessment.objects.order_by("therapy_session").values(),
            Rupture.objects.order_by("opened_session").values(),
            Standing.objects.order_by("episode").values(),
        )
    ]


def replayed_afresh(millrace):
    found = meaning()
    reassess.rebuild_standings(millrace)
    return found == meaning()


@pytest.mark.parametrize("after", [0, 1])
def test_every_page_opens_although_no_replay_has_come_yet(after, bring_in, http, dana, noor, sam):
    bring_in(lines(OPENFIT, *range(2, 10)))
    with stopped(after):
        bring_in(OPENFIT)
    assert Episode.objects.count() == 2
    for member in (dana, noor, sam):
        http.force_login(member.user)
        for page in PAGES:
            assert http.get(page).status_code in (200, 403)
        for episode in Episode.objects.visible_to(member.user):
            shown = http.get(reverse("ratings:case", args=[episode.code]))
            assert shown.status_code == 200
            assert len(shown.context["pillars"][0].rows) == episode.therapy_sessions.count()


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("known", [(), (2, 3, 4, 5, 6, 7, 8, 9)], ids=["new cases", "a case that grows"])
def test_the_same_file_again_finishes_what_was_stopped(after, known, bring_in, millrace, dana, noor):
    if known:
        bring_in(lines(OPENFIT, *known))
    with stopped(after):
        bring_in(OPENFIT)
    unfinished = meaning()
    assert bring_in(OPENFIT) is None  # all rows are there
    assert meaning() != unfinished
    assert replayed_afresh(millrace)
    assert Rupture.objects.exists()


def test_a_rating_that_joined_a_known_session_is_not_forgotten(bring_in, millrace, dana, noor):
    later = lines(OPENFIT, *range(2, 10))
    bring_in(later.replace(b"N,N,,,,,8.1,7.9,8.0,8.2,", b"N,Y,,,,,,,,,"))
    assert Standing.objects.get().check_ins_answered == 7
    with stopped(after=0):
        bring_in(later)
    assert bring_in(lines(OPENFIT, 15)).counts["ratings"]["new"] == 1  # another file, another case
    assert Standing.objects.order_by("episode").first().check_ins_answered == 8


def test_rebuilding_the_standings_finishes_it_too(bring_in, millrace, dana, noor):
    with stopped(after=1):
        bring_in(OPENFIT)
    reassess.rebuild_standings(millrace)
    finished = meaning()
    assert bring_in(OPENFIT) is None
    assert meaning() == finished


def test_whoever_was_stopped_can_press_again(millrace, dana):
    draft = keep_draft(text=OPENFIT.decode(), by=dana)
    with stopped(after=0):
        import_draft(draft=draft)
    assert import_draft(draft=ImportDraft.objects.get()) is None
    assert replayed_afresh(millrace)
    assert not ImportDraft.objects.exists()


# --- Others write meanwhile -------------------------------------------------------------------------------------------


@pytest.fixture
def pauses(monkeypatch):
    """At each pause: whether a lock was kept through it."""
    kept = []
    monkeypatch.setattr(reassess, "EPISODES_AT_ONCE", 1)
    monkeypatch.setattr(reassess.time, "sleep", lambda seconds: kept.append((connection.in_atomic_block, seconds)))
    return kept


@pytest.mark.django_db(transaction=True)
def test_between_batches_of_an_import_the_lock_is_free(pauses, bring_in, millrace, dana, noor):
    bring_in(OPENFIT)
    assert pauses == [(False, reassess.PAUSE_SECONDS)]
    assert reassess.PAUSE_SECONDS > 0.1  # SQLite's waiters ask again every tenth of a second


@pytest.mark.django_db(transaction=True)
def test_between_batches_of_a_new_rule_the_lock_is_free(pauses, bring_in, millrace, dana, noor, mona):
    bring_in(OPENFIT)
    pauses.clear()
    actions.set_detector(practice=millrace, criterion="level_cutoff", budget="normal", use="client", by=mona)
    assert pauses == [(False, reassess.PAUSE_SECONDS)]
