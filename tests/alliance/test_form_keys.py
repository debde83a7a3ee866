"""A form that makes something is known by its key: sent twice it makes one; another that looks alike makes another."""

import re
import threading
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from alliance import form_keys
from alliance.crypto import Sealed
from alliance.models import AuditEvent
from ratings.models import CheckIn, Rating
from ratings.today.views import log as log_views
from sessions.models import Goal, PrivateNote, TherapySession
from tests.courses import answers, consent
from tests.factories import local_day, make_episode, make_therapy_session
from tests.ratings.threads import at_once

NEW_CASE = reverse("ratings:case-create")
SAVED = "This form was saved already."
NOT_ITS_KEY = "This form could not be told from another one."


def key_of(http, page):
    """The key in the form of a page: that at an address, or the one given."""
    html = http.get(page).text if isinstance(page, str) else page.text
    (key,) = re.findall(r'name="form_key" value="([0-9a-f-]{36})"', html)
    return key


def log_page(episode):
    return reverse("ratings:session-log", args=[episode.code])


def a_log(**changes):
    day = local_day() - timedelta(days=1)
    given = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    return given | {key: str(value) for key, value in answers(3).items()} | changes


def emails(therapist):
    clients = [episode.client for episode in therapist.episodes.order_by("pk")]
    return [client.email and client.email.open(client.data_key) for client in clients]


# --- A new client -----------------------------------------------------------------------------------------------------


def test_two_clients_of_one_name_within_a_minute_are_both_stored(http, dana, instruments):
    http.force_login(dana.user)
    for email in ("anna@example.org", "anna@example.net"):
        typed = {"name": "Anna", "email": email, "form_key": key_of(http, NEW_CASE)}
        assert http.post(NEW_CASE, typed).status_code == 302
    assert emails(dana) == ["anna@example.org", "anna@example.net"]


def test_a_second_tap_is_answered_like_the_first_and_makes_nothing(http, dana, instruments):
    http.force_login(dana.user)
    typed = {
        "name": "Anna",
        "email": "anna@example.org",
        "goal": "We are working on sleep.",
        "consents_to_check_ins": "on",
        "form_key": key_of(http, NEW_CASE),
    }
    first, second = (http.post(NEW_CASE, typed) for _tap in range(2))
    assert (first.status_code, second.status_code, second.url) == (302, 302, first.url)
    assert dana.episodes.count() == Goal.objects.count() == 1
    assert AuditEvent.objects.filter(verb="created", subject_type="client").count() == 1


def test_whoever_goes_back_and_types_another_client_is_told_and_loses_nothing(http, dana, instruments):
    http.force_login(dana.user)
    key = key_of(http, NEW_CASE)
    http.post(NEW_CASE, {"name": "Anna", "form_key": key})
    other = {"name": "Anna", "email": "anna@example.net"}
    told = http.post(NEW_CASE, other | {"form_key": key})
    assert (told.status_code, dana.episodes.count()) == (422, 1)
    assert f"{SAVED} To save this as another client, send it again." in told.text
    assert 'value="anna@example.net"' in told.text
    assert key_of(http, told) != key
    assert http.post(NEW_CASE, other | {"form_key": key_of(http, told)}).status_code == 302
    assert emails(dana) == [None, "anna@example.net"]


def test_a_form_with_an_error_keeps_its_key(http, dana, instruments):
    http.force_login(dana.user)
    key = key_of(http, NEW_CASE)
    wrong = http.post(NEW_CASE, {"name": "", "form_key": key})
    assert (wrong.status_code, key_of(http, wrong)) == (422, key)


def test_a_page_without_a_key_from_before_an_upgrade_still_works(http, dana, instruments):
    http.force_login(dana.user)
    assert http.post(NEW_CASE, {"name": "Anna"}).status_code == 302
    assert dana.episodes.count() == 1


def test_a_key_that_is_none_or_of_somebody_elses_row_loses_nothing_and_saves_nothing(http, dana, noor, instruments):
    http.force_login(dana.user)
    theirs = make_episode(noor, "Anna")
    for key in ("no-key", str(theirs.code)):
        told = http.post(NEW_CASE, {"name": "Anna Other", "form_key": key})
        assert (told.status_code, dana.episodes.count()) == (422, 0)
        assert NOT_ITS_KEY in told.text and 'value="Anna Other"' in told.text
        assert str(theirs.code) not in told.text
    assert http.post(NEW_CASE, {"name": "Anna Other", "form_key": key_of(http, told)}).status_code == 302
    assert dana.episodes.count() == 1


def test_a_form_sent_again_after_the_row_changed_links_to_the_row(http, dana, instruments):
    """The connection broke before the answer came; meanwhile somebody changed what was saved."""
    http.force_login(dana.user)
    typed = {"name": "Anna", "email": "anna@example.org", "form_key": key_of(http, NEW_CASE)}
    saved = http.post(NEW_CASE, typed).url
    client = dana.episodes.get().client
    client.name = Sealed("Anna B.", client.data_key)
    client.save()
    told = http.post(NEW_CASE, typed)
    assert (told.status_code, dana.episodes.count()) == (422, 1)
    assert f'send it again. <a href="{saved}">Open what was saved</a>' in told.text


# --- A session --------------------------------------------------------------------------------------------------------


def test_a_log_sent_twice_makes_one_session_with_one_note(http, dana, juniper, instruments):
    consent(juniper.client)
    http.force_login(dana.user)
    typed = a_log(private_note="Talked about June.", form_key=key_of(http, log_page(juniper)))
    first, second = (http.post(log_page(juniper), typed) for _tap in range(2))
    assert (first.status_code, second.status_code, second.url) == (302, 302, first.url)
    assert TherapySession.objects.count() == PrivateNote.objects.count() == CheckIn.objects.count() == 1


