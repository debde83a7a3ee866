"""How long somebody stays signed in without doing anything. To ask for it is to do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from alliance.drafts.shown import sent_form
from alliance.models import BrowserSession

SAID_BEFORE = 120  # seconds before the end; convention of this app
SAID_AT_LEAST = 20  # seconds to press a key in, WCAG 2.2.1


@dataclass(frozen=True)
class TimeLeft:
    """Until the sign-in ends; `may_stay`: unless something is done before."""

    seconds: int
    may_stay: bool

    @property
    def ahead(self) -> int:
        """Seconds before the end at which the page says so."""
        return min(SAID_BEFORE, max(SAID_AT_LEAST, settings.SESSION_IDLE_SECONDS // 4))


OVER = TimeLeft(seconds=0, may_stay=False)


def time_left(request: HttpRequest) -> TimeLeft:
    """Of this browser; nothing where nobody is signed in."""
    row: BrowserSession | None = request.session.row if request.user.is_authenticated else None  # type: ignore[attr-defined]
    if row is None:
        return OVER
    left = (row.expire_date - timezone.now()).total_seconds()
    at_the_latest = row.started_at + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return TimeLeft(max(0, int(left)), may_stay=row.expire_date < at_the_latest)


def way_back(request: HttpRequest) -> str:
    """Where the sign-in leads to from an answer to a form, whose address may be none to open; "": the page's own."""
    if request.method != "POST":
        return ""
    form = sent_form(request)
    return form.page if form else "/"


def idle(request: Any) -> dict[str, TimeLeft | str]:
    """Template context: for the warning on every page of whoever is signed in."""
    if not (hasattr(request, "memberships") and request.user.is_authenticated):
        return {}
    return {"idle": time_left(request), "way_back": way_back(request)}
