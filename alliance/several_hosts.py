"""Connecting where `DATABASE_URL` names several machines, of which one is the primary and the others follow it.

libpq asks them in turn, but where a request has a limit on its wait, as in `patience`, one wait is for all of them
together: a first machine that is gone without a word uses it up, each time, and the new primary is never asked.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import psycopg2
from django.core.exceptions import ImproperlyConfigured
from psycopg2 import extensions

from alliance.patience import Patience

UNREADABLE_ADDRESS = (
    "DATABASE_URL cannot be read. Write postgres://user:password@host:port/name, with special characters of the "
    "password percent-encoded; several hosts as one,two:port/name, or each with a port of its own as "
    "postgres://user:password@/name?host=one,two&port=5432,5433."
)
FOLLOWS = "read-only"  # in what libpq says of a machine that follows another one


class FirstThatAnswers:
    """The connection factory of psycopg2: asks one machine after the other, each for its part of the wait.

    The one that was found last is asked first, so a machine that is gone holds up a process once. Where none can be
    written to, the error is that of the last one that does not just follow another.
    """

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def __call__(self, address: str) -> Any:
        named = extensions.parse_dsn(address)
        machines = _machines(named["host"], named.get("port", ""))
        patience = extensions.get_wait_callback()
        failed: list[psycopg2.OperationalError] = []
        with patience.shared_among(len(machines)) if isinstance(patience, Patience) else nullcontext():
            for machine in sorted(machines, key=lambda one: one != self._found):
                try:
                    connection = extensions.connection(extensions.make_dsn(address, **machine))
                except psycopg2.OperationalError as error:
                    failed.append(error)
                    continue
                self._found = machine
                return connection
        raise next((error for error in reversed(failed) if FOLLOWS not in str(error)), failed[-1])


def of_several_hosts(database: Mapping[str, Any]) -> dict[str, Any]:
    """What Django's settings of a database take besides, where it names several machines; else nothing.

    Raises
    ------
    ImproperlyConfigured
        It names several ports, and not one for each.
    """
    options = database.get("OPTIONS", {})
    hosts = database["HOST"] or options.get("host", "")
    if "," not in hosts:
        return {}
    try:
        _machines(hosts, str(database["PORT"] or options.get("port", "")))
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL names several ports: one for each host, or one for all.") from None
    return {"target_session_attrs": "read-write", "connection_factory": FirstThatAnswers()}


def _machines(hosts: str, ports: str) -> list[dict[str, str]]:
    """Host and port of each machine; one port may stand for all."""
    each_host, each_port = hosts.split(","), ports.split(",")
    each_port = each_port if len(each_port) > 1 else each_port * len(each_host)
    return [{"host": host, "port": port} for host, port in zip(each_host, each_port, strict=True)]