def test_a_log_filled_in_again_for_another_time_is_another_session_once_it_was_said(http, dana, juniper, instruments):
    http.force_login(dana.user)
    key = key_of(http, log_page(juniper))
    http.post(log_page(juniper), a_log(form_key=key))
    other = a_log(time="15:00", private_note="Came back & stayed.")
    told = http.post(log_page(juniper), other | {"form_key": key})
    assert (told.status_code, TherapySession.objects.count()) == (422, 1)
    assert f"{SAVED} To log this as another session, send it again." in told.text
    assert "Came back &amp; stayed." in told.text
    assert http.post(log_page(juniper), other | {"form_key": key_of(http, told)}).status_code == 302
    assert TherapySession.objects.count() == 2


def test_another_note_at_the_same_time_is_not_taken_for_a_second_tap(http, dana, juniper, instruments):
    http.force_login(dana.user)
    key = key_of(http, log_page(juniper))
    http.post(log_page(juniper), a_log(private_note="One.", form_key=key))
    told = http.post(log_page(juniper), a_log(private_note="Two.", form_key=key))
    assert (told.status_code, "Two." in told.text) == (422, True)
    assert "There is already a session at this time." in told.text
    assert PrivateNote.objects.get().text.open(juniper.client.data_key) == "One."


def test_the_key_of_a_session_of_another_case_loses_nothing_and_saves_nothing(http, dana, juniper, sorrel, instruments):
    http.force_login(dana.user)
    theirs = make_therapy_session(sorrel)
    told = http.post(log_page(juniper), a_log(private_note="A lark.", form_key=str(theirs.code)))
    assert (told.status_code, juniper.therapy_sessions.count()) == (422, 0)
    assert NOT_ITS_KEY in told.text and "A lark." in told.text
    again = a_log(private_note="A lark.", form_key=key_of(http, told))
    assert http.post(log_page(juniper), again).status_code == 302


# --- A goal -----------------------------------------------------------------------------------------------------------


def test_a_goal_sent_twice_is_one_and_another_is_another(http, dana, juniper, live_through):
    live_through(juniper, [3])
    http.force_login(dana.user)
    address = reverse("ratings:goal-agree", args=[juniper.code])
    typed = {"text": "We are working on sleep.", "form_key": key_of(http, address)}
    for _tap in range(2):
        assert http.post(address, typed).status_code == 302
    assert juniper.goals.count() == 1
    other = {"text": "We are working on mornings."}
    told = http.post(address, typed | other)
    assert (told.status_code, juniper.goals.count()) == (422, 1)
    assert f"{SAVED} To save this as another goal, send it again." in told.text
    assert other["text"] in told.text
    assert http.post(address, other | {"form_key": key_of(http, told)}).status_code == 302
    assert juniper.goals.count() == 2


# --- At the same moment -----------------------------------------------------------------------------------------------


@pytest.fixture
def tap_twice(dana, monkeypatch):
    """`tap_twice(address, typed)`: sent on two connections, each of which sees that nothing was made yet."""
    both_looked = threading.Barrier(2, timeout=10)
    look = form_keys.KeyedForm.row_made

    def look_together(form, rows):
        row = look(form, rows)
        if row is None:
            both_looked.wait()
        return row

    def send(address, typed):
        http = Client()
        http.force_login(dana.user)
        return http.post(address, typed)

    def tap_twice(address, typed):
        monkeypatch.setattr(form_keys.KeyedForm, "row_made", look_together)
        first, second = at_once(lambda: send(address, typed), lambda: send(address, typed))
        assert (first.status_code, second.status_code, second.url) == (302, 302, first.url)

    return tap_twice


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_make_one_case(tap_twice, dana, instruments):
    tap_twice(NEW_CASE, {"name": "Anna", "goal": "We are working on sleep.", "form_key": str(uuid4())})
    assert dana.episodes.count() == Goal.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_log_one_session(tap_twice, juniper, instruments):
    consent(juniper.client)
    tap_twice(log_page(juniper), a_log(private_note="June.", form_key=str(uuid4())))
    assert TherapySession.objects.count() == Rating.objects.count() == PrivateNote.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_agree_one_goal(tap_twice, juniper, instruments):
    address = reverse("ratings:goal-agree", args=[juniper.code])
    tap_twice(address, {"text": "We are working on sleep.", "form_key": str(uuid4())})
    assert juniper.goals.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("notes", "statuses"), [(("", ""), [302, 302]), (("One.", "Two."), [302, 422])])
def test_a_planned_session_is_logged_by_one_of_two_at_once(notes, statuses, dana, juniper, instruments, monkeypatch):
    planned = make_therapy_session(juniper)
    both_begin = threading.Barrier(2, timeout=10)
    log = log_views.log_and_settle

    def log_together(**given):
        both_begin.wait()
        return log(**given)

    def send(note):
        http = Client()
        http.force_login(dana.user)
        typed = a_log(private_note=note) | dict.fromkeys(answers(3), "")
        return http.post(reverse("ratings:planned-session-log", args=[planned.code]), typed)

    monkeypatch.setattr(log_views, "log_and_settle", log_together)
    answered = at_once(*(partial(send, note) for note in notes))
    assert sorted(response.status_code for response in answered) == statuses
    assert AuditEvent.objects.filter(verb="changed", subject_type="therapysession").count() == 1
