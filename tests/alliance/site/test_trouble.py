"""A database that is busy, full or away is told apart from a fault: with the errors that the drivers really raise."""

import sqlite3

import psycopg2
from django.db import OperationalError
from psycopg2 import errors

from alliance.patience import NoAnswer
from alliance.site.trouble import trouble_with_database


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
