from importlib import import_module
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection, transaction

from alliance import crypto
from alliance.crypto import CannotOpen, Sealed
from alliance.models import Client, DataKey, Membership
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
    assert raw.startswith(f"a2.{stored.data_key_id.hex}.")
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
    stored = Client.objects.get()
    assert stored.display_name == "Juniper"
    with pytest.raises(CannotOpen, match="with the row"), transaction.atomic():
        Client.objects.update(email=Sealed("j@home.test", key))


def test_look_ups_are_refused(wintergreen):
    sealed = Sealed(NAME, wintergreen.data_key)
    ways = ({"name": sealed}, {"name__contains": NAME}, {"name__in": [sealed]}, {"name__lower": NAME})
    for look_up in (*ways, {"name__lower__contains": NAME}):
        with pytest.raises(FieldError, match="cannot be searched"):
            Client.objects.filter(**look_up).exists()
    assert Client.objects.filter(name__isnull=False, email__isnull=True).exists()


def test_another_key_opens_nothing(wintergreen):
    other = DataKey.objects.create()
    with pytest.raises(CannotOpen, match="another key"):
        wintergreen.name.open(other)
    forged = Sealed.from_token(wintergreen.name.token.replace(wintergreen.data_key_id.hex, other.pk.hex))
    with pytest.raises(CannotOpen, match="damaged"):
        forged.open(other)


def test_a_text_that_was_just_typed_opens_with_the_key_that_it_was_given_and_no_other(wintergreen, millrace):
    typed = Sealed("Ada", millrace.data_key)
    assert typed.open(millrace.data_key) == "Ada"
    with pytest.raises(CannotOpen, match="another key"):
        typed.open(wintergreen.data_key)


@pytest.fixture
def stored(wintergreen):
    """As it is read from the database, where the text is not known."""
    return Client.objects.get()


def test_a_stored_text_says_that_the_key_is_another_ones(stored, millrace):
    with pytest.raises(CannotOpen, match="another key"):
        stored.name.open(millrace.data_key)


def test_a_stored_text_of_a_format_that_is_not_known_does_not_open(stored):
    later = Sealed.from_token(stored.name.token.replace("a2.", "a3.", 1)).at(stored.name.place)
    with pytest.raises(CannotOpen):
        later.open(stored.data_key)


def test_a_stored_text_that_is_read_without_its_row_does_not_open(stored):
    with pytest.raises(CannotOpen, match="another place"):
        Sealed.from_token(stored.name.token).open(stored.data_key)


def test_a_text_equals_itself_as_it_is_stored_and_nothing_else(stored, wintergreen):
    assert stored.name == Client.objects.get().name
    assert stored.name != Sealed(NAME, stored.data_key).at(stored.name.place)
    assert stored.name != NAME and stored.name is not None


def test_a_column_keeps_what_it_is_bound_to_where_a_migration_copies_it():
    assert crypto.SealedTextField(bound_to="page").clone().bound_to == "page"
    assert crypto.SealedTextField().deconstruct()[3] == {}


def test_a_dump_holds_a_text_as_it_is_stored(stored):
    dump = serializers.serialize("json", [stored])
    assert stored.name.token in dump and NAME not in dump


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


# --- The place of a text ----------------------------------------------------------------------------------------------


def move(text_of, to, table="alliance_client"):
    """Writes one column into another, as whoever has the database can."""
    source, target = text_of, to
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {target} = {source}")


def test_a_text_moved_to_another_column_does_not_open(wintergreen):
    move("name", "email")
    stored = Client.objects.get()
    with pytest.raises(CannotOpen, match="another place"):
        stored.email.open(stored.data_key)
    assert stored.display_name == NAME


def test_a_text_moved_to_another_row_does_not_open_even_under_the_same_key(millrace):
    key = millrace.data_key
    one, two = (Membership(practice=millrace, code=uuid4(), name=Sealed(name, key)) for name in ("Ada", "Ruth"))
    moved = Sealed.from_token(one.name.token).at(two._meta.get_field("name").place_in(two))
    with pytest.raises(CannotOpen, match="another place"):
        moved.open(key)
    back = Sealed.from_token(one.name.token).at(one._meta.get_field("name").place_in(one))
    assert back.open(key) == "Ada"


