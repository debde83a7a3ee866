"""For whom the program asks PostgreSQL, said with each statement: `alliance.row_security` decides by it what is there.

It goes along in the same message, before the statement, and holds for that transaction alone: the next one on the same
connection knows nothing of it, also behind a pooler. A page reads without a transaction of its own, so saying it once
at the beginning would not last; saying it to the session would, and for the next person too.

A page is read in the sight of whoever asked for it. A deed runs in a transaction, asks after its lock whether it may,
and often has to look beyond the own cases (is the other therapist free, who is told): within it the program asks.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg2 import extensions
from psycopg2.sql import Composable

NOBODY, PROGRAM = "", "program"


@dataclass(frozen=True, slots=True)
class _Acting:
    who: str = NOBODY
    n_transactions: int = 0  # that were open when they were named, one in the other


_NOBODY = _Acting()
_acting: ContextVar[_Acting] = ContextVar("acting", default=_NOBODY)


def member(user_pk: int) -> str:
    """Somebody who is signed in."""
    return f"member {int(user_pk)}"


def link(token_hash: str) -> str:
    """Whoever has a client's link."""
    return f"link {token_hash}" if token_hash.isalnum() else NOBODY


def now_acting() -> str:
    """For whom the program asks now."""
    acting = _acting.get()
    is_deed = acting.who and len(connection.atomic_blocks) > acting.n_transactions
    return PROGRAM if is_deed else acting.who


def act_as(who: str) -> None:
    """From here on: for a process that does one thing, and where somebody else goes back to nobody at the end."""
    _acting.set(_Acting(who, len(connection.atomic_blocks)))


@contextmanager
def acting_as(who: str) -> Iterator[None]:
    """Within the block."""
    before = _acting.set(_Acting(who, len(connection.atomic_blocks)))
    try:
        yield
    finally:
        _acting.reset(before)


@contextmanager
def as_program() -> Iterator[None]:
    """Within the block: for a page that tells something beyond the own cases, without a word that was said in them."""
    with acting_as(PROGRAM):
        yield


def said_before() -> str:
    """What goes before a statement."""
    return f"SELECT set_config('alliance.acting', '{now_acting()}', true), set_config('alliance.sees', '', true); "


class ActingCursor(extensions.cursor):
    """A cursor of psycopg2 that says for whom it asks."""

    def execute(self, query: Any, vars: Any = None) -> None:
        status = self.connection.info.transaction_status
        is_needed = _acting.get().who or status == extensions.TRANSACTION_STATUS_INTRANS
        # In a failed transaction nothing is possible but to go back.
        if is_needed and status != extensions.TRANSACTION_STATUS_INERROR:
            if self.name:
                raise RuntimeError("A cursor of the server cannot say for whom it asks.")
            if isinstance(query, Composable):
                query = query.as_string(self)
            query = said_before().encode() + query if isinstance(query, bytes) else said_before() + query
        super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Sequence[Any]) -> None:
        for values in vars_list:
            self.execute(query, values)
