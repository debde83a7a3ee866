"""A therapy session is logged with the own rating, moves, is voided."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from ratings.cases.views import therapy_session
from ratings.check_in import instrument_choice
from ratings.models import CheckIn, Rating, Standing
from sessions.models import PrivateNote, TherapySession
from tests.courses import answers, consent, held
from tests.factories import days_ago, make_episode, make_member, make_practice, make_therapy_session


def logged(**changes):
    day = timezone.localdate() - timedelta(days=1)
    given = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    return given | {key: str(value) for key, value in answers(3).items()} | changes


def test_a_session_is_logged_with_the_own_rating_and_a_private_note(http, dana, juniper, instruments):
    consent(juniper.client)
    http.force_login(dana.user)
    response = http.post(reverse("ratings:session-log", args=[juniper.code]), logged(private_note="Talked about June."))
    assert response.status_code == 302
    therapy_session = TherapySession.objects.get()
    assert (therapy_session.mode, therapy_session.attendance, therapy_session.logged_by) == ("video", "attended", dana)
    assert therapy_session.zone == "Europe/Berlin"
    assert timezone.localtime(therapy_session.starts_at, ZoneInfo("Europe/Berlin")).hour == 10
    assert Rating.objects.get().rater == "therapist"
    assert PrivateNote.objects.get().text.open(juniper.client.data_key) == "Talked about June."
    assert CheckIn.objects.count() == 1


@pytest.mark.time_machine(datetime(2026, 11, 4, 12, tzinfo=UTC))
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": "2031-01-01"}, "This lies in the future."),
        ({"day": "1999-01-01"}, "Check the year."),
        ({"day": "2031-02-31"}, "Enter a valid date."),
        ({"day": "9999-12-31"}, "This lies in the future."),
        ({"day": "0001-01-01"}, "Check the year."),
        ({"attendance": "no_show"}, "Which of the two is right?"),
        ({"minutes": "0"}, "greater than or equal to 5"),
        ({"mode": "telepathy"}, "Select a valid choice."),
        ({"attendance": "planned"}, "Select a valid choice."),
        ({"task_sense": "9"}, "Choose one of the answers"),
    ],
)
def test_a_bad_log_keeps_what_was_typed_and_writes_nothing(changes, sentence, http, dana, juniper, instruments):
    http.force_login(dana.user)
    response = http.post(
        reverse("ratings:session-log", args=[juniper.code]), logged(private_note="Typed & kept") | changes
    )
    assert response.status_code == 422
    assert sentence in response.text
    assert "Typed &amp; kept" in response.text
    assert not TherapySession.objects.exists()
    assert not Rating.objects.exists()


def test_two_sessions_at_one_start_and_one_after_the_end_are_form_errors(http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, logged()).status_code == 302
    again = http.post(path, logged(mode="phone"))
    assert (again.status_code, TherapySession.objects.count()) == (422, 1)
    assert "There is already a session at this time." in again.text
    juniper.ends_at, juniper.end_reason = timezone.now() - timedelta(days=3), "completed"
    juniper.save()
    late = http.post(path, logged(time="15:00"))
    assert (late.status_code, TherapySession.objects.count()) == (422, 1)
    assert "This therapy had ended by then." in late.text


@pytest.mark.time_machine(datetime(2026, 11, 4, 12, tzinfo=UTC))
def test_a_time_that_did_not_exist_is_a_form_error_and_a_doubled_one_keeps_its_length(http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    gap = http.post(path, logged(day="2026-03-29", time="02:30"))
    assert (gap.status_code, TherapySession.objects.count()) == (422, 0)
    assert "The clock went forward over this time" in gap.text
    assert http.post(path, logged(day="2026-10-25", time="02:15")).status_code == 302
    held = TherapySession.objects.get()
    assert held.ends_at - held.starts_at == timedelta(minutes=50)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        (datetime(2026, 11, 4, 12, 3, tzinfo=UTC), time(12, 10)),
        (datetime(2027, 3, 28, 1, 20, tzinfo=UTC), time(1, 30)),  # 03:20 in Berlin, where 02:30 did not exist
        (datetime(2027, 10, 31, 1, 20, tzinfo=UTC), time(2, 30)),  # 02:20 for the second time that night
    ],
)
def test_the_hour_proposed_is_that_of_a_session_that_ends_now(now, start, http, dana, juniper, instruments):
    with time_machine.travel(now):
        http.force_login(dana.user)
        form = http.get(reverse("ratings:session-log", args=[juniper.code])).context["form"]
    assert form["time"].value() == start


def test_the_times_of_a_planned_session_are_shown_in_the_zone_in_which_they_are_read(http, dana, instruments):
    elsewhere = make_member(make_practice(zone="America/New_York"), "Dana Whitlock", user=dana.user)
    planned = make_therapy_session(make_episode(elsewhere), attendance="planned")
    http.force_login(dana.user)
    form = http.get(reverse("ratings:planned-session-log", args=[planned.code])).context["form"]
    start = timezone.localtime(planned.starts_at, ZoneInfo("America/New_York"))
    assert (form["day"].value(), form["time"].value()) == (start.date(), start.time().replace(microsecond=0))


def test_a_planned_session_is_logged_once(http, dana, juniper, instruments):
    http.force_login(dana.user)
    planned = make_therapy_session(juniper)
    path = reverse("ratings:planned-session-log", args=[planned.code])
    assert http.post(path, logged()).status_code == 302
    assert TherapySession.objects.get().attendance == "attended"
    assert http.post(path, logged()).status_code == 302, "the same click again"
    other = http.post(path, logged(private_note="From the other tab"))
    assert other.status_code == 422
    assert "This session has been logged already." in other.text
    assert "From the other tab" in other.text
    assert TherapySession.objects.count() == Rating.objects.count() == 1


def test_the_therapist_answers_the_mirror_of_what_the_client_is_asked(http, dana, juniper, instruments):
    juniper.client.asks_about_fit = True
    juniper.client.save()
    consent(juniper.client)
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    page = http.get(path).text
    assert "I think they feel safe here." in page
    assert "they could be open with me" not in page
    day = timezone.localdate() - timedelta(days=1)
    log = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    assert (
        http.post(path, log | {"instrument_key": "alliance-fit", "bond_safe": "1", "bond_heard": "3"}).status_code
        == 302
    )
    rating = Rating.objects.get(rater="therapist")
    assert rating.answers == {"bond_safe": 1, "bond_heard": 3}
    assert rating.bond_pomp == 50
    assert CheckIn.objects.get().text.instrument == rating.instrument


def test_an_answer_is_scored_by_the_page_it_stood_on(http, dana, juniper, instruments):
    """A form that was opened before three sessions were logged elsewhere still has the four sentences on it."""
    juniper.client.asks_about_fit = True
    juniper.client.save()
    consent(juniper.client)
    for days in (40, 30, 20):
        held(juniper, days)
    http.force_login(dana.user)
    day = timezone.localdate() - timedelta(days=1)
    log = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, log | {"instrument_key": "alliance-fit", "bond_safe": "1"}).status_code == 302
    assert Rating.objects.get(rater="therapist").answers == {"bond_safe": 1}
    assert instrument_choice.own_text("srs-3", "en") is None, "only our own have words to show"


def test_an_instrument_that_is_not_ours_is_tampered_with(http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert 'name="instrument_key" value="alliance-6"' in http.get(path).text
    for key in ("srs-3", "alliance-7"):
        assert http.post(path, logged(instrument_key=key)).status_code == 400
    assert not TherapySession.objects.exists()
    assert http.post(path, logged(instrument_key="alliance-6")).status_code == 302


def test_questions_that_were_never_loaded_are_said_and_not_a_failure(http, dana, juniper):
    http.force_login(dana.user)
    for path in (
        reverse("ratings:session-log", args=[juniper.code]),
        reverse("ratings:planned-session-log", args=[make_therapy_session(juniper).code]),
    ):
        response = http.get(path)
        assert (response.status_code, response.url) == (302, reverse("ratings:case", args=[juniper.code]))
        said = [str(message) for message in get_messages(response.wsgi_request)]
        assert "The questions for this client are not loaded here." in said[-1]


def test_only_a_start_that_was_taken_in_the_same_moment_is_a_form_error(http, dana, juniper, instruments, monkeypatch):
    """Another refusal of the database is a fault of ours, and not to be told as a double start."""
    consent(juniper.client)
    http.force_login(dana.user)
    start = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    local = start.astimezone(ZoneInfo("Europe/Berlin"))
    at = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}
    logs = reverse("ratings:session-log", args=[juniper.code])
    moves = reverse("ratings:session-move", args=[make_therapy_session(juniper).code])

    def refuse(**given):
        raise IntegrityError("another constraint")

    def come_first(**given):
        make_therapy_session(juniper, starts_at=start)
        raise IntegrityError("therapy_session_one_per_start")

    for path, action in ((logs, "log_session"), (moves, "move_session")):
        monkeypatch.setattr(therapy_session, action, refuse)
        with pytest.raises(IntegrityError):
            http.post(path, logged(**at))
        monkeypatch.setattr(therapy_session, action, come_first)
        response = http.post(path, logged(**at))
        assert (response.status_code, "already a session at this time" in response.text) == (422, True)
        TherapySession.objects.filter(starts_at=start).delete()


# --- On second thought ------------------------------------------------------------------------------------------------


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
    ahead = {"day": (timezone.localdate() + timedelta(days=2)).isoformat(), "time": "10:00", "minutes": "50"}
    response = http.post(path, ahead)
    assert (response.status_code, "This lies in the future." in response.text) == (422, True)
    there = timezone.localtime(first.therapy_session.starts_at, ZoneInfo("Europe/Berlin"))
    there = there.replace(hour=12, minute=0, second=0, microsecond=0)
    first.therapy_session.starts_at, first.therapy_session.ends_at = there, there + timedelta(minutes=50)
    first.therapy_session.save()
    taken = {"day": there.date().isoformat(), "time": f"{there:%H:%M}", "minutes": "50"}
    response = http.post(path, taken)
    assert (response.status_code, "already a session at this time" in response.text) == (422, True)
    planned = make_therapy_session(juniper, starts_at=days_ago(-1))
    assert http.post(reverse("ratings:session-move", args=[planned.code]), ahead).status_code == 302


def test_a_session_is_voided_with_a_reason(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    http.force_login(dana.user)
    path = reverse("ratings:session-void", args=[check_in.therapy_session.code])
    assert http.post(path, {"reason": " "}).status_code == 422
    assert Standing.objects.get().sessions_held == 1
    assert http.post(path, {"reason": "Logged for somebody else."}).status_code == 302
    assert Standing.objects.get().sessions_held == 0
    assert http.get(reverse("ratings:case", args=[juniper.code])).context["page"].sessions == []
    again = http.post(path, {"reason": "Again."})  # a second tap, or another tab
    assert (again.status_code, again.url) == (302, reverse("ratings:case", args=[juniper.code]))
    assert "The first reason stays." in http.get(again.url).text
    voided = juniper.therapy_sessions.get(voided_at__isnull=False)
    assert voided.voided_reason.open(juniper.client.data_key) == "Logged for somebody else."
    assert [http.get(path).status_code, http.post(path, {}).status_code] == [404, 302]
