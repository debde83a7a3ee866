import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import FieldError
from django.db import connection, transaction

from alliance import crypto
from alliance.crypto import CannotOpen, Sealed
from alliance.models import Client, DataKey
from tests.factories import make_client

NAME = "Wintergreen"  # planted: found nowhere but behind its key


@pytest.fixture
def wintergreen(millrace):
    return make_client(millrace, NAME)


def test_sealed_text_comes_back_and_is_stored_unreadable(wintergreen):
    stored = Client.objects.get(pk=wintergreen.pk)
    assert stored.name.open(stored.data_key) == NAME
    assert stored.email is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM alliance_client")
        [(raw,)] = cursor.fetchall()
    assert raw.startswith(f"a1.{stored.data_key_id.hex}.")
    assert NAME not in raw


def test_sealed_text_shows_nothing(wintergreen):
    assert NAME not in f"{wintergreen.name} {wintergreen.name!r} {wintergreen} {wintergreen!r}"


def test_bare_strings_are_refused(wintergreen, millrace):
    key = wintergreen.data_key
    ways_in = [
        lambda: Client.objects.create(practice=millrace, data_key=DataKey.objects.create(), name="bare"),
        lambda: Client.objects.bulk_create([Client(practice=millrace, data_key=DataKey.objects.create(), name="bare")]),
        lambda: Client.objects.update(name="bare"),
        lambda: Client.objects.update(email="bare"),
    ]
    for way_in in ways_in:
        with pytest.raises(TypeError, match="takes Sealed"), transaction.atomic():
            way_in()
    wintergreen.name = "bare"
    with pytest.raises(TypeError, match="takes Sealed"), transaction.atomic():
        wintergreen.save()
    with pytest.raises(TypeError, match="takes Sealed"), transaction.atomic():
        Client.objects.bulk_update([wintergreen], ["name"])
    wintergreen.name = Sealed("Juniper", key)
    Client.objects.bulk_update([wintergreen], ["name"])
    Client.objects.update(email=Sealed("j@home.test", key))
    stored = Client.objects.get()
    assert (stored.display_name, stored.email.open(key)) == ("Juniper", "j@home.test")


def test_look_ups_are_refused(wintergreen):
    sealed = Sealed(NAME, wintergreen.data_key)
    for look_up in ({"name": sealed}, {"name__contains": NAME}, {"name__in": [sealed]}, {"name__lower": NAME}):
        with pytest.raises(FieldError):
            Client.objects.filter(**look_up).exists()
    assert Client.objects.filter(name__isnull=False, email__isnull=True).exists()


def test_another_key_opens_nothing(wintergreen):
    other = DataKey.objects.create()
    with pytest.raises(CannotOpen, match="another key"):
        wintergreen.name.open(other)
    forged = Sealed.from_token(wintergreen.name.token.replace(wintergreen.data_key_id.hex, other.pk.hex))
    with pytest.raises(CannotOpen, match="damaged"):
        forged.open(other)


def test_rewrap_changes_the_wrapping_and_not_the_texts(wintergreen, settings):
    old, new = settings.DATA_KEYS[0], Fernet.generate_key().decode()
    settings.DATA_KEYS = [new, old]
    key = DataKey.objects.get(pk=wintergreen.data_key_id)
    before, key.wrapped = key.wrapped, crypto.rewrap(key.wrapped)
    key.save()
    settings.DATA_KEYS = [new]
    assert Client.objects.get(pk=wintergreen.pk).display_name == NAME
    with pytest.raises(InvalidToken):
        crypto.unwrap(before)


def test_keyed_hash_finds_equals_and_needs_the_key(settings):
    one = crypto.keyed_hash("email", " J@Home.test")
    assert one == crypto.keyed_hash("email", "j@home.test")
    assert one != crypto.keyed_hash("phone", "j@home.test")
    settings.HASH_KEY = "another"
    assert one != crypto.keyed_hash("email", "j@home.test")


def test_tokens_are_long_and_kept_as_hashes():
    token = crypto.new_token()
    assert len(token) == 43  # 256 bits in base64 without padding
    assert token != crypto.new_token()
    assert token not in crypto.token_hash(token)
