"""A machine that is gone without a word, named before the one that can be written to."""

import select
import socket
import threading
import time
from contextlib import closing

import psycopg2
import pytest
from django.db import connection as of_django
from psycopg2 import extensions

from alliance.patience import NoAnswer, Patience
from alliance.several_hosts import FirstThatAnswers

LIMIT = 2.0  # seconds for one answer


@pytest.fixture
def silent_first(db):
    """The address of a machine that takes connections and says nothing, and then of the PostgreSQL of this run."""
    extensions.set_wait_callback(Patience(LIMIT))
    alive = of_django.connection.info
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        yield (
            f"host=127.0.0.1,{alive.host} port={silent.getsockname()[1]},{alive.port} user={alive.user} "
            f"dbname={alive.dbname} target_session_attrs=read-write"
        )
    extensions.set_wait_callback(None)


def seconds_to_connect(address, factory):
    start = time.monotonic()
    with closing(psycopg2.connect(address, connection_factory=factory)) as made, made.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        assert cursor.fetchone() == (False,)
    return time.monotonic() - start


@pytest.mark.postgres
def test_the_next_is_asked_and_remembered(silent_first):
    factory = FirstThatAnswers()
    assert seconds_to_connect(silent_first, factory) >= LIMIT / 2
    assert seconds_to_connect(silent_first, factory) < LIMIT / 2
    with pytest.raises(NoAnswer):  # the control: by itself the first uses up the wait, and the next is never asked
        psycopg2.connect(silent_first)


@pytest.fixture
def slow(silent_first):
    """The port of a machine that passes on to the PostgreSQL of this run, and takes 1.3 seconds for the first word."""
    alive = of_django.connection.info

    def pass_on(listening):
        theirs, _address = listening.accept()
        ours = socket.socket(socket.AF_UNIX)
        with theirs, ours:
            time.sleep(1.3)
            ours.connect(f"{alive.host}/.s.PGSQL.{alive.port}")
            other = {theirs: ours, ours: theirs}
            while True:
                for end in select.select(list(other), [], [])[0]:
                    if not (piece := end.recv(65536)):
                        return
                    other[end].sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        passing = threading.Thread(target=pass_on, args=[listening], daemon=True)
        passing.start()
        yield listening.getsockname()[1]
        passing.join(timeout=10)


@pytest.mark.postgres
def test_a_slow_one_is_found_after_one_that_is_silent(silent_first, slow):
    extensions.set_wait_callback(Patience(6))
    silent = extensions.parse_dsn(silent_first)["port"].split(",")[0]
    address = extensions.make_dsn(silent_first, host="127.0.0.1,127.0.0.1", port=f"{silent},{slow}")
    assert 3 + 1.3 <= seconds_to_connect(address, FirstThatAnswers()) < 6


@pytest.mark.postgres
def test_where_none_can_be_written_to_it_says_so(silent_first):
    silent = ",".join([extensions.parse_dsn(silent_first)["port"].split(",")[0]] * 2)
    with pytest.raises(NoAnswer):
        psycopg2.connect(f"host=127.0.0.1,127.0.0.1 port={silent} user=a", connection_factory=FirstThatAnswers())


@pytest.mark.sqlite
@pytest.mark.parametrize("first", ["one", "two"])
def test_that_the_primary_is_full_says_more_than_that_the_other_follows_it(first, monkeypatch):
    says = {"one": "FATAL: sorry, too many clients already", "two": "session is read-only"}

    def refuses(address):
        raise psycopg2.OperationalError(says[extensions.parse_dsn(address)["host"]])

    monkeypatch.setattr(extensions, "connection", refuses)
    hosts = ",".join(sorted(says, key=lambda host: host != first))
    with pytest.raises(psycopg2.OperationalError, match="too many clients"):
        FirstThatAnswers()(f"host={hosts} dbname=c")


@pytest.mark.sqlite
def test_one_port_stands_for_all(monkeypatch):
    asked = []

    def gone(address):
        asked.append(extensions.parse_dsn(address)["host"] + extensions.parse_dsn(address)["port"])
        raise psycopg2.OperationalError(address)

    monkeypatch.setattr(extensions, "connection", gone)
    with pytest.raises(psycopg2.OperationalError, match="host=b"):
        FirstThatAnswers()("host=a,b port=5433 dbname=c")
    assert asked == ["a5433", "b5433"]
