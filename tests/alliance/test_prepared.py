"""A prepared read gives what its query set gives, with each value of its parameters."""

from alliance.models import Client, Membership
from alliance.prepared import Prepared, attnames, row_of

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
