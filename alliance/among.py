"""The look-up `among`: as `in` with a query, but PostgreSQL asks for the keys first and looks each up in an index.

Of `x IN (...) OR y IN (...)` it makes a walk over the whole table, however few keys there are. To be used where a query
gives the few keys of one user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Field, ForeignObject
from django.db.models.lookups import In

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@ForeignObject.register_lookup
@Field.register_lookup
class Among(In):
    lookup_name = "among"

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:
        if connection.vendor == "postgresql" and not self.rhs_is_direct_value():
            return f"= ANY(ARRAY{rhs})"
        return super().get_rhs_op(connection, rhs)
