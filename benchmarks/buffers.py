"""What the statements of a page cost PostgreSQL: each is explained, with the buffers that it takes, and then run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.transaction import savepoint, savepoint_rollback

READS = ("SELECT", "WITH")
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(slots=True)
class Cost:
    """What was asked, with the buffers that each statement took: pages of 8 kB, from memory or from the disk."""

    asked: list[tuple[str, int]] = field(default_factory=list)

    @property
    def statements(self) -> int:
        return len(self.asked)

    @property
    def buffers(self) -> int:
        return sum(buffers for _sql, buffers in self.asked)


@contextmanager
def measured() -> Iterator[Cost]:
    """Counts what is asked within. Each statement runs twice, once for the count; what that wrote is taken back."""
    cost = Cost()

    def explain_first(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( ").startswith((*READS, *WRITES)):
            cost.asked.append((sql, buffers_of(sql, params)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain_first):
        yield cost


def buffers_of(sql: str, params: Any = None) -> int:
    """The buffers of one statement, without those of its planning.

    The savepoint is not one of `transaction.atomic`: with row security that would be a deed, which the program asks.
    """
    if sql.lstrip().startswith(WRITES) and not connection.in_atomic_block:
        raise RuntimeError("What a statement writes can only be taken back within a transaction.")
    before = savepoint()
    with connection.connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    savepoint_rollback(before)
    plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
