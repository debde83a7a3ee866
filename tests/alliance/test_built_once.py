import pytest

from alliance.built_once import KeptWithUser
from alliance.models import User


@pytest.fixture
def built():
    return []


@pytest.fixture
def others(built):
    @KeptWithUser
    def others(user):
        built.append(user.email)
        return User.objects.exclude(pk=user.pk)

    return others


@pytest.fixture
def ada(db):
    return User.objects.create(email="ada@example.org")


def test_it_is_built_once_for_each_user_object(ada, built, others):
    for user in (ada, ada, User.objects.get(pk=ada.pk)):
        others(user)
    assert len(built) == 2


def test_no_rows_are_kept(ada, others):
    assert list(others(ada)) == []
    ben = User.objects.create(email="ben@example.org")
    assert list(others(ada)) == [ben]


def test_two_people_have_their_own(ada, others):
    ben = User.objects.create(email="ben@example.org")
    assert (list(others(ada)), list(others(ben))) == ([ben], [ada])


def test_the_keys_for_another_query_set_are_built_once_in_the_process(ada, built, others):
    ben = User.objects.create(email="ben@example.org")
    for user, expected in ((ada, [ben]), (ben, [ada]), (User.objects.get(pk=ada.pk), [ben])):
        assert list(User.objects.filter(pk__in=others.keys(user))) == expected
    assert len(built) == 1
