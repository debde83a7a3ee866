"""A database that is busy, full or away: told apart from a fault, and nothing that was typed is lost."""

import sqlite3

import psycopg2
import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from psycopg2 import errors

from alliance.patience import NoAnswer
from alliance.site.errors import trouble_with_database

TYPED = {"comment": 'He said "no" & <left>', "answer": ["1", "2"]}
failure = None


@csrf_exempt
def write(request, token=""):
    if failure:
        raise failure
    return HttpResponse("done")


own_urls = ([path("write/", write)], "ratings")
client_urls = ([path("<str:token>/", write)], "links")
urlpatterns = [
    path("", include(own_urls)),
    path("c/", include(client_urls)),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/reset/", write),
]
handler500 = "alliance.site.errors.server_error"


def wrapped(cause):
    """As Django hands on what a database driver said."""
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def locked(tmp_path):
    holder, other = (sqlite3.connect(tmp_path / "x.sqlite3", timeout=0, isolation_level=None) for _n in range(2))
    holder.execute("BEGIN IMMEDIATE")
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as cause:
        return cause
    finally:
        holder.close()
        other.close()


@pytest.fixture
def fails_with(monkeypatch, http):
    http.raise_request_exception = False
    return lambda error: monkeypatch.setattr(f"{__name__}.failure", error)


@pytest.fixture
def busy(fails_with, tmp_path):
    fails_with(wrapped(locked(tmp_path)))


def full(tmp_path):
    """What SQLite says where its file may not grow."""
    connection = sqlite3.connect(tmp_path / "full.sqlite3", isolation_level=None)
    connection.execute("CREATE TABLE t (x)")
    connection.execute("PRAGMA max_page_count = 2")
    try:
        connection.execute("INSERT INTO t VALUES (randomblob(100000))")
    except sqlite3.OperationalError as cause:
        return cause
    finally:
        connection.close()


def gone(tmp_path):
    """What SQLite says where the folder of its file is not there."""
    try:
        sqlite3.connect(tmp_path / "no such folder" / "x.sqlite3").execute("SELECT 1")
    except sqlite3.OperationalError as cause:
        return cause


def test_which_errors_are_the_databases_trouble(tmp_path):
    for cause, trouble in [
        (locked(tmp_path), "busy"),
        (errors.DeadlockDetected(), "busy"),
        (errors.SerializationFailure(), "busy"),
        (errors.LockNotAvailable(), "busy"),
        (errors.QueryCanceled(), "busy"),
        (full(tmp_path), "full"),
        (errors.DiskFull(), "full"),
        (gone(tmp_path), "away"),
        (errors.AdminShutdown(), "away"),
        (errors.TooManyConnections(), "away"),
        (errors.ReadOnlySqlTransaction(), "away"),
        (NoAnswer(), "away"),
        (psycopg2.OperationalError("server closed the connection unexpectedly"), "away"),
        (psycopg2.InterfaceError("connection already closed"), "away"),
    ]:
        assert trouble_with_database(wrapped(cause)) == trouble, repr(cause)


def test_a_fault_of_ours_is_not_the_databases_trouble():
    missing = sqlite3.OperationalError("no such table: x")
    missing.sqlite_errorcode = sqlite3.SQLITE_ERROR
    for cause in (missing, errors.UndefinedTable(), errors.InFailedSqlTransaction(), None):
        assert trouble_with_database(wrapped(cause)) is None, repr(cause)
    assert trouble_with_database(ValueError("database is locked")) is None


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (lambda _path: psycopg2.OperationalError("gone"), "We cannot tell whether your answers were saved."),
        (full, "Nothing was saved yet. Your answers are kept on this page"),
    ],
    ids=["away", "full"],
)
def test_the_page_says_what_is_known_and_no_more(http, mona, fails_with, tmp_path, plant, sentence):
    http.force_login(mona.user)
    fails_with(wrapped(plant(tmp_path)))
    answer = http.post("/c/abc/", TYPED)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert sentence in answer.text and "We cannot save anything just now." in answer.text
    assert 'name="comment" value="He said &quot;no&quot; &amp; &lt;left&gt;"' in answer.text


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "sentence"), [("/write/", "It may not have been saved yet."), ("/c/abc/", "Nothing was saved yet.")]
)
def test_what_was_typed_is_kept_and_can_be_sent_once_more(http, mona, busy, address, sentence):
    http.force_login(mona.user)
    answer = http.post(address, TYPED)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "Content-Security-Policy" in answer.headers
    assert sentence in answer.text
    assert 'name="comment" value="He said &quot;no&quot; &amp; &lt;left&gt;"' in answer.text
    assert answer.text.count('name="answer"') == 2


@pytest.mark.urls(__name__)
def test_a_page_that_was_only_read_is_loaded_again(http, mona, busy):
    http.force_login(mona.user)
    answer = http.get("/write/")
    assert answer.status_code == 503
    assert "load this page again" in answer.text and "<form" not in answer.text


@pytest.mark.urls(__name__)
def test_no_password_is_sent_back(http, mona, busy):
    http.force_login(mona.user)
    answer = http.post("/accounts/reset/", {"password1": "seven calm herons"})
    assert answer.status_code == 503
    assert "send it once more" in answer.text and "herons" not in answer.text


@pytest.mark.urls(__name__)
def test_a_fault_stays_a_fault(http, mona, fails_with):
    http.force_login(mona.user)
    for error in (OperationalError("disk I/O error"), ValueError("database is locked")):
        fails_with(error)
        answer = http.post("/write/", TYPED)
        assert answer.status_code == 500 and "Something went wrong here." in answer.text
        assert "Retry-After" not in answer.headers


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "shown"), [("/c/abc/", True), ("/write/", False)])
def test_a_client_is_told_where_help_is_also_then(http, mona, fails_with, tmp_path, address, shown):
    """Nobody can say whose practice it was, so the sentence names none."""
    http.force_login(mona.user)
    for error, status in ((wrapped(locked(tmp_path)), 503), (ValueError("a fault"), 500)):
        fails_with(error)
        answer = http.post(address, TYPED)
        assert answer.status_code == status
        assert ("If you need help now, call your practice." in answer.text) is shown


def test_the_project_uses_it(http, mona, monkeypatch, tmp_path):
    """In a middleware as well, where the sight of the member is looked up."""
    error = wrapped(locked(tmp_path))

    def memberships_of(user):
        raise error

    http.force_login(mona.user)
    http.raise_request_exception = False
    monkeypatch.setattr("alliance.scopes.memberships_of", memberships_of)
    answer = http.post("/people/", TYPED)
    assert answer.status_code == 503
    assert 'value="He said &quot;no&quot; &amp; &lt;left&gt;"' in answer.text  # though no view was looked up
