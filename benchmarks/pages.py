"""The pages that are measured, as their people open them."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client as Browser

from alliance import acting
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
            raise Undone
    except Undone:
        return found


def _all_opened(therapist: User, supervisor: User) -> list[Measured]:
    with acting.as_program():
        own = first_case(own_episodes(therapist))
        supervised = first_case(supervised_episodes(supervisor))
        link = check_in_address(therapist)
    return [
        _opened("Check-in of a client", None, link),
        _opened("Answers of a client, sent", None, link, answer=3),
        _opened("Case, as its therapist", therapist, own),
        _opened("Case, as the supervisor", supervisor, supervised),
        _opened("Needs attention", supervisor, "/caseload/"),
        _opened("All cases", supervisor, "/caseload/all/"),
        _opened("My cases", therapist, "/cases/"),
        _opened("Today", therapist, "/today/"),
        _opened("Check-ins", therapist, "/check-ins/"),
    ]


def look_ups() -> Measured:
    """What a hundred ratings cost by their keys. An index that gets a level higher costs each of them one more."""
    table = Rating._meta.db_table
    keys = list(Rating.objects.order_by("episode", "pk").values_list("pk", flat=True)[:100])
    sql = f"SELECT one.* FROM unnest(%s) AS k, LATERAL (SELECT code FROM {table} WHERE id = k OFFSET 0) AS one"
    return Measured("A hundred ratings by their keys", Cost([(sql, buffers_of(sql, [keys]))]), 0)


def control() -> Measured:
    """A question about all ratings, which has to grow with them."""
    sql = f"SELECT avg(overall_pomp) FROM {Rating._meta.db_table}"
    return Measured("Control: the mean of all ratings", Cost([(sql, buffers_of(sql))]), 0)


def first_case(cases: QuerySet[Episode]) -> str:
    """The address of the open case that most speaks for attention."""
    episode = cases.filter(ends_at__isnull=True).order_by("-standing__attention", "pk")[0]
    return f"/cases/{episode.code}/"


def check_in_address(therapist: User) -> str:
    check_in = unanswered(therapist).select_related("episode__client__practice")[0]
    editor = check_log(therapist, check_in.episode)
    token = mint_check_in_link(check_in=check_in, editor=editor, channel=ClientLink.Channel.SCREEN)
    return f"/c/{token}/"


class Undone(Exception):
    """What was measured is taken back."""


def browser_of(user: User | None = None) -> Browser:
    browser = Browser(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    if user:
        browser.force_login(user)
    return browser


def answers_at(browser: Browser, path: str, answer: int) -> dict[str, int]:
    """The same answer to each question of a form."""
    questions = re.findall(rf'type="radio" name="(\w+)" value="{answer}"', browser.get(path).content.decode())
    return dict.fromkeys(questions, answer)


def _opened(name: str, user: User | None, path: str, answer: int | None = None) -> Measured:
    """Opens a page, or sends its questions with the same answer to each."""
    browser = browser_of(user)
    given = {} if answer is None else answers_at(browser, path, answer)
    try:
        with transaction.atomic(), measured() as cost:
            page = browser.post(path, given) if given else browser.get(path)
            raise Undone
    except Undone:
        pass
    if page.status_code != (303 if given else 200):
        raise RuntimeError(f"{path} answered {page.status_code}.")
    return Measured(name, cost, len(gzip.compress(page.content)))
