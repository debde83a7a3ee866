"""References of a file, as they are stored here: keyed hashes, which nobody can read back."""

import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from alliance.crypto import keyed_hash


class Layout(StrEnum):
    """What kind of file it was, as an import batch keeps it."""

    OPENFIT = "openfit"
    LONG = "long"
    CLIENTS = "clients"


def reference(layout: Layout, *parts: object) -> str:
    """The hash under which a client, case or session of a file is stored.

    It is one of the hex of its name, as `keyed_hash` takes `a1` and `A1` for the same.
    """
    return keyed_hash(f"import {layout}", "\0".join(map(str, parts)).encode().hex())


def references(layout: Layout, *parts: object) -> list[str]:
    """The hashes under which it may be stored: what was imported before names were composed has the second."""
    return [reference(layout, *parts), reference(layout, *(unicodedata.normalize("NFD", str(part)) for part in parts))]


def client_references(layout: Layout, client: str) -> Iterator[str]:
    """The hashes under which a client of a file may be stored, those of its own layout first.

    A list of clients names the same people as any other file. Of two other layouts nobody knows that.
    """
    others = [other for other in Layout if other != layout and Layout.CLIENTS in (layout, other)]
    for name in [layout, *others]:
        yield from references(name, client)
