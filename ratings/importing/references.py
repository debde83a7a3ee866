"""References of a file, as they are stored here: keyed hashes, which nobody can read back."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from itertools import product

from alliance.crypto import keyed_hash
from alliance.models import Membership
from ratings.cells.values import defused

WHOLE = re.compile(r"0|[1-9][0-9]*")


class Layout(StrEnum):
    """What kind of file it was, as an import batch keeps it."""

    OPENFIT = "openfit"
    LONG = "long"
    CLIENTS = "clients"


def reference(layout: Layout, *parts: object, of: Membership | None = None) -> str:
    """The hash under which a client, case or session of a file is stored; `of`: for this therapist alone.

    It is one of the hex of its name, as `keyed_hash` takes `a1` and `A1` for the same.
    """
    kind = f"import {layout} of {of.code}" if of else f"import {layout}"
    return keyed_hash(kind, "\0".join(map(str, parts)).encode().hex())


def references(layout: Layout, *parts: object) -> list[str]:
    """The hashes under which it may be stored, first the one under which it is stored today.

    Names were not composed before, whole numbers kept the ".0" that some programs put behind them, and what was defused
    kept its apostrophe.
    """
    texts = tuple(map(str, parts))
    decomposed = tuple(unicodedata.normalize("NFD", text) for text in texts)
    spellings = ((text, f"{text}.0") if WHOLE.fullmatch(text) else (text,) for text in texts)
    defused_texts = tuple(map(defused, texts))
    spelt = dict.fromkeys((*product(*spellings), decomposed, defused_texts))
    return [reference(layout, *parts) for parts in spelt]


def client_references(layout: Layout, client: str) -> Iterator[str]:
    """The hashes under which a client of a file may be stored, those of its own layout first.

    A list of clients names the same people as any other file. Of two other layouts nobody knows that.
    """
    for name in _layouts_of_clients(layout):
        yield from references(name, client)


def own_references(layout: Layout, client: str, therapist: Membership) -> list[str]:
    """The hashes under which a therapist has a client of a file for themselves, the one of its own layout first."""
    return [reference(name, client, of=therapist) for name in _layouts_of_clients(layout)]


def _layouts_of_clients(layout: Layout) -> list[Layout]:
    return [layout, *(other for other in Layout if other != layout and Layout.CLIENTS in (layout, other))]
