"""The pages that are measured, as their people open them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.test import Client as Browser

from alliance.access import check_log
from alliance.models import Episode, User
from alliance.scopes import own_episodes, supervised_episodes
from benchmarks.buffers import Cost, buffers_of, measured
from ratings.check_in.links import mint_check_in_link
from ratings.delivery.queries import unanswered
from ratings.models import ClientLink, Rating


@dataclass(frozen=True, slots=True)
class Measured:
    """A page, and what it cost."""

    page: str
    cost: Cost
    size: int  # bytes that go out, compressed


def measured_pages(therapist: User, supervisor: User) -> list[Measured]:
    """Opens each page; what that writes is taken back."""
    found: list[Measured] = []
    try:
        with transaction.atomic():
            found = _all_opened(therapist, supervisor)
            raise _Undone
    except _Undone:
        return found


def _all_opened(therapist: User, supervisor: User) -> list[Measured]:
    episode = own_episodes(therapist).filter(ends_at__isnull=True).order_by("-standing__attention", "pk")[0]
    supervised = supervised_episodes(supervisor).filter(ends_at__isnull=True).order_by("-standing__attention", "pk")[0]
    return [
        _opened("Check-in of a client", None, _check_in_address(therapist)),
        _opened("Case, as its therapist", therapist, _case(episode)),
        _opened("Case, as the supervisor", supervisor, _case(supervised)),
        _opened("Needs attention", supervisor, "/caseload/"),
        _opened("All cases", supervisor, "/caseload/all/"),
        _opened("My cases", therapist, "/cases/"),
        _opened("Today", therapist, "/today/"),
        _opened("Check-ins", therapist, "/check-ins/"),
    ]


def control() -> Measured:
    """A question about all ratings, which has to grow with them."""
    sql = f"SELECT avg(overall_pomp) FROM {Rating._meta.db_table}"
    return Measured("Control: the mean of all ratings", Cost([(sql, buffers_of(sql))]), 0)


def _case(episode: Episode) -> str:
    return f"/cases/{episode.code}/"


def _check_in_address(therapist: User) -> str:
    check_in = unanswered(therapist).select_related("episode__client__practice")[0]
    editor = check_log(therapist, check_in.episode)
    token = mint_check_in_link(check_in=check_in, editor=editor, channel=ClientLink.Channel.SCREEN)
    return f"/c/{token}/"


class _Undone(Exception):
    pass


def _opened(name: str, user: User | None, path: str) -> Measured:
    browser = Browser(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    if user:
        browser.force_login(user)
    try:
        with transaction.atomic(), measured() as cost:
            answer = browser.get(path)
            raise _Undone
    except _Undone:
        pass
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}.")
    return Measured(name, cost, len(gzip.compress(answer.content)))
