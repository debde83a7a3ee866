"""A log at a time at which somebody is elsewhere, and one that is sent twice."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.people.cover import arrange_cover
from sessions.models import PrivateNote, TherapySession
from tests.courses import consent
from tests.factories import days_ago, editor_of, make_episode, make_therapy_session
from tests.ratings.today.views.test_log import logged


def at_ten(episode, minutes=50):
    """A session of yesterday at ten, as `logged` has it."""
    start = timezone.localtime(days_ago(1)).replace(hour=10, minute=0, second=0, microsecond=0)
    return make_therapy_session(
        episode, starts_at=start, ends_at=start + timedelta(minutes=minutes), attendance="attended", logged_at=start
    )


@pytest.fixture
def in_berlin():
    with timezone.override("Europe/Berlin"):
        yield


def test_a_log_over_another_client_is_said_first_and_goes_through_once_it_was_read(
    http, dana, juniper, sorrel, instruments, in_berlin
):
    at_ten(sorrel)
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    given = logged(time="10:30", private_note="Typed & kept")
    asked = http.post(path, given)
    assert asked.status_code == 422
    assert "You see Sorrel then" in asked.text and "Nothing is saved yet." in asked.text
    assert "Typed &amp; kept" in asked.text
    assert not juniper.therapy_sessions.exists()
    assert http.post(path, given | {"accepted": "on"}).status_code == 302
    assert juniper.therapy_sessions.count() == 1


def test_a_log_while_the_client_is_elsewhere_tells_only_the_time(http, dana, noor, juniper, instruments, in_berlin):
    other = make_episode(noor, "Juniper")
    other.client = juniper.client
    other.save()
    at_ten(other)
    http.force_login(dana.user)
    asked = http.post(reverse("ratings:session-log", args=[juniper.code]), logged())
    assert asked.status_code == 422
    assert "Juniper sees somebody else in this practice then" in asked.text
    assert "Noor" not in asked.text.split("<main")[1]


@pytest.mark.parametrize("attendance", ["cancelled_late", "attended"])
def test_what_takes_no_time_or_was_planned_then_is_not_asked_about(
    http, dana, juniper, sorrel, instruments, in_berlin, attendance
):
    at_ten(sorrel)
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    if attendance == "attended":
        planned = at_ten(juniper)
        TherapySession.objects.filter(pk=planned.pk).update(attendance="planned", logged_at=None)
        path = reverse("ratings:planned-session-log", args=[planned.code])
    assert http.post(path, logged(attendance=attendance)).status_code == 302


def test_a_session_is_corrected_or_moved_over_another_client_once_that_was_read(
    http, dana, juniper, sorrel, instruments, in_berlin
):
    at_ten(sorrel)
    row = at_ten(juniper)
    later = {"starts_at": row.starts_at + timedelta(hours=4), "ends_at": row.ends_at + timedelta(hours=4)}
    http.force_login(dana.user)
    for name in ("session-correct", "session-move"):
        TherapySession.objects.filter(pk=row.pk).update(**later)
        path = reverse(f"ratings:{name}", args=[row.code])
        asked = http.post(path, logged())
        assert asked.status_code == 422 and "You see Sorrel then" in asked.text
        assert TherapySession.objects.get(pk=row.pk).starts_at != row.starts_at
        assert http.post(path, logged(time="15:00")).status_code == 302
        assert http.post(path, logged(accepted="on")).status_code == 302
        assert TherapySession.objects.get(pk=row.pk).starts_at == row.starts_at


def test_a_second_click_is_saved_though_a_colleague_has_a_note_on_the_session(
    http, dana, noor, juniper, instruments, in_berlin
):
    consent(juniper.client)
    planned = at_ten(juniper)
    TherapySession.objects.filter(pk=planned.pk).update(attendance="planned", logged_at=None)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    PrivateNote.objects.create(
        episode=juniper, therapy_session=planned, text=Sealed("Noor's.", juniper.client.data_key), written_by=noor,
        written_at=timezone.now(),
    )  # fmt: skip
    http.force_login(dana.user)
    path = reverse("ratings:planned-session-log", args=[planned.code])
    for text in ("", "Dana's."):
        TherapySession.objects.filter(pk=planned.pk).update(attendance="planned", logged_at=None)
        planned.ratings.all().delete()
        for _click in range(2):
            assert http.post(path, logged(private_note=text)).status_code == 302
    other = http.post(path, logged(private_note="Another text."))
    assert (other.status_code, "not saved" in other.text, "Another text." in other.text) == (422, True, True)
