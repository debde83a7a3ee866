"""Connecting where `DATABASE_URL` names several machines, of which one is the primary and the others follow it.

libpq asks them in turn, but where a request has a limit on its wait, as in `patience`, one wait is for all of them
together: a first machine that is gone without a word uses it up, each time, and the new primary is never asked.
"""

from collections.abc import Mapping
from typing import Any

import psycopg2
from psycopg2 import extensions


class FirstThatAnswers:
    """The connection factory of psycopg2: asks one machine after the other, each for as long as one may take.

    The one that was found last is asked first, so a machine that is gone holds up a process once.
    """

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def __call__(self, address: str) -> Any:
        failed: psycopg2.OperationalError | None = None
        for machine in sorted(_machines(address), key=lambda one: one != self._found):
            try:
                connection = extensions.connection(extensions.make_dsn(address, **machine))
            except psycopg2.OperationalError as error:
                failed = error
                continue
            self._found = machine
            return connection
        assert failed is not None
        raise failed


def of_several_hosts(database: Mapping[str, Any]) -> dict[str, Any]:
    """What Django's settings of a database take besides, where it names several machines; else nothing."""
    options = database.get("OPTIONS", {})
    if "," not in (database["HOST"] or options.get("host", "")):
        return {}
    return {"target_session_attrs": "read-write", "connection_factory": FirstThatAnswers()}


def _machines(address: str) -> list[dict[str, str]]:
    """Host and port of each machine in an address; one port may stand for all."""
    named = extensions.parse_dsn(address)
    hosts, ports = named["host"].split(","), named.get("port", "").split(",")
    ports = ports if len(ports) > 1 else ports * len(hosts)
    return [{"host": host, "port": port} for host, port in zip(hosts, ports, strict=True)]
