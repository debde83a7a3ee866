"""How a view says that what was sent is done with, so that no draft of it has to wait.

A message of success says so by itself, and a warning too: saved, but nobody could be told. The status of the answer
says nothing: whoever is led on to another page may have saved nothing.
"""

from typing import Any

from django.contrib.messages import constants
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest

SAVED_LEVELS = (constants.SUCCESS, constants.WARNING)


def done_with(request: HttpRequest) -> None:
    """Where no message says it: it is saved, was on record already, or was a search."""
    request._is_done = True  # type: ignore[attr-defined]


def is_done(request: HttpRequest) -> bool:
    return getattr(request, "_is_done", False)


class DoneStorage(SessionStorage):
    """Messages in the session, which is encrypted: they name people, and a cookie could be read."""

    def add(self, level: int, message: Any, extra_tags: str | None = "") -> None:
        super().add(level, message, extra_tags)
        if level in SAVED_LEVELS:
            done_with(self.request)
