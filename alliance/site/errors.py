"""The answer to a request whose view failed: a fault of ours, or a database that is busy, full or away."""

import sqlite3
import sys
from enum import StrEnum

import psycopg2
from django.core.exceptions import SuspiciousOperation
from django.db import Error
from django.http import UnreadablePostError
from django.shortcuts import render
from django.urls import Resolver404, resolve
from psycopg2 import errors
from psycopg2.extensions import TransactionRollbackError

RETRY_AFTER_SECONDS = 5  # convention of this app


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


def server_error(request):
    """The page of every error that nobody caught, in a view or in a middleware."""
    # The sign-in pages have no namespace, so that no password is sent back.
    namespace = _namespace(request)
    trouble = trouble_with_database(sys.exception())
    if trouble is None:
        return render(None, "500.html", {"namespace": namespace}, status=500)
    # Without the request: the page asks the database for nothing.
    context = {
        "trouble": trouble,
        "fields": _fields(request) if namespace else (),
        "is_post": request.method == "POST",
        "namespace": namespace,
    }
    response = render(None, "503.html", context, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address may be the key to a check-in
    return response


def _namespace(request):
    """That of the page; where the request failed before its view was looked up, it is looked up here."""
    try:
        return (request.resolver_match or resolve(request.path_info)).namespace
    except Resolver404:
        return ""


def _fields(request):
    """What was sent and can be sent once more; nothing where there was a file, or it could not be read."""
    try:
        return () if request.method != "POST" or request.FILES else list(request.POST.lists())
    except (SuspiciousOperation, UnreadablePostError):
        return ()
