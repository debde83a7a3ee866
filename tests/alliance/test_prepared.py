"""A prepared read gives what its query set gives, with each value of its parameters."""

import gc
import pkgutil
import re
from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import Q, Value
from django.utils import timezone, translation

import alliance
import ratings
import sessions
from alliance import prepared
from alliance.acting import as_program
from alliance.built_once import KeptWithUser
from alliance.models import Client, Episode, Membership, User
from alliance.prepared import Prepared, attnames, row_of
from ratings.cases import register
from sessions.models import Mode

COLUMNS = attnames(Client)
OF_PRACTICE = Prepared(
    lambda practice, language: (
        Client.objects.filter(practice=practice, language=language)
        .order_by("pk")
        .values_list(*COLUMNS, "practice__code", "practice__crisis_phone")
    ),
    practice=int,
    language=str,
)


def test_the_rows_are_those_of_the_query_set(juniper, sorrel, millrace):
    Client.objects.filter(pk=sorrel.client.pk).update(language="de")
    for language in ("", "de", "no such"):
        expected = Client.objects.filter(practice=millrace, language=language).order_by("pk")
        expected = expected.values_list(*COLUMNS, "practice__code", "practice__crisis_phone")
        found = OF_PRACTICE.rows(practice=millrace.pk, language=language)
        assert [tuple(row) for row in found] == list(expected)


def test_it_is_built_once(juniper, millrace):
    built = []

    def build(practice):
        built.append(practice)
        return Client.objects.filter(practice=practice).values_list("pk")

    prepared = Prepared(build, practice=int)
    for _time in range(3):
        assert [tuple(row) for row in prepared.rows(practice=millrace.pk)] == [(juniper.client.pk,)]
    assert len(built) == 1


def test_a_row_is_made_of_its_columns(juniper):
    (values,) = Client.objects.values_list(*COLUMNS)
    row = row_of(Client, COLUMNS, values)
    assert row == juniper.client
    assert row.display_name == juniper.client.display_name
    assert row_of(Membership, ["id"], [None]) is None


EPISODES = Prepared(
    lambda keys, user, before: (
        Episode.objects.filter(pk__in=keys, therapist__user=user, starts_at__lt=before)
        .annotate(days=Value(3))
        .select_related("client__practice", "joined_into")
        .order_by("-pk")
    ),
    keys=list,
    user=User,
    before=datetime,
)


