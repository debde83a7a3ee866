"""Sealed text: names, contact data and free text, encrypted.

The key belongs to the person whom the text is about. A stored value reads `a2.<key id>.<token>`: the format, the
`DataKey` that opens it, and a Fernet token, in which a hash of the column and the row stands before the text: moved
elsewhere it does not open. The data key is itself wrapped by the keys in `settings.DATA_KEYS` (newest
first), which live outside the database. Deleting a person's rows and data key therefore also makes old copies of the
text unreadable, once backups of the key are gone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Lookup, Model, Transform
    from django.db.models.expressions import Expression


FORMAT = "a2"
PLACE_BYTES = 16  # of the hash that binds a text to its place


class DataKey(Protocol):
    """The key of one client or practice; `alliance.models.DataKey` is one."""

    @property
    def pk(self) -> UUID: ...

    @property
    def fernet(self) -> Fernet: ...


class CannotOpen(Exception):
    """A sealed text and the key offered for it, or the place where it stands, do not belong together."""


class Sealed:
    """An encrypted text on its way into or out of the database.

    `Sealed("Juniper", key)` seals; `.open(key)` returns the text. Neither `str` nor `repr` shows it. Its place, the
    column and the row, comes with the row that it is set on: `SealedTextField` sees to that.
    """

    __slots__ = ("_key", "_text", "_token", "place")

    def __init__(self, text: str, key: DataKey) -> None:
        self._text: str | None = text
        self._key: DataKey | None = key
        self._token: str | None = None
        self.place: str | None = None

    @classmethod
    def from_token(cls, token: str) -> Self:
        """A sealed text as it stands in the database."""
        sealed = object.__new__(cls)
        sealed._text, sealed._key, sealed._token, sealed.place = None, None, token, None
        return sealed

    def at(self, place: str) -> Self:
        """The same text for this place. One that was read from the database stays where it was."""
        if self.place == place:
            return self
        if self.place is not None and self._text is None:
            raise CannotOpen("This sealed text belongs to another row: open it there, and seal it for this one.")
        placed = object.__new__(type(self))
        placed._text, placed._key, placed._token, placed.place = self._text, self._key, self._token, place
        if self._text is not None:
            placed._token = None
        return placed

    @property
    def token(self) -> str:
        """What the database keeps."""
        if self._token is None:
            if self.place is None or self._text is None or self._key is None:
                raise CannotOpen("A sealed text is written with the row that it belongs to, not by itself.")
            bound = _place_hash(self.place) + self._text.encode()
            self._token = f"{FORMAT}.{self._key.pk.hex}.{self._key.fernet.encrypt(bound).decode()}"
        return self._token

    def open(self, key: DataKey) -> str:
        """The text.

        Raises
        ------
        CannotOpen
            It was sealed with another key, for another row or column, or it is damaged.
        """
        if self._text is not None and self._key is not None:
            if self._key.pk != key.pk:
                raise CannotOpen("This text was sealed with another key.")
            return self._text
        version, key_id, token = [*self.token.split(".", 2), "", ""][:3]
        if version != FORMAT or key_id != key.pk.hex:
            raise CannotOpen("This text was sealed with another key.")
        try:
            bound = key.fernet.decrypt(token.encode())
        except InvalidToken:
            raise CannotOpen("This sealed text is damaged.") from None
        if self.place is None or not hmac.compare_digest(bound[:PLACE_BYTES], _place_hash(self.place)):
            raise CannotOpen("This text was sealed for another place.")
        return bound[PLACE_BYTES:].decode()

    def shown(self, key: DataKey) -> str:
        """The text for a page, or a sentence in its place: one text that cannot be opened does not take the page."""
        try:
            return self.open(key)
        except CannotOpen:
            return gettext("This text cannot be opened.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.token == self.token

    __hash__ = None  # type: ignore[assignment]  # how Python says that it has none

    def __repr__(self) -> str:
        return "Sealed(…)"


def open_unbound(token: str, key: DataKey) -> str:
    """The text of a token from before texts were bound to their row; for the migration that binds them."""
    version, key_id, fernet_token = [*token.split(".", 2), "", ""][:3]
    if version != "a1" or key_id != key.pk.hex:
        raise CannotOpen("This is not a text from before.")
    try:
        return key.fernet.decrypt(fernet_token.encode()).decode()
    except InvalidToken:
        raise CannotOpen("This sealed text is damaged.") from None


def seal_unbound(text: str, key: DataKey) -> Sealed:
    """A text as the program before took it; for the way back of that migration."""
    return Sealed.from_token(f"a1.{key.pk.hex}.{key.fernet.encrypt(text.encode()).decode()}")


def _place_hash(place: str) -> bytes:
    return hashlib.sha256(place.encode()).digest()[:PLACE_BYTES]


class SealedAttribute(DeferredAttribute):
    """Gives each sealed text its place when it is read from a row, or set on one."""

    field: SealedTextField

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        value = super().__get__(instance, cls)
        if not isinstance(value, Sealed):
            return value
        placed = value.at(self.field.place_in(instance))
        instance.__dict__[self.field.attname] = placed
        return placed

    def __set__(self, instance: Any, value: object) -> None:
        instance.__dict__[self.field.attname] = value


class SealedTextField(models.TextField):  # type: ignore[type-arg]  # Django's takes no type at run time
    """A column of `Sealed` texts: no bare string, and no look-up but `isnull`.

    The row needs a `code`, or another column that is set before it is saved and stays: half of the place that a text is
    bound to.
    """

    descriptor_class = SealedAttribute
    non_db_attrs = (*models.TextField.non_db_attrs, "bound_to")

    def __init__(self, *args: Any, bound_to: str = "code", **kwargs: Any) -> None:
        self.bound_to = bound_to
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | ({"bound_to": self.bound_to} if self.bound_to != "code" else {})

    # For mypy alone: what may be set, and what is read.
    _pyi_private_set_type: Sealed  # type: ignore[assignment]  # the plugin reads it
    _pyi_private_get_type: Sealed  # type: ignore[assignment]  # the plugin reads it

    def place_in(self, instance: Model) -> str:
        """The place of this column in a row. Of the practice nothing is in it: the key is one practice's already."""
        return f"{self.model._meta.db_table}.{self.column} {getattr(instance, self.bound_to)}"

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
    return _wrapper_by(tuple(settings.DATA_KEYS))


@lru_cache(maxsize=1)  # a page unwraps a key for each name that it opens
def _wrapper_by(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


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
