"""Pages of a list, by key: each begins after a row that is named by its code.

With keys there are no page numbers, and a page costs the same wherever it lies. A code that is made up, or of a row
that is not on the list any more, gives the first page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Subquery

PAGE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page."""

    rows: list[Any]
    next: str  # the code that the next page begins after; empty: there is none
    is_first: bool


def page_after(rows: QuerySet[Any], keys: Sequence[str], after: UUID | None) -> Page:
    """A page of rows, ordered by `keys`; "-": the highest first. The last key tells any two rows apart."""
    in_order = rows.order_by(*map(_by, keys))
    found = list(in_order.filter(_after(rows, keys, after))[: PAGE_LENGTH + 1]) if after else []
    return _page(found, is_first=False) if found else first_page(list(beginning(rows, keys)))


def beginning(rows: QuerySet[Any], keys: Sequence[str]) -> QuerySet[Any]:
    """What the first page needs: its rows, and one more."""
    return rows.order_by(*map(_by, keys))[: PAGE_LENGTH + 1]


def first_page(found: list[Any]) -> Page:
    """The first page, of what its `beginning` has."""
    return _page(found, is_first=True)


def _page(found: list[Any], *, is_first: bool) -> Page:
    shown = found[:PAGE_LENGTH]
    return Page(shown, str(shown[-1].code) if len(found) > PAGE_LENGTH else "", is_first)


def page_of_codes(codes: Sequence[UUID], after: UUID | None) -> Page:
    """The same of codes that are in order already."""
    start = codes.index(after) + 1 if after in codes else 0
    if start >= len(codes):
        start = 0
    shown = list(codes[start : start + PAGE_LENGTH])
    return Page(shown, str(shown[-1]) if len(codes) > start + PAGE_LENGTH else "", start == 0)


def _by(key: str) -> Any:
    return F(key.removeprefix("-")).desc() if key.startswith("-") else F(key).asc()


def _after(rows: QuerySet[Any], keys: Sequence[str], code: UUID) -> Q:
    """The condition that a row comes after the one with this code; no row does where that is not on the list."""
    condition, before = Q(), Q()
    for key in keys:
        name = key.removeprefix("-")
        place = Subquery(rows.filter(code=code).annotate(place=F(name)).order_by().values("place")[:1])
        beyond = "lt" if key.startswith("-") else "gt"
        condition |= before & Q(**{f"{name}__{beyond}": place})
        before &= Q(**{name: place})
    return condition
