"""What a request gets whose view failed. A database that was busy for too long is no fault: it is told apart."""

import sqlite3
import sys

from django.db import OperationalError
from django.shortcuts import render
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import TransactionRollbackError

RETRY_AFTER_SECONDS = 5  # convention of this app; whoever gets here has waited for 20 already


def server_error(request):
    """The handler of every error that nobody caught, in a view or in a middleware."""
    own = getattr(request.resolver_match, "namespace", "")  # the sign-in pages have none: no password is sent back
    if not is_busy(sys.exception()):
        return render(None, "500.html", {"own": own}, status=500)
    again = own and request.method == "POST" and not request.FILES
    # Without the request: the page asks the database for nothing.
    context = {"again": request.POST.lists() if again else (), "sent": request.method == "POST", "own": own}
    response = render(None, "503.html", context, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address may be the key to a check-in
    return response


def is_busy(error):
    """Locked for longer than the patience lasts, or one of two writers that waited for each other."""
    cause = error.__cause__
    if not isinstance(error, OperationalError):
        return False
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(cause, TransactionRollbackError | LockNotAvailable)
