"""Logging a session and ending a therapy."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from alliance.access import Denied
from alliance.models import Episode, Membership
from alliance.refusal import Refused
from ratings.cases.actions import AlreadyLogged, end_episode, log_session, move_session
from ratings.models import Assessment, CheckIn, Rating, Rupture, Standing
from ratings.record.actions import remove_session
from sessions.models import TherapySession
from tests.courses import answers, consent
from tests.factories import days_ago, editor_of, make_therapy_session


def test_without_consent_nobody_is_asked(juniper, instruments):
    start = timezone.now() - timedelta(days=1)
    log_session(
        editor=editor_of(juniper),
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        zone="UTC",
        mode="video",
        attendance="attended",
    )
    assert not CheckIn.objects.exists()


def test_a_missed_session_asks_nobody_and_has_no_number(juniper, instruments):
    consent(juniper.client)
    start = timezone.now() - timedelta(days=1)
    log_session(
        editor=editor_of(juniper),
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        zone="UTC",
        mode="video",
        attendance="no_show",
        answers=answers(3),
    )
    assert not CheckIn.objects.exists()
    assert not Rating.objects.exists()
    assert Standing.objects.get().sessions_held == 0


def test_ending_a_therapy_closes_an_open_rupture_as_still_on_where_it_is_likely(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0, 0])
    assert Rupture.objects.get().state == "open"
    end_episode(editor=editor_of(juniper), reason="client")
    rupture = Rupture.objects.get()
    assert (rupture.state, rupture.closed_session_id) == (
        "unrepaired",
        Assessment.objects.order_by("therapy_session__starts_at").last().therapy_session_id,
    )
    assert Standing.objects.get().attention == 0


def test_a_right_that_ended_while_the_write_waited_writes_nothing(dana, juniper, live_through):
    """The check before the form is not enough: the place may end between it and the lock."""
    live_through(juniper, [3])
    editor, therapy_session = editor_of(juniper), TherapySession.objects.get()
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    times = {"starts_at": days_ago(3), "ends_at": days_ago(2)}
    for write in (
        lambda: log_session(editor=editor, zone="UTC", mode="video", attendance="attended", **times),
        lambda: move_session(editor=editor, therapy_session=therapy_session, **times),
        lambda: remove_session(editor=editor, therapy_session=therapy_session, reason="Not theirs."),
        lambda: end_episode(editor=editor, reason="completed"),
    ):
        with pytest.raises(Denied):
            write()
    assert list(TherapySession.objects.values_list("starts_at", "voided_at")) == [(therapy_session.starts_at, None)]
    juniper.refresh_from_db()
    assert juniper.ends_at is None


def test_a_right_to_one_case_is_none_to_another(juniper, sorrel, live_through):
    live_through(juniper, [3])
    with pytest.raises(Denied):
        remove_session(editor=editor_of(sorrel), therapy_session=TherapySession.objects.get(), reason="Not theirs.")
    assert TherapySession.objects.get().voided_at is None


def test_the_first_end_of_a_therapy_stays(juniper, live_through):
    """Two at once, or a second tap: how and when it ended is what the first one said."""
    live_through(juniper, [3])
    first, second = editor_of(juniper), editor_of(Episode.objects.get(pk=juniper.pk))
    end_episode(editor=first, reason="completed", planned=True, agreed=True)
    ended = Episode.objects.get(pk=juniper.pk)
    end_episode(editor=second, reason="client", planned=False, agreed=False)
    as_told = Episode.objects.values_list("end_reason", "end_planned", "end_agreed", "ends_at").get(pk=juniper.pk)
    assert as_told == ("completed", True, True, ended.ends_at)


@pytest.fixture
def read_before(juniper, instruments):
    """A planned session as a page has read it, with its times; `read_before(deed)` does something with it meanwhile."""

    def read(deed):
        stored = make_therapy_session(juniper, starts_at=days_ago(1))
        row = TherapySession.objects.select_related("episode__client").get(pk=stored.pk)
        deed(stored)
        return row, {"starts_at": days_ago(2), "ends_at": days_ago(2) + timedelta(minutes=50)}

    return read


def test_a_session_that_was_removed_while_its_log_waited_stays_removed(juniper, read_before):
    remove = partial(remove_session, editor=editor_of(juniper), reason="Not theirs.")
    planned, times = read_before(lambda row: remove(therapy_session=row))
    with pytest.raises(AlreadyLogged):
        log_session(
            editor=editor_of(juniper), planned=planned, zone="UTC", mode="video", attendance="attended", **times
        )
    assert TherapySession.objects.get().voided_at is not None


def test_a_log_leaves_what_it_says_nothing_of_as_it_is_by_then(juniper, read_before):
    ref = "known to an import"
    planned, times = read_before(lambda row: TherapySession.objects.filter(pk=row.pk).update(external_ref=ref))
    log_session(editor=editor_of(juniper), planned=planned, zone="UTC", mode="video", attendance="attended", **times)
    assert TherapySession.objects.get().external_ref == ref


@pytest.mark.parametrize("what", ["logged", "removed"])
def test_a_session_does_not_move_that_was_logged_or_removed_while_it_waited(what, juniper, read_before):
    editor = editor_of(juniper)

    def deed(row):
        if what == "removed":
            remove_session(editor=editor, therapy_session=row, reason="Not theirs.")
        else:
            log_session(editor=editor, planned=row, zone="UTC", mode="video", attendance="attended",
                        starts_at=row.starts_at, ends_at=row.ends_at)  # fmt: skip

    row, times = read_before(deed)
    with pytest.raises(Refused, match="logged, cancelled or removed"):
        move_session(editor=editor, therapy_session=row, **times)
    assert TherapySession.objects.get().starts_at == row.starts_at
