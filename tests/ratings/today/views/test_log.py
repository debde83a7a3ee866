"""A therapy session is logged with the own rating, and the log is taken back."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from ratings.check_in import instrument_choice
from ratings.check_in.actions import answer_check_in
from ratings.models import CheckIn, Rating, Standing, WishOutcome
from ratings.record.actions import remove_session
from ratings.today.views import log
from sessions.models import PrivateNote, TherapySession
from tests.courses import answers, client_answers, consent, held
from tests.factories import editor_of, local_day, make_episode, make_member, make_practice, make_therapy_session


def logged(**changes):
    day = local_day() - timedelta(days=1)
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
        ({"day": "2031-01-01"}, "This date is in the future."),
        ({"day": "2026-11-04", "time": "15:00"}, "This is later today."),
        ({"day": "1999-01-01"}, "Check the year."),
        ({"day": "2031-02-31"}, "There is no such day."),
        ({"day": "03/05/2026"}, "can be 3 May 2026 or 5 Mar 2026"),
        ({"day": "9999-12-31"}, "This date is in the future."),
        ({"day": "0001-01-01"}, "Check the year."),
        ({"minutes": "0"}, "Write 5 or more."),
        ({"mode": "telepathy"}, "Choose one of these."),
        ({"attendance": "planned"}, "Choose one of these."),
        ({"attendance": "cancelled"}, "Choose one of these."),
        ({"noticed": "everything"}, "Choose one of the answers"),
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
    assert "The clock goes forward over this time" in gap.text
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


def test_what_was_typed_stays_where_the_session_was_removed_while_its_log_waited(
    http, dana, juniper, instruments, monkeypatch
):
    planned, log_now = make_therapy_session(juniper), log.log_and_settle

    def wait_and_log(**logged):
        stored = TherapySession.objects.get(pk=planned.pk)
        remove_session(editor=editor_of(juniper), therapy_session=stored, reason="Not theirs.")
        return log_now(**logged)

    monkeypatch.setattr(log, "log_and_settle", wait_and_log)
    http.force_login(dana.user)
    page = http.post(reverse("ratings:planned-session-log", args=[planned.code]), logged(private_note="She cried."))
    assert page.status_code == 422 and "was removed meanwhile" in page.text and "She cried." in page.text


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
    day = local_day() - timedelta(days=1)
    given = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    assert (
        http.post(path, given | {"instrument_key": "alliance-fit", "bond_safe": "1", "bond_heard": "3"}).status_code
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
    day = local_day() - timedelta(days=1)
    given = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, given | {"instrument_key": "alliance-fit", "bond_safe": "1"}).status_code == 302
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
    path = reverse("ratings:session-log", args=[juniper.code])

    def refuse(**given):
        raise IntegrityError("another constraint")

    def come_first(**given):
        make_therapy_session(juniper, starts_at=start)
        raise IntegrityError("therapy_session_one_per_start")

    monkeypatch.setattr(log, "log_and_settle", refuse)
    with pytest.raises(IntegrityError):
        http.post(path, logged(**at))
    monkeypatch.setattr(log, "log_and_settle", come_first)
    response = http.post(path, logged(**at))
    assert (response.status_code, "already a session at this time" in response.text) == (422, True)


# --- One sentence a pillar --------------------------------------------------------------------------------------------

THREE = {"goal_worked": "3", "task_way": "2", "bond_could_be_open": "4"}


def short_log(**changes):
    given = logged(instrument_key="alliance-t3", **THREE)
    return {name: value for name, value in given.items() if name not in answers(3)} | changes


@pytest.fixture
def short_form(millrace):
    millrace.therapist_form = "three"
    millrace.save()


def test_three_sentences_meet_the_clients_six_on_one_scale(http, dana, juniper, instruments, short_form):
    consent(juniper.client)
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.get(path).text.count("data-digits") == 3
    assert http.post(path, short_log()).status_code == 302
    rating = Rating.objects.get()
    assert (rating.goal_pomp, rating.task_pomp, rating.bond_pomp) == (75, 50, 100)
    check_in = CheckIn.objects.get()
    assert check_in.text.instrument.key == "alliance-6", "what the client is asked does not follow"
    answer_check_in(check_in=check_in, answers=client_answers(3), may_change=False)
    page = http.get(reverse("ratings:case", args=[juniper.code]))
    assert [row.therapist for pillar in page.context["page"].charts.pillars for row in pillar.rows] == [75, 50, 100]
    said = [(row.sentence, row.therapist) for row in page.context["page"].answers if row.therapist]
    assert said == [
        ("I think we worked on what matters to them.", "Mostly"),
        ("I think the way we work suits them.", "Somewhat"),
        ("I think they could be open with me.", "Completely"),
    ]


def test_the_usual_of_a_client_outlives_the_therapists_change_of_form(http, dana, juniper, live_through, request):
    live_through(juniper, [3, 3, 3, 3, 3])
    request.getfixturevalue("short_form")
    usual = Standing.objects.get().spark["goal"]["band"]
    assert usual
    http.force_login(dana.user)
    assert http.post(reverse("ratings:session-log", args=[juniper.code]), short_log()).status_code == 302
    assert Standing.objects.get().spark["goal"]["band"] == usual


# --- What was noticed -------------------------------------------------------------------------------------------------


def test_nothing_is_chosen_beforehand_but_what_the_plan_knows(http, dana, juniper, instruments):
    http.force_login(dana.user)
    planned = make_therapy_session(juniper, mode="phone")
    page = http.get(reverse("ratings:planned-session-log", args=[planned.code])).text
    assert re.findall(r'name="(\w+)" value="(\w+)"[^>]*checked', page) == [
        ("attendance", "attended"),
        ("mode", "phone"),
    ]


@pytest.mark.parametrize("noticed", Rating.Noticed.values)
def test_what_was_noticed_is_a_rating_also_by_itself(noticed, http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, logged(noticed=noticed) | dict.fromkeys(answers(3), "")).status_code == 302
    rating = Rating.objects.get()
    assert (rating.noticed, rating.answers, rating.items_answered, rating.overall_pomp) == (noticed, {}, 0, None)
    assert http.get(reverse("ratings:case", args=[juniper.code])).status_code == 200


def test_without_answers_and_without_anything_noticed_there_is_no_rating(http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, logged() | dict.fromkeys(answers(3), "")).status_code == 302
    assert (TherapySession.objects.count(), Rating.objects.count()) == (1, 0)


@pytest.mark.parametrize("attendance", ["no_show", "cancelled_late"])
def test_who_did_not_come_is_not_rated_and_the_note_is_kept(attendance, http, dana, juniper, instruments):
    consent(juniper.client)
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    given = logged(attendance=attendance, noticed="both", private_note="Rang: on the train.")
    assert http.post(path, given).status_code == 302
    assert TherapySession.objects.get().attendance == attendance
    assert not Rating.objects.exists() and not CheckIn.objects.exists()
    assert PrivateNote.objects.get().text.open(juniper.client.data_key) == "Rang: on the train."


# --- What the client wanted brought up --------------------------------------------------------------------------------


def test_the_log_asks_what_became_of_a_wish_and_only_then(http, dana, juniper, sorrel, live_through):
    live_through(sorrel, [3])
    live_through(juniper, [3], bring_up="gently")
    http.force_login(dana.user)
    asked = "Juniper wanted you to raise something, gently."
    paths = [reverse("ratings:session-log", args=[episode.code]) for episode in (sorrel, juniper)]
    assert [asked in http.get(path).text for path in paths] == [False, True]
    code = Rating.objects.get(bring_up="gently").code
    assert http.post(paths[1], logged(wish="done", wish_about=str(code))).status_code == 422
    assert http.post(paths[1], logged(wish="brought_up", wish_about=str(code))).status_code == 302
    said = WishOutcome.objects.get()
    assert (said.outcome, said.rating.code, said.said_by) == ("brought_up", code, dana)
    assert asked not in http.get(paths[1]).text
    http.post(reverse("ratings:session-log-undo", args=[said.therapy_session.code]))
    assert asked in http.get(paths[1]).text, "what an undone log said is not said"


def test_what_is_said_of_another_wish_than_the_one_that_stands_is_let_go(http, dana, juniper, live_through):
    live_through(juniper, [3], bring_up="gently")
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, logged(wish="they_did", wish_about=str(juniper.code))).status_code == 302
    assert not WishOutcome.objects.exists()


# --- The usual slot ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "day", "start"),
    [
        (datetime(2026, 11, 4, 12, tzinfo=UTC), "2026-11-04", time(10, 30)),  # a week later, the same hour
        (datetime(2026, 11, 6, 12, tzinfo=UTC), "2026-11-04", time(10, 30)),  # two days after that
        (datetime(2026, 10, 30, 12, tzinfo=UTC), "2026-10-30", time(12, 10)),  # no week has passed: a session ends now
    ],
)
def test_a_log_begins_with_the_usual_slot(now, day, start, http, dana, juniper, instruments):
    begins = datetime(2026, 10, 28, 9, 30, tzinfo=UTC)  # 10:30 in Berlin
    make_therapy_session(juniper, starts_at=begins, attendance="attended", mode="phone", logged_at=begins)
    with time_machine.travel(now):
        http.force_login(dana.user)
        form = http.get(reverse("ratings:session-log", args=[juniper.code])).context["form"]
    assert (form["day"].value().isoformat(), form["time"].value()) == (day, start)
