"""The answer to a request whose view failed: a fault, or a busy database."""

import sqlite3
import sys

from django.db import OperationalError
from django.shortcuts import render
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import TransactionRollbackError

RETRY_AFTER_SECONDS = 5  # convention of this app; whoever gets here has waited for 20 already


def server_error(request):
    """The page of every error that nobody caught, in a view or in a middleware."""
    # The sign-in pages have no namespace, so that no password is sent back.
    namespace = getattr(request.resolver_match, "namespace", "")
    if not is_busy(sys.exception()):
        return render(None, "500.html", {"namespace": namespace}, status=500)
    is_resendable = namespace and request.method == "POST" and not request.FILES
    # Without the request: the page asks the database for nothing.
    context = {
        "fields": request.POST.lists() if is_resendable else (),
        "is_post": request.method == "POST",
        "namespace": namespace,
    }
    response = render(None, "503.html", context, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address may be the key to a check-in
    return response


def is_busy(error):
    """Whether the database waited too long for a lock, or ended a deadlock."""
    cause = error.__cause__
    if not isinstance(error, OperationalError):
        return False
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(cause, TransactionRollbackError | LockNotAvailable)
