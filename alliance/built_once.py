"""Query sets that are built once for each user object, so once a request: a page asks for some of them ten times.

What a user may see is a dozen conditions, and Django takes longer to put them together than the database to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet

Build = Callable[[Any], "QuerySet[Any]"]


def kept_with_user(build: Build) -> Build:
    """The query set that `build` makes for a user, kept with that object: its conditions, never its rows."""

    @wraps(build)
    def kept(user: Any) -> QuerySet[Any]:
        built: dict[Build, QuerySet[Any]] = user.__dict__.setdefault("_query_sets", {})
        if build not in built:
            built[build] = build(user)
        return built[build].all()

    return kept
