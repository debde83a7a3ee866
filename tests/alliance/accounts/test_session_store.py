"""Who is signed in, as the database has it: whoever reads it is not signed in by it."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from alliance.accounts.session_store import SessionStore
from alliance.models import BrowserSession

COOKIE = settings.SESSION_COOKIE_NAME


def everything_in_the_database():
    """Each text that a dump would hold, whatever the table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield from (value for row in cursor.fetchall() for value in row if isinstance(value, str))


def is_signed_in(cookie):
    thief = Client()
    thief.cookies[COOKIE] = cookie
    return thief.get("/you/").status_code == 200


def test_a_stolen_dump_signs_nobody_in(http, dana):
    http.force_login(dana.user)
    mine = http.cookies[COOKIE].value
    assert is_signed_in(mine)
    stolen = {value for value in everything_in_the_database() if 0 < len(value) < 500}
    assert len(stolen) > 5
    assert [value for value in stolen if is_signed_in(value)] == []
    assert not any(mine in value for value in everything_in_the_database())


def test_what_a_session_holds_cannot_be_read_in_a_dump(db):
    session = SessionStore()
    session["waiting"] = "what somebody typed"
    session.save()
    assert not any("typed" in value for value in everything_in_the_database())
    assert SessionStore(session.session_key)["waiting"] == "what somebody typed"


def test_under_other_keys_of_the_installation_a_session_has_ended(db, settings):
    session = SessionStore()
    session["a"] = 1
    session.save()
    BrowserSession.objects.update(session_data=json.dumps({"a": 1}))
    assert dict(SessionStore(session.session_key).items()) == {}


def test_a_new_sign_in_is_another_key_and_the_old_one_opens_nothing(http, dana, noor):
    http.get("/accounts/login/")
    http.force_login(dana.user)
    first = http.cookies[COOKIE].value
    http.force_login(noor.user)
    second = http.cookies[COOKIE].value
    assert first != second
    assert (is_signed_in(first), is_signed_in(second)) == (False, True)
    http.post("/accounts/logout/")
    assert not is_signed_in(second)


def test_a_row_says_whose_it_is(http, dana):
    http.force_login(dana.user)
    assert BrowserSession.objects.get().user == dana.user


def test_twelve_hours_after_signing_in_nothing_moves_the_end(http, dana, settings):
    settings.SESSION_IDLE_SECONDS = settings.SESSION_COOKIE_AGE
    with time_machine.travel(timezone.now(), tick=False) as clock:
        http.force_login(dana.user)
        cookie = http.cookies[COOKIE].value
        for _hour in range(11):
            clock.shift(timedelta(hours=1))
            session = SessionStore(cookie)
            session["changed"] = _hour
            session.save()
        clock.shift(timedelta(minutes=59))
        assert SessionStore(cookie)["changed"] == 10
        clock.shift(timedelta(minutes=1))
        assert not is_signed_in(cookie)


def test_what_has_expired_is_cleaned_up(http, dana):
    http.force_login(dana.user)
    call_command("clearsessions")
    assert BrowserSession.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(hours=13)):
        call_command("clearsessions")
    assert not BrowserSession.objects.exists()


@pytest.mark.django_db
def test_djangos_own_table_stays_empty(http, dana):
    http.force_login(dana.user)
    assert http.get("/you/").status_code == 200
    assert not Session.objects.exists()
