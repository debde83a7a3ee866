"""Reading a file keeps a thread and a processor busy: so many at once, and the others answer everybody else."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from alliance import access

AT_ONCE = 2  # in a process, of its four threads; convention of this app
RETRY_AFTER_SECONDS = 60  # convention of this app
TURNS = threading.BoundedSemaphore(AT_ONCE)

View = TypeVar("View", bound=Callable[..., Any])


def takes_a_turn(view: View) -> View:
    """A view that reads a file, or the draft of one. Where no turn is free it says so at once, and nothing is stored.

    To wait for one would hold the thread that somebody else needs.
    """

    @wraps(view)
    def in_turn(request: HttpRequest, **asked: Any) -> Any:
        if request.method != "POST" and not asked:  # the empty form
            return view(request)
        if not TURNS.acquire(blocking=False):
            access.check_import(request.user)  # type: ignore[arg-type]  # who is not signed in comes nowhere near
            return _no_turn(request)
        try:
            return view(request, **asked)
        finally:
            TURNS.release()

    return cast(View, in_turn)


def _no_turn(request: HttpRequest) -> HttpResponse:
    response = render(request, "ratings/importing/no_turn.html", status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
