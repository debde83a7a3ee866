"""Query sets that are built once for each user object, so once a request: a page asks for some of them ten times.

What a user may see is a dozen conditions, and Django takes longer to put them together than the database to answer.
Where another statement asks for them, they come as SQL that was built once in the process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from alliance.prepared import Prepared

if TYPE_CHECKING:
    from django.db.models import Expression, QuerySet

Build = Callable[[Any], "QuerySet[Any]"]


class KeptWithUser:
    """The query set that `build` makes for a user, kept with that object: its conditions, never its rows."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._prepared: dict[str, Prepared] = {}  # by the column that is asked for
        self.__doc__ = build.__doc__

    def __call__(self, user: Any) -> QuerySet[Any]:
        built: dict[Build, QuerySet[Any]] = user.__dict__.setdefault("_query_sets", {})
        if self._build not in built:
            built[self._build] = self._build(user)
        return built[self._build].all()

    def keys(self, user: Any, column: str = "pk") -> Expression:
        """A column of it, for `x__among` and `x__in` of another query set."""
        if column not in self._prepared:
            build = self._build
            self._prepared[column] = Prepared(lambda user: build(user).order_by().values(column), user=get_user_model())
        return self._prepared[column].subquery(user=user)
