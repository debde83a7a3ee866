"""How long a request waits for PostgreSQL.

The limits of the server and of the network end a slow statement, a lock and a broken line. They end neither the wait
for a server that is there and says nothing (frozen, or its disk hangs), nor that for a standby at the end of a
transaction. This one does: whoever sent something gets a page that says so, with what was typed.
"""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

import psycopg2
from psycopg2 import extensions

IN_TRANSACTION_SECONDS = 300  # that nobody uses: a stuck process keeps no lock for longer; convention of this app
SHORT_SECONDS = 1.0  # after somebody waited in vain, until an answer came; convention of this app


class NoAnswer(psycopg2.OperationalError):
    """The database has not answered in time. Nobody knows what became of the statement."""


class Patience:
    """Waits for an answer at most so many seconds, and only a moment while others wait in vain already.

    Otherwise each question of a request would wait anew, and all threads would stand still.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = Lock()
        self._in_vain = False
        self._whole_again_at = 0.0  # while others wait in vain: when one that asks several machines may wait it all
        self._here = local()

    def __call__(self, connection: Any) -> None:
        """The wait callback of psycopg2: returns when the connection has its answer."""
        limit = self._limit()
        until = time.monotonic() + limit
        poll = select.poll()
        while (state := connection.poll()) != extensions.POLL_OK:
            descriptor = connection.fileno()
            poll.register(descriptor, select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                self._set(in_vain=True)
                raise NoAnswer(f"The database has not answered within {limit:g} seconds.")
            poll.unregister(descriptor)
        if self._in_vain:
            self._set(in_vain=False)

    @contextmanager
    def shared_among(self, machines: int) -> Iterator[None]:
        """Each of so many machines, which this thread asks in turn, gets the same part of the wait.

        A first one that is silent takes nothing from the next. While others wait in vain, two moments are shared; once
        in a while it is the whole wait all the same, or a machine that needs more than a moment would never be found.
        """
        with self._lock:
            now = time.monotonic()
            is_whole = not self._in_vain or now >= self._whole_again_at
            if self._in_vain and is_whole:
                self._whole_again_at = now + 2 * self.seconds  # the wait itself, and as long for the others
        self._here.share = (self.seconds if is_whole else min(2 * SHORT_SECONDS, self.seconds)) / machines
        try:
            yield
        finally:
            del self._here.share

    def _limit(self) -> float:
        share: float | None = getattr(self._here, "share", None)
        if share is not None:
            return share
        return min(SHORT_SECONDS, self.seconds) if self._in_vain else self.seconds

    def _set(self, *, in_vain: bool) -> None:
        with self._lock:
            if in_vain and not self._in_vain:
                self._whole_again_at = time.monotonic() + self.seconds
            self._in_vain = in_vain


def limit_waits(seconds: float) -> None:
    """Limits all waits of this process for PostgreSQL. Not for commands: a migration may take its time."""
    extensions.set_wait_callback(Patience(seconds))


def with_limits(given: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
    """What the address of a database says of a connection, and the limits; where both name one, the address counts."""
    both = " ".join(filter(None, (limits.get("options"), given.get("options"))))  # PostgreSQL takes the last of a name
    return limits | given | ({"options": both} if both else {})


def connection_limits(seconds: int, *, is_pooled: bool) -> dict[str, Any]:
    """What a connection to PostgreSQL is opened with, where a request waits so many seconds for one answer.

    Behind a pooler nothing is set on the server's side: the connection is others' too.
    """
    here = {
        # A machine that is gone is noticed: connecting, waiting for an answer, sending.
        "connect_timeout": max(2, seconds),  # libpq takes 1 for 2
        "keepalives_idle": seconds,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
    }
    there = {
        "lock_timeout": f"{seconds}s",
        "idle_in_transaction_session_timeout": f"{IN_TRANSACTION_SECONDS}s",
        # PostgreSQL too notices a machine that is gone: what that has locked is free before who waits gives up.
        "tcp_keepalives_idle": max(1, seconds // 2),
        "tcp_keepalives_interval": 1,
        "tcp_keepalives_count": 2,
        "tcp_user_timeout": f"{seconds * 750}ms",
        # As on a disk without moving parts: else the larger a table, the likelier a page reads the whole of it.
        "random_page_cost": 1.1,
    }
    return here if is_pooled else here | {"options": " ".join(f"-c {name}={value}" for name, value in there.items())}
