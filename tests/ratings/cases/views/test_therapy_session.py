"""A therapy session moves, is voided."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from ratings.cases.views import therapy_session
from tests.factories import days_ago, local_day, make_therapy_session


def test_a_session_is_moved_on_its_page(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    therapy_session = check_in.therapy_session
    http.force_login(dana.user)
    path = reverse("ratings:session-move", args=[therapy_session.code])
    local = timezone.localtime(therapy_session.starts_at, ZoneInfo("Europe/Berlin"))
    assert http.get(path).context["form"]["time"].value() == local.time().replace(microsecond=0)
    day = (local - timedelta(days=2)).date().isoformat()
    assert http.post(path, {"day": day, "time": "17:30", "minutes": "25"}).status_code == 302
    therapy_session.refresh_from_db()
    local = timezone.localtime(therapy_session.starts_at, ZoneInfo("Europe/Berlin"))
    assert (local.date().isoformat(), local.hour, local.minute) == (day, 17, 30)
    assert therapy_session.ends_at - therapy_session.starts_at == timedelta(minutes=25)
    assert therapy_session.mode == "in_person"


def test_what_was_held_does_not_move_into_the_future_or_onto_another(http, dana, juniper, live_through):
    first, second = live_through(juniper, [3, 3])
    http.force_login(dana.user)
    path = reverse("ratings:session-move", args=[second.therapy_session.code])
    ahead = {"day": (local_day() + timedelta(days=2)).isoformat(), "time": "10:00", "minutes": "50"}
    response = http.post(path, ahead)
    assert (response.status_code, "This date is in the future." in response.text) == (422, True)
    there = timezone.localtime(first.therapy_session.starts_at, ZoneInfo("Europe/Berlin"))
    there = there.replace(hour=12, minute=0, second=0, microsecond=0)
    first.therapy_session.starts_at, first.therapy_session.ends_at = there, there + timedelta(minutes=50)
    first.therapy_session.save()
    taken = {"day": there.date().isoformat(), "time": f"{there:%H:%M}", "minutes": "50"}
    response = http.post(path, taken)
    assert (response.status_code, "already a session at this time" in response.text) == (422, True)
    planned = make_therapy_session(juniper, starts_at=days_ago(-1))
    assert http.post(reverse("ratings:session-move", args=[planned.code]), ahead).status_code == 302


def moved(http, therapy_session):
    """What the page says before, and after it has moved by an hour."""
    path = reverse("ratings:session-move", args=[therapy_session.code])
    there = timezone.localtime(therapy_session.starts_at - timedelta(hours=1), ZoneInfo("Europe/Berlin"))
    given = {"day": there.date().isoformat(), "time": f"{there:%H:%M}", "minutes": "50"}
    return http.get(path).text, http.post(path, given, follow=True).text


def test_a_planned_session_has_no_check_in_that_moves_with_it(http, dana, juniper):
    http.force_login(dana.user)
    before, after = moved(http, make_therapy_session(juniper, starts_at=days_ago(-2)))
    assert ("A message that is still due" in before, "The client is not told of the new time" in before) == (
        False,
        True,
    )
    assert ("The session has moved." in after, "check-in with it" in after) == (True, False)


def test_the_check_in_of_a_held_session_moves_with_it(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    http.force_login(dana.user)
    before, after = moved(http, check_in.therapy_session)
    assert ("A message that is still due" in before, "The client is not told" in before) == (True, False)
    assert "The session has moved, and its check-in with it." in after


def test_only_a_start_that_was_taken_in_the_same_moment_is_a_form_error(http, dana, juniper, monkeypatch):
    """Another refusal of the database is a fault of ours, and not to be told as a double start."""
    http.force_login(dana.user)
    start = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    local = start.astimezone(ZoneInfo("Europe/Berlin"))
    given = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "minutes": "50"}
    path = reverse("ratings:session-move", args=[make_therapy_session(juniper).code])

    def refuse(**given):
        raise IntegrityError("another constraint")

    def come_first(**given):
        make_therapy_session(juniper, starts_at=start)
        raise IntegrityError("therapy_session_one_per_start")

    monkeypatch.setattr(therapy_session, "move_session", refuse)
    with pytest.raises(IntegrityError):
        http.post(path, given)
    monkeypatch.setattr(therapy_session, "move_session", come_first)
    response = http.post(path, given)
    assert (response.status_code, "already a session at this time" in response.text) == (422, True)
