"""A machine that is gone without a word, named before the one that can be written to."""

import socket
import time
from contextlib import closing

import psycopg2
import pytest
from django.db import connection as of_django
from psycopg2 import extensions

from alliance.patience import NoAnswer, Patience
from alliance.several_hosts import FirstThatAnswers

LIMIT = 0.5  # seconds for one answer


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
    assert seconds_to_connect(silent_first, factory) >= LIMIT
    assert seconds_to_connect(silent_first, factory) < LIMIT
    with pytest.raises(NoAnswer):  # the control: by itself the first uses up the wait, and the next is never asked
        psycopg2.connect(silent_first)


@pytest.mark.postgres
def test_where_none_can_be_written_to_it_says_so(silent_first):
    silent = ",".join([extensions.parse_dsn(silent_first)["port"].split(",")[0]] * 2)
    with pytest.raises(NoAnswer):
        psycopg2.connect(f"host=127.0.0.1,127.0.0.1 port={silent} user=a", connection_factory=FirstThatAnswers())


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
