"""The answer to a request that failed: it is too long, or a fault of ours, or a database is busy, full or away."""

import sys

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views import defaults

from alliance.site.trouble import trouble_with_database

RETRY_AFTER_SECONDS = 5  # convention of this app
TOO_LONG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
UNREADABLE = (*TOO_LONG, MultiPartParserError)


def bad_request(request, exception):
    """The page of a request that cannot be read; one that is too long says so, and so does a sign-in that was ended."""
    if isinstance(exception, SessionInterrupted):
        return render(None, "400_signed_out.html", status=400)
    if not isinstance(exception, TOO_LONG):
        return defaults.bad_request(request, exception)
    return render(None, "413.html", {"namespace": _namespace(request)}, status=413)


def server_error(request):
    """The page of every error that nobody caught, in a view or in a middleware."""
    error = sys.exception()
    if isinstance(error, UNREADABLE):  # Django's page of 404 reads the form once more, and fails at it
        return bad_request(request, error)
    # The sign-in pages have no namespace, so that no password is sent back.
    namespace = _namespace(request)
    trouble = trouble_with_database(error)
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
