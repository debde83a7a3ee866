"""What a log line says of a request: enough to look for a fault, and no more."""

import logging
import re
import sys
from io import StringIO

import psycopg2
import pytest
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousFileOperation,
)
from django.urls import URLPattern, get_resolver
from django.utils.module_loading import import_string

from alliance.access import Denied
from alliance.site.logs import KEY_PATH, OneLine
from tests.alliance.site.test_trouble import wrapped


def logged_with(error):
    """What the terminal shows, filters of the console included."""
    try:
        raise error
    except Exception:
        record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Forbidden", (), sys.exc_info())
    for name in settings.LOGGING["handlers"]["console"]["filters"]:
        assert import_string(settings.LOGGING["filters"][name]["()"])().filter(record)
    return logging.Formatter().format(record)


def test_a_denial_and_a_request_of_no_browser_are_one_line_and_a_fault_keeps_its_trace():
    of_the_request = (DisallowedHost("evil.test"), RequestDataTooBig(), BadRequest("no such answer"))
    for denial in (PermissionDenied(), Denied("episode", "1"), *of_the_request):
        assert logged_with(denial) == "Forbidden"
    for fault in (ValueError("a fault"), SuspiciousFileOperation("outside the folder")):
        assert "Traceback" in logged_with(fault)


def logged(error, message="Internal Server Error: %s", *args):
    """The line in the log, as the console writes it."""
    try:
        raise error
    except Exception:
        record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, message, args, sys.exc_info())
    for name in settings.LOGGING["handlers"]["console"]["filters"]:
        assert import_string(settings.LOGGING["filters"][name]["()"])().filter(record)
    return OneLine().format(record)


def test_a_refusal_is_a_warning_and_a_fault_an_error():
    assert " WARNING django.request: Bad Request" in logged(DisallowedHost("evil.test"), "Bad Request")
    for fault in (ValueError("a fault"), SuspiciousFileOperation("outside the folder")):
        assert " ERROR django.request: Bad Request" in logged(fault, "Bad Request")


@pytest.fixture
def lines():
    """`lines()`: what the console was given so far."""
    console, stream = logging.getLogger("django").handlers[0], StringIO()
    before = console.setStream(stream)
    yield lambda: [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()]
    console.setStream(before)


def test_a_refused_form_is_one_line_without_what_was_sent(http, mona, lines):
    http.force_login(mona.user)
    assert http.post("/you/digest/", {"digest": "He said no"}).status_code == 400
    assert lines() == ["WARNING django.request: There is no such choice: /you/digest/"]


def test_a_sign_in_that_was_ended_while_a_request_ran_is_one_line(http, mona, lines, monkeypatch):
    http.force_login(mona.user)
    monkeypatch.setattr(
        "alliance.accounts.views.end_other_browsers", lambda **_who: mona.user.browser_sessions.all().delete()
    )
    assert http.post("/you/browsers/end/").status_code == 400
    (line,) = lines()
    assert line.startswith("WARNING django.request: The request's session was deleted") and "Traceback" not in line


def test_no_view_refuses_as_if_it_were_an_attack():
    """Django logs a `SuspiciousOperation` as an error; `BadRequest` is answered by the same page."""
    for folder in ("alliance", "sessions", "ratings"):
        for file in (settings.BASE_DIR / folder).rglob("*.py"):
            assert "SuspiciousOperation(" not in file.read_text(), file


def test_a_failed_request_is_one_record_with_time_and_level():
    line = logged(ValueError("a fault\nin two lines"), "Internal Server Error: %s", "/c/a-secret-key/")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR django\.request: Internal Server Error: /c/…", line)
    assert "Traceback" in line and "a fault" in line
    assert len(line.splitlines()) == 1


def test_a_database_that_is_away_is_said_without_a_trace():
    line = logged(wrapped(psycopg2.OperationalError("gone")), "Service Unavailable: %s", "/today/")
    assert line.endswith("Service Unavailable: /today/ (the database is away: OperationalError)")


def addresses_with_a_key(resolver=None, before="/"):
    """An example of each address whose last part lets in whoever has it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = before + str(pattern.pattern).strip("^$")
        if not isinstance(pattern, URLPattern):
            yield from addresses_with_a_key(pattern, address)
        elif {"token", "key"} & set(pattern.pattern.regex.groupindex) and "slug" not in address:
            yield re.sub(r"\(\?P<\w+>.*?\)|<\w+:\w+>", KEY, address)


KEY = "aA1_-" * 8 + "aA1"


def test_the_key_of_no_address_is_logged():
    addresses = list(addresses_with_a_key())
    assert len(addresses) >= 9
    for address in addresses:
        masked = KEY_PATH.sub(r"/\1/…", f"Service Unavailable: {address}?x=1")
        assert KEY not in masked and masked.endswith(("/…", "/…?x=1")), address


def test_the_server_writes_its_own_lines_by_the_same_filters():
    """A fault outside the program, which gunicorn logs with the address."""
    assert {"django", "gunicorn.error"} == set(settings.LOGGING["loggers"])
    for logger in settings.LOGGING["loggers"].values():
        assert logger["handlers"] == ["console"] and not logger["propagate"]
