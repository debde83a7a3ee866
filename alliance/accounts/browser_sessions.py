"""The browsers in which somebody is signed in, and how they end that.

django-allauth has such a list too, in a table that holds the keys themselves: whoever reads it is signed in everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from alliance.access import NotVisible
from alliance.accounts.browsers import browser_in_words
from alliance.accounts.sign_ins import record_end_by_time, record_sign_out
from alliance.crypto import token_hash
from alliance.models import BrowserSession, User


@dataclass(frozen=True)
class SignedIn:
    """One browser of the user."""

    code: UUID
    browser: str
    started_at: datetime
    seen_at: datetime
    is_this: bool


def browsers_of(user: User, *, this: SessionBase) -> list[SignedIn]:
    """Where the user is signed in now: first this browser, then the others, the last seen first."""
    found = [
        SignedIn(row.code, browser_in_words(row.browser), row.started_at, row.seen_at, row.pk == _row_key(this))
        for row in _live(user).order_by("-seen_at")
    ]
    return sorted(found, key=lambda one: not one.is_this)


def check_browser(user: User, code: UUID, *, this: SessionBase) -> bool:
    """Whether it is this browser; one that is not the user's is as if it did not exist."""
    row = _live(user).filter(code=code).first()
    if row is None:
        raise NotVisible("browsersession", code)
    return row.pk == _row_key(this)


def end_browser(*, user: User, code: UUID) -> None:
    """Whoever has that browser now has to sign in again."""
    _end(user, BrowserSession.objects.filter(user=user, code=code))


def end_other_browsers(*, user: User, but: SessionBase) -> None:
    """All browsers of the user but this one."""
    _end(user, BrowserSession.objects.filter(user=user).exclude(pk=_row_key(but)))


def _end(user: User, rows: QuerySet[BrowserSession]) -> None:
    ended, _each = rows.delete()
    if ended:
        record_sign_out(user, count=ended)


def drop_ended_sessions() -> None:
    """Those of an idle browser, or of yesterday; nobody was signed in in most of them."""
    ended = BrowserSession.objects.filter(expire_date__lte=timezone.now())
    ended.filter(user=None).delete()
    for row in ended.select_related("user"):
        end_by_time(row)


@transaction.atomic
def end_by_time(row: BrowserSession) -> None:
    """Deletes one whose time is over, and records it where somebody was signed in: once, whoever finds it first."""
    deleted, _each = BrowserSession.objects.filter(pk=row.pk, expire_date__lte=timezone.now()).delete()
    if deleted and row.user:
        record_end_by_time(row.user)


def _live(user: User) -> QuerySet[BrowserSession]:
    return BrowserSession.objects.filter(user=user, expire_date__gt=timezone.now())


def _row_key(visit: SessionBase) -> str:
    return token_hash(visit.session_key or "")