def test_a_text_that_was_read_is_not_saved_in_another_row(wintergreen, millrace):
    stored = Client.objects.get()
    with pytest.raises(CannotOpen, match="another row"), transaction.atomic():
        Client.objects.create(practice=millrace, data_key=DataKey.objects.create(), name=stored.name)


def test_one_text_may_be_set_on_two_rows_before_they_are_saved(millrace):
    key = millrace.data_key
    text = Sealed("Ada", key)
    one, two = (Membership(practice=millrace, name=text) for _number in range(2))
    assert one.name.open(key) == two.name.open(key) == "Ada"
    assert one.name.token != two.name.token


def test_a_text_that_was_saved_in_one_row_and_is_still_known_can_be_set_on_another(millrace):
    key = millrace.data_key
    one = Membership(practice=millrace, name=Sealed("Ada", key))
    first = one.name.token
    two = Membership(practice=millrace, name=one.name)
    stored = Sealed.from_token(two.name.token).at(two._meta.get_field("name").place_in(two))
    assert stored.open(key) == "Ada" and one.name.token == first


def test_a_token_of_before_opens_nothing(wintergreen):
    old = crypto.seal_unbound("Juniper", wintergreen.data_key)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alliance_client SET name = %s", [old.token])
    stored = Client.objects.get()
    with pytest.raises(CannotOpen):
        stored.name.open(stored.data_key)


def test_what_cannot_be_opened_is_a_sentence_on_the_page(http, dana, juniper, live_through):
    live_through(juniper, [3])
    Client.objects.filter(pk=juniper.client_id).update(name=Sealed.from_token("a2.foreign.token"))
    http.force_login(dana.user)
    for page in ("/cases/", "/today/", f"/cases/{juniper.code}/"):
        answer = http.get(page)
        assert (answer.status_code, "This text cannot be opened." in answer.text) == (200, True), page
    answer = http.get(f"/cases/{juniper.code}/contact/")
    assert answer.status_code < 500 and "cannot be opened" in answer.text


def test_no_form_writes_the_sentence_over_a_text(http, dana, juniper, live_through):
    """What a form would show as typed must be the text itself, or the form does not open."""
    live_through(juniper, [3])
    Client.objects.filter(pk=juniper.client_id).update(email=Sealed.from_token("a2.foreign.token"))
    http.force_login(dana.user)
    answer = http.get(f"/cases/{juniper.code}/contact/")
    assert (answer.status_code, "<form" in answer.text) == (409, False)
    assert "cannot be opened" in answer.text


@pytest.mark.parametrize("kind", ["of another key", "bound to a row", "damaged"])
def test_what_is_no_text_of_before_is_not_taken_for_one(kind, stored, millrace):
    of_before = crypto.seal_unbound("Ada", stored.data_key).token
    assert crypto.open_unbound(of_before, stored.data_key) == "Ada"
    token, key = {
        "of another key": (of_before, millrace.data_key),
        "bound to a row": (of_before.replace("a1.", "a2.", 1), stored.data_key),
        "damaged": (of_before[:-4], stored.data_key),
    }[kind]
    with pytest.raises(CannotOpen, match="damaged" if kind == "damaged" else "from before"):
        crypto.open_unbound(token, key)


@pytest.mark.parametrize("way", ["forwards", "backwards"])
def test_the_migration_binds_every_text_and_back(wintergreen, dana, juniper, way):
    """Each row keeps its texts; one that nobody can open stays as it is."""
    migration = import_module("ratings.migrations.0021_sealed_for_their_row")
    damaged = make_client(dana.practice, "Damaged")
    rows = [*Client.objects.all(), *Membership.objects.all()]
    names = {row.code: row.display_name for row in rows}
    migration.backwards(apps, None)
    Client.objects.filter(pk=damaged.pk).update(name=Sealed.from_token("a1.nonsense.nonsense"))
    assert raw_versions() == {"a1"}
    if way == "forwards":
        migration.forwards(apps, None)
        assert raw_versions() == {"a1", "a2"}
        for row in [*Client.objects.exclude(pk=damaged.pk), *Membership.objects.all()]:
            assert row.display_name == names[row.code]
        assert Client.objects.get(pk=damaged.pk).display_name == "This text cannot be opened."


def raw_versions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM alliance_client UNION ALL SELECT name FROM alliance_membership")
        return {raw.split(".")[0] for (raw,) in cursor.fetchall()}
