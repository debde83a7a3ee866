"""The limit of our own on a wait for PostgreSQL: a socket that says nothing, and a database that stands still."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager

import psycopg2
import pytest
from django.conf import settings
from psycopg2 import extensions

from alliance.patience import NoAnswer, Patience
from ratings.management.commands.demo import server_options
from tests.pg_plugin import postgresql
from tests.servers import GunicornServer, free_port, wait_until_healthy

MEMBERS_PAGE = "/today/"
COMMENT = "I wanted to say more about the sheet."
SECONDS = 3  # the limit of the server under test
LINK = """
from ratings.check_in import links
from ratings.models import CheckIn
check_in = CheckIn.objects.filter(ratings__isnull=True, therapy_session__attendance="attended").first()
print(links.mint_check_in_link(check_in=check_in, editor=None, channel="screen"))
"""
STORED = """
import json
from ratings.models import Rating, CheckIn
rows = Rating.objects.filter(comment_words=8, rater="client").select_related("episode__client__data_key")
print(json.dumps([row.comment.open(row.episode.client.data_key) for row in rows]))
"""


class Connection:
    """As psycopg2 asks it: reads until something came."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()

    def fileno(self):
        return self.ours.fileno()

    def poll(self):
        self.ours.setblocking(False)
        try:
            return extensions.POLL_OK if self.ours.recv(1) else extensions.POLL_READ
        except BlockingIOError:
            return extensions.POLL_READ


@pytest.fixture
def connection():
    one = Connection()
    yield one
    one.ours.close()
    one.theirs.close()


def limit_of(failed):
    """The seconds of "within 0.2 seconds", as they stand there."""
    return str(failed.value).split()[-2]


def test_an_answer_ends_the_wait(connection):
    connection.theirs.send(b"x")
    Patience(5)(connection)


def test_nobody_waits_for_longer_than_the_limit(connection):
    start = time.monotonic()
    with pytest.raises(NoAnswer, match="within 0.2 seconds"):
        Patience(0.2)(connection)
    assert time.monotonic() - start >= 0.2


def test_after_a_wait_in_vain_the_next_is_short_until_an_answer_came(connection, monkeypatch):
    monkeypatch.setattr("alliance.patience.SHORT_SECONDS", 0.05)
    patience = Patience(0.4)
    waited = []
    for answers in (False, False, True, False):
        if answers:
            connection.theirs.send(b"x")
            patience(connection)
            continue
        with pytest.raises(NoAnswer) as failed:
            patience(connection)
        waited.append(limit_of(failed))
    assert waited == ["0.4", "0.05", "0.4"]


def test_several_machines_share_a_wait_and_while_others_wait_in_vain_two_moments(connection, monkeypatch):
    monkeypatch.setattr("alliance.patience.SHORT_SECONDS", 0.1)
    patience = Patience(0.8)
    start = time.monotonic()

    def asks_two():
        waited = []
        with patience.shared_among(2):
            for _machine in range(2):
                with pytest.raises(NoAnswer) as failed:
                    patience(connection)
                waited.append(limit_of(failed))
        return waited

    assert asks_two() == ["0.4", "0.4"]
    assert asks_two() == ["0.1", "0.1"], "as soon as somebody has waited in vain"
    time.sleep(max(0.0, start + 0.4 + 0.8 + 0.1 - time.monotonic()))
    assert asks_two() == ["0.4", "0.4"], "once in a while one waits the whole of it"
    assert asks_two() == ["0.1", "0.1"]


def test_it_is_one_of_the_errors_that_django_wraps():
    assert issubclass(NoAnswer, psycopg2.OperationalError)


# --- Under the running server --------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path):
    """The server of the demo on a PostgreSQL of its own, with few clients."""
    folder = tmp_path
    with postgresql() as address:
        port = free_port()
        environment = os.environ | {
            "ALLIANCE_VAR": str(folder),
            "DATABASE_URL": address,
            "PORT": str(port),
            "ALLIANCE_DATABASE_SECONDS": str(SECONDS),
        }
        server = GunicornServer(environment, f"http://127.0.0.1:{port}")
        server.manage("migrate", "--verbosity=0")
        server.manage("sync_instruments")
        server.manage("seed_demo", "--therapists=4", "--clients=24", "--sessions=4")
        with (folder / "gunicorn.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *server_options(("127.0.0.1", port))],
                cwd=settings.BASE_DIR,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until_healthy(server.url, process, folder / "gunicorn.log")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def frozen(server):
    """All processes of its PostgreSQL stand still: they are there, and answer nothing."""
    with psycopg2.connect(server.environment["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        (folder,) = cursor.fetchone()
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type LIKE 'client%'")
        processes = [pid for (pid,) in cursor.fetchall()]
    connection.close()
    with open(f"{folder}/postmaster.pid") as pid:
        processes.append(int(pid.readline()))
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def asked(server, path, **fields):
    """Status, page and seconds."""
    data = urllib.parse.urlencode(fields).encode() if fields else None
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.addheaders = [("Cookie", f"sessionid={32 * 'a'}")] if path == MEMBERS_PAGE else []
    start = time.monotonic()
    try:
        with browser.open(server.url + path, data=data, timeout=60) as page:
            return page.status, page.read().decode(), time.monotonic() - start
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), time.monotonic() - start


# It starts a PostgreSQL of its own, which it may freeze without holding up other tests.
@pytest.mark.process
@pytest.mark.sqlite
def test_a_frozen_database_gets_an_honest_page_in_time_and_the_answers_arrive_later(served):
    path = f"/c/{served.python(LINK).strip()}/"
    given = {"goal_matters": 3, "comment": COMMENT}
    with frozen(served):
        status, page, seconds = asked(served, path, **given)
        assert status == 503
        assert f'name="comment" value="{COMMENT}"' in page and "They are kept on this page" in page
        assert seconds < SECONDS + 3, "one limit, and a moment for the second try"
        for path_of_others in (MEMBERS_PAGE, "/healthz"):
            status, _page, seconds = asked(served, path_of_others)
            assert status == 503 and seconds < SECONDS + 3, path_of_others
    status, page, _seconds = asked(served, path, **given)
    assert status == 200 and "Sent" in page
    assert json.loads(served.python(STORED)).count(COMMENT) == 1