def test_models_come_with_what_is_selected_along(dana, juniper, sorrel, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = EPISODES.models(keys={juniper.pk, sorrel.pk}, user=dana.user, before=timezone.now())
        assert [(row, row.client.practice, row.days) for row in found] == [
            (sorrel, dana.practice, 3),
            (juniper, dana.practice, 3),
        ]
        assert [row.joined_into for row in found] == [None, None]
    assert found[0].client.display_name == sorrel.client.display_name


def test_each_parameter_is_asked_for_anew(dana, sam, juniper, sorrel):
    now = timezone.now()
    both = {juniper.pk, sorrel.pk}
    assert EPISODES.models(keys=[juniper.pk], user=dana.user, before=now) == [juniper]
    assert EPISODES.models(keys=both, user=sam.user, before=now) == []
    assert EPISODES.models(keys=both, user=dana.user, before=sorrel.starts_at - timedelta(days=9)) == []


def test_for_no_keys_nothing_is_asked(dana, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert EPISODES.models(keys=[], user=dana.user, before=timezone.now()) == []


def test_as_part_of_another_statement_it_gives_the_same(dana, sam, juniper, sorrel):
    own = Prepared(lambda user: Episode.objects.filter(therapist__user=user).values("pk"), user=User)
    sealed = Client.objects.exclude(language="no such").order_by("pk")  # a parameter before that of the sub-query
    assert list(sealed.filter(episodes__in=own.subquery(user=dana.user))) == [juniper.client, sorrel.client]
    assert list(sealed.filter(Q(episodes__among=own.subquery(user=sam.user)) | Q(pk=sorrel.client.pk))) == [
        sorrel.client
    ]


def test_a_parameter_without_a_place_in_the_statement_is_refused(db):
    with pytest.raises(ValueError, match="language"):
        Prepared(
            lambda practice, language: Client.objects.filter(practice=practice), practice=int, language=str
        ).models(practice=1, language="de")


LATELY = Prepared(
    lambda now: Episode.objects.filter(starts_at__lt=now, starts_at__gt=now - timedelta(days=400)).values_list("pk"),
    now=datetime,
)


def test_a_time_so_long_before_the_given_one_moves_with_it(juniper):
    for days, expected in ((-1, []), (1, [juniper.pk]), (399, [juniper.pk]), (401, [])):
        found = LATELY.rows(now=juniper.starts_at + timedelta(days=days))
        assert [key for (key,) in found] == expected


def test_a_statement_that_asks_the_clock_is_refused(db):
    clocked = Prepared(lambda: Episode.objects.filter(starts_at__lt=timezone.now()).values_list("pk"))
    with pytest.raises(ValueError, match="clock"):
        clocked.rows()


def test_a_text_column_takes_a_list_of_texts(juniper, sorrel):
    of_languages = Prepared(lambda codes: Client.objects.filter(language__in=codes).order_by("pk"), codes=list)
    Client.objects.filter(pk=sorrel.client.pk).update(language="de")
    assert of_languages.models(codes=["de", "fr"]) == [sorrel.client]


# --- Each of the program's own ----------------------------------------------------------------------------------------


def of_the_program():
    """Each prepared read of the program, and those of the query sets of a user by their key."""
    for package in (alliance, ratings, sessions):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not re.search(r"\.(migrations|management)\.", module.name):
                import_module(module.name)
    for built in _all_of(KeptWithUser):
        built.keys(User(pk=1))
    kept = of_the_register()
    found = [one for one in _all_of(Prepared) if not one._build.__module__.startswith("tests.")]
    assert {id(one) for one in kept} <= {id(one) for one in found}
    return found


def of_the_register():
    """Those of the register are made as they are asked for: with each filter by itself, and in each order."""
    none = (register.State.ANY, register.Missing.ANY, register.Unseen.ANY, "")
    of_each = (*[tuple(kind) for kind in (register.State, register.Missing, register.Unseen)], Mode.values)
    filters = [(*none[:place], value, *none[place + 1 :]) for place, values in enumerate(of_each) for value in values]
    kept = [register._groups(one, *these) for these in filters for one in (True, False)]
    return kept + [register._first_page(by, *these) for by in register.KEYS for these in filters[:2]]


def _all_of(kind):
    """By the type, as a lazy object would be made by the question what it is."""
    return [one for one in gc.get_objects() if issubclass(type(one), kind)]


def told(built):
    """All that a statement has but the values of its parameters."""
    # On PostgreSQL JSON is wrapped, and two wrappers are never equal.
    constants = [
        getattr(value, "adapted", value) for name, value in zip(built.names, built.parameters, strict=True) if not name
    ]
    return built.sql, built.names, built.beside, constants


def differing(reads, monkeypatch):
    """Those whose statement follows from more than their parameters."""
    found = []
    for read in reads:
        built = told(read._prepare(connection))
        with (
            monkeypatch.context() as other,
            timezone.override("Pacific/Chatham"),
            translation.override("de"),
            as_program(),
        ):
            other.setattr(prepared, "FIRST_DAY", prepared.FIRST_DAY + timedelta(days=40, hours=5, minutes=7))
            other.setattr(prepared, "FIRST_PLACE", prepared.FIRST_PLACE + 1000)
            if told(read._prepare(connection)) != built:
                found.append(read._build.__qualname__)
    return found


def test_no_statement_follows_from_more_than_its_parameters(db, monkeypatch, django_assert_num_queries):
    reads = of_the_program()
    assert len(reads) > 40
    with django_assert_num_queries(0):
        assert differing(reads, monkeypatch) == []


def test_what_follows_from_more_is_found(db, monkeypatch):
    def by_language():
        return Client.objects.filter(language=translation.get_language())

    def by_zone(now):
        return Episode.objects.filter(starts_at__lt=now, starts_at__date=date(2026, 1, 1))

    def by_midnight(now):
        return Episode.objects.filter(starts_at__gt=timezone.localtime(now).replace(hour=0))

    reads = [Prepared(by_language), Prepared(by_zone, now=datetime), Prepared(by_midnight, now=datetime)]
    assert [name.rpartition(".")[2] for name in differing(reads, monkeypatch)] == [
        "by_language",
        "by_zone",
        "by_midnight",
    ]
