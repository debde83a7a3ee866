"""Logging a session and ending a therapy."""

from datetime import timedelta

from django.utils import timezone

from ratings.cases.actions import end_episode, log_session
from ratings.models import Assessment, CheckIn, Rating, Rupture, Standing
from tests.courses import answers, consent


def test_without_consent_nobody_is_asked(juniper, instruments):
    start = timezone.now() - timedelta(days=1)
    log_session(
        episode=juniper,
        by=juniper.therapist,
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
        episode=juniper,
        by=juniper.therapist,
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


def test_ending_a_therapy_closes_an_open_rupture_as_unrepaired(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    assert Rupture.objects.get().state == "open"
    end_episode(episode=juniper, reason="client", by=juniper.therapist)
    rupture = Rupture.objects.get()
    assert (rupture.state, rupture.closed_session_id) == (
        "unrepaired",
        Assessment.objects.order_by("therapy_session__starts_at").last().therapy_session_id,
    )
    assert Standing.objects.get().attention == 0
