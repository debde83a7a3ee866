"""The look-up `among` finds what `in` finds, and asks PostgreSQL for the keys first."""

from django.db import connection
from django.db.models import Q

from alliance.models import Episode, Membership


def keys(**condition):
    return sorted(Episode.objects.filter(Q(**condition)).values_list("pk", flat=True))


def test_among_finds_what_in_finds(dana, noor, juniper, sorrel):
    danas = Membership.objects.filter(pk=dana.pk)
    assert keys(therapist__among=danas) == keys(therapist__in=danas) == sorted([juniper.pk, sorrel.pk])
    assert keys(pk__among=danas.values("episodes")) == sorted([juniper.pk, sorrel.pk])
    assert keys(therapist__among=Membership.objects.filter(pk=noor.pk)) == []
    assert keys(therapist__among=Membership.objects.none()) == []
    assert keys(pk__among=[juniper.pk]) == [juniper.pk]
    assert list(Episode.objects.exclude(therapist__among=danas)) == []


def test_postgresql_has_the_keys_before_it_looks(dana):
    asked = str(Episode.objects.filter(therapist__among=Membership.objects.filter(pk=dana.pk)).query)
    assert ("= ANY(ARRAY(SELECT" in asked) is (connection.vendor == "postgresql")
