"""Sealed text: names, contact data and free text, encrypted.

The key belongs to the person whom the text is about. A stored value reads `a1.<key id>.<token>`: the format, the
`DataKey` that opens it, and a Fernet token. The data key is itself wrapped by the keys in `settings.DATA_KEYS` (newest
first), which live outside the database. Deleting a person's rows and data key therefore also makes old copies of the
text unreadable, once backups of the key are gone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any, Protocol, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Lookup, Model, Transform
    from django.db.models.expressions import Expression


FORMAT = "a1"


class DataKey(Protocol):
    """The key of one client or practice; `alliance.models.DataKey` is one."""

    @property
    def pk(self) -> UUID: ...

    @property
    def fernet(self) -> Fernet: ...


class CannotOpen(Exception):
    """A sealed text and the key offered for it do not belong together."""


class Sealed:
    """An encrypted text on its way into or out of the database.

    `Sealed("Juniper", key)` seals; `.open(key)` returns the text. Neither `str` nor `repr` shows it.
    """

    __slots__ = ("token",)

    def __init__(self, text: str, key: DataKey) -> None:
        self.token = f"{FORMAT}.{key.pk.hex}.{key.fernet.encrypt(text.encode()).decode()}"

    @classmethod
    def from_token(cls, token: str) -> Self:
        """A sealed text as it stands in the database."""
        sealed = object.__new__(cls)
        sealed.token = token
        return sealed

    def open(self, key: DataKey) -> str:
        """The text; raises `CannotOpen` if it was sealed with another key."""
        version, key_id, token = self.token.split(".", 2)
        if version != FORMAT or key_id != key.pk.hex:
            raise CannotOpen("This text was sealed with another key.")
        try:
            return key.fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise CannotOpen("This sealed text is damaged.") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.token == self.token

    __hash__ = None  # type: ignore[assignment]  # how Python says that it has none

    def __repr__(self) -> str:
        return "Sealed(…)"


class SealedTextField(models.TextField):  # type: ignore[type-arg]  # Django's takes no type at run time
    """A column of `Sealed` texts: no bare string, and no look-up but `isnull`."""

    # For mypy alone: what may be set, and what is read.
    _pyi_private_set_type: Sealed  # type: ignore[assignment]  # the plugin reads it
    _pyi_private_get_type: Sealed  # type: ignore[assignment]  # the plugin reads it

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> Sealed | None:
        return None if value is None else Sealed.from_token(value)

    def to_python(self, value: object) -> Sealed | None:
        if value is None or isinstance(value, Sealed):
            return value
        raise TypeError(f"{self.name} takes Sealed(text, key), not a bare {type(value).__name__}.")

    def get_prep_value(self, value: object) -> str | None:
        sealed = self.to_python(value)
        return None if sealed is None else sealed.token

    def value_to_string(self, obj: Model) -> str:
        sealed: Sealed = self.value_from_object(obj)
        return sealed.token

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed and cannot be searched.")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> type[Transform] | None:
        raise FieldError(f"{self.name} is sealed and cannot be searched.")


def wrap_new_key() -> str:
    """A new data key, wrapped by the newest key of the installation."""
    return _wrapper().encrypt(Fernet.generate_key()).decode()


def unwrap(wrapped: str) -> Fernet:
    """The data key that seals and opens."""
    return Fernet(_wrapper().decrypt(wrapped.encode()))


def rewrap(wrapped: str) -> str:
    """The same data key under the newest wrapping key; sealed texts stay as they are."""
    return _wrapper().rotate(wrapped.encode()).decode()


def seal_for_installation(text: str) -> str:
    """The text, encrypted by the newest key of the installation.

    For what belongs to no client and no practice, such as the secret of a two-step sign-in.
    """
    return _wrapper().encrypt(text.encode()).decode()


def open_for_installation(token: str) -> str:
    """The text that `seal_for_installation` encrypted."""
    return _wrapper().decrypt(token.encode()).decode()


def _wrapper() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.DATA_KEYS])


def keyed_hash(purpose: str, text: str) -> str:
    """A hex digest that is the same for equal texts, and cannot be read back.

    For contact data and outside references: case and outer spaces make no difference.
    """
    normalized = text.strip().casefold()
    return hmac.new(settings.HASH_KEY.encode(), f"{purpose}\0{normalized}".encode(), hashlib.sha256).hexdigest()


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """The name of an entry in the cache as a keyed hash: those of django-allauth hold network addresses."""
    name = f"cache\0{key_prefix}\0{version}\0{key}"
    return hmac.new(settings.HASH_KEY.encode(), name.encode(), hashlib.sha256).hexdigest()


def new_token() -> str:
    """256 random bits for a link, as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The hex digest under which a link is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
