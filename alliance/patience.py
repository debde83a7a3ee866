"""How long a request waits for PostgreSQL.

The limits of the server and of the network end a slow statement, a lock and a broken line. They end neither the wait
for a server that is there and says nothing (frozen, or its disk hangs), nor that for a standby at the end of a
transaction. This one does: whoever sent something gets a page that says so, with what was typed.
"""

import select
import time
from threading import Lock
from typing import Any

import psycopg2
from psycopg2 import extensions

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

    def __call__(self, connection: Any) -> None:
        """The wait callback of psycopg2: returns when the connection has its answer."""
        until = time.monotonic() + (min(SHORT_SECONDS, self.seconds) if self._in_vain else self.seconds)
        poll = select.poll()
        while (state := connection.poll()) != extensions.POLL_OK:
            descriptor = connection.fileno()
            poll.register(descriptor, select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                self._set(in_vain=True)
                raise NoAnswer(f"The database has not answered within {self.seconds:g} seconds.")
            poll.unregister(descriptor)
        if self._in_vain:
            self._set(in_vain=False)

    def _set(self, *, in_vain: bool) -> None:
        with self._lock:
            self._in_vain = in_vain


def limit_waits(seconds: float) -> None:
    """Limits all waits of this process for PostgreSQL. Not for commands: a migration may take its time."""
    extensions.set_wait_callback(Patience(seconds))
