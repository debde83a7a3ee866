"""Tells a database that is busy, full or away from a fault of ours."""

import sqlite3
from enum import StrEnum

import psycopg2
from django.db import Error
from psycopg2 import errors
from psycopg2.extensions import TransactionRollbackError


class Trouble(StrEnum):
    """What is the matter with the database."""

    BUSY = "busy"  # somebody else held a lock for too long, or a statement took too long: nothing was saved
    FULL = "full"  # no room is left: nothing was saved
    AWAY = "away"  # it cannot be reached, or does not answer: nobody knows whether the last thing was saved


OF_SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_IOERR: Trouble.AWAY,
    sqlite3.SQLITE_CANTOPEN: Trouble.AWAY,
    sqlite3.SQLITE_READONLY: Trouble.AWAY,
}
OF_POSTGRESQL = (  # the first that fits
    (TransactionRollbackError, Trouble.BUSY),  # a deadlock was ended
    (errors.LockNotAvailable, Trouble.BUSY),
    (errors.QueryCanceled, Trouble.BUSY),  # by the limit for one statement
    (errors.DiskFull, Trouble.FULL),
    (errors.ReadOnlySqlTransaction, Trouble.AWAY),  # another machine is the primary by now
    (errors.IdleInTransactionSessionTimeout, Trouble.AWAY),
    (psycopg2.InternalError, None),
    ((psycopg2.OperationalError, psycopg2.InterfaceError), Trouble.AWAY),
)


def trouble_with_database(error):
    """What is the matter with the database, where that is why a request failed; None where it is a fault."""
    cause = error.__cause__
    if not isinstance(error, Error) or cause is None:
        return None
    if isinstance(cause, sqlite3.Error):
        return OF_SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    return next((trouble for kind, trouble in OF_POSTGRESQL if isinstance(cause, kind)), None)
