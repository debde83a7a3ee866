"""Who looks after a client now."""

from alliance import access
from alliance.models import Cover, Membership
from tests.factories import days_ago, make_episode


def test_it_is_the_therapist_of_the_newest_open_case_of_that_client(dana, noor, otis, juniper):
    assert access.responsible_for(juniper.client) == dana
    make_episode(noor, client=juniper.client, starts_at=days_ago(30))
    make_episode(dana, client=juniper.client, starts_at=days_ago(5), ends_at=days_ago(2), end_reason="completed")
    make_episode(dana, "Sorrel", starts_at=days_ago(1))
    assert access.responsible_for(juniper.client) == noor


def test_it_is_who_covers_where_the_therapist_is_gone(dana, noor, juniper):
    Cover.objects.create(covering=noor, episode=juniper, starts_at=days_ago(1), ends_at=days_ago(-7))
    assert access.responsible_for(juniper.client) == dana and access.is_covered(juniper)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(0.001))
    assert access.responsible_for(juniper.client) == noor and access.is_in_hands(juniper)


def test_it_is_nobody_where_the_therapist_is_gone_and_nobody_covers(dana, juniper, sorrel):
    assert not access.is_covered(juniper)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(0.001))
    assert access.responsible_for(juniper.client) is None and not access.is_in_hands(juniper)


def test_a_case_is_in_hands_by_itself(noor, dana, juniper):
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(0.001))
    assert access.is_in_hands(make_episode(noor, "Wren")) and not access.is_in_hands(juniper)
