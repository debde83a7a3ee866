"""A pause holds for both while they are one, and is nobody else's afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.clients.actions import change_preferences
from alliance.models import AuditEvent, CaseJoin, Client
from ratings.joining.actions import join_cases, part_cases
from tests.at_once import fresh
from tests.factories import days_ago, editor_of, make_episode
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures

pytestmark = pytest.mark.usefixtures("as_application")  # on PostgreSQL: where the database filters too


@pytest.fixture
def until():
    """`until(weeks)`: an instant in so many weeks, the same at each call."""
    now = timezone.now()
    return lambda weeks: now + timedelta(weeks=weeks)


def pause(episode, until):
    Client.objects.filter(pk=episode.client_id).update(paused_until=until)


def paused(episode):
    return Client.objects.get(pk=episode.client_id).paused_until


def part(done):
    part_cases(editor=editor_of(fresh(done.episode)), join=done)


def changes(episode):
    return AuditEvent.objects.filter(subject_type="client", verb="changed", subject_code=str(episode.client.code))


def test_one_that_is_chosen_while_the_joining_waits_is_kept(kept, double, until):  # noqa: F811 -- fixtures
    pause(double, until(2))
    waiting = editor_of(fresh(kept)), editor_of(fresh(double))
    pause(kept, until(8))
    join_cases(kept=waiting[0], joined=waiting[1])
    assert paused(kept) == until(8)


def test_one_of_the_other_that_is_chosen_while_the_joining_waits_comes_along(kept, double, until):  # noqa: F811 -- fixtures
    waiting = editor_of(fresh(kept)), editor_of(fresh(double))
    pause(double, until(8))
    join_cases(kept=waiting[0], joined=waiting[1])
    assert paused(kept) == until(8)


def test_that_it_comes_along_is_on_record(kept, double, until):  # noqa: F811 -- fixtures
    pause(double, until(4))
    join(fresh(kept), fresh(double))
    assert changes(kept).count() == 1


def test_that_it_goes_back_is_on_record(kept, double, until):  # noqa: F811 -- fixtures
    pause(double, until(4))
    part(join(fresh(kept), fresh(double)))
    assert changes(kept).count() == 2


@pytest.mark.parametrize(("of_kept", "of_double"), [(None, 4), (2, 4), (4, None), (4, 2)])
def test_each_has_the_own_one_again(kept, double, until, of_kept, of_double):  # noqa: F811 -- fixtures
    had = [weeks and until(weeks) for weeks in (of_kept, of_double)]
    for one, instant in zip((kept, double), had, strict=True):
        pause(one, instant)
    part(join(fresh(kept), fresh(double)))
    assert [paused(one) for one in (kept, double)] == had


def test_one_that_was_chosen_while_they_were_one_holds_for_both(kept, double, until):  # noqa: F811 -- fixtures
    pause(double, until(2))
    done = join(fresh(kept), fresh(double))
    change_preferences(client=kept.client, gets_email=True, paused_until=until(8))
    part(done)
    assert [paused(one) for one in (kept, double)] == [until(8)] * 2


def test_what_was_joined_before_this_was_kept_leaves_nobody_asked_too_early(kept, double, until):  # noqa: F811 -- fixtures
    pause(kept, until(4))
    done = join(fresh(kept), fresh(double))
    CaseJoin.objects.update(paused_until=None, brought_pause=None)
    part(done)
    assert [paused(one) for one in (kept, double)] == [until(4)] * 2


def test_of_three_the_last_brings_and_takes_its_own(dana, kept, double, until):  # noqa: F811 -- fixtures
    third = make_episode(dana, "Juniper", starts_at=days_ago(90))
    pause(double, until(2))
    pause(third, until(4))
    first, last = join(fresh(kept), fresh(double)), join(fresh(kept), fresh(third))
    seen = [paused(kept)]
    for done in (last, first):
        part(done)
        seen.append(paused(kept))
    assert seen == [until(4), until(2), None]


@pytest.fixture
def another_of_double(double):  # noqa: F811 -- fixtures
    """Opens an ended case of the client who is put away, which stands for itself."""
    return lambda: make_episode(double.therapist, client=double.client, ends_at=timezone.now(), end_reason="other")


def choose(episode, until):
    client = Client.objects.select_related("practice").get(pk=episode.client_id)
    change_preferences(client=client, gets_email=True, paused_until=until)


def test_one_that_is_said_in_a_case_of_their_own_holds_for_both(kept, double, another_of_double, until):  # noqa: F811 -- fixtures
    join(kept, double)
    another_of_double()
    choose(double, until(8))
    assert [paused(one) for one in (kept, double)] == [until(8)] * 2


def test_one_that_who_stays_says_holds_in_a_case_of_the_other_too(kept, double, another_of_double, until):  # noqa: F811 -- fixtures
    join(kept, double)
    another_of_double()
    choose(kept, until(8))
    assert [paused(one) for one in (kept, double)] == [until(8)] * 2


def test_a_longer_one_of_the_other_is_kept(kept, double, another_of_double, until):  # noqa: F811 -- fixtures
    pause(kept, until(8))
    join(fresh(kept), fresh(double))
    another_of_double()
    choose(double, until(2))
    assert [paused(one) for one in (kept, double)] == [until(8), until(2)]


def test_one_that_was_said_for_both_is_taken_back_for_both(kept, double, another_of_double, until):  # noqa: F811 -- fixtures
    join(kept, double)
    another_of_double()
    choose(double, until(8))
    choose(double, None)
    assert [paused(one) for one in (kept, double)] == [None] * 2


def test_one_from_before_is_not_taken_back_by_who_stays(kept, double, another_of_double, until):  # noqa: F811 -- fixtures
    pause(double, until(4))
    join(fresh(kept), fresh(double))
    another_of_double()
    choose(kept, None)
    assert [paused(one) for one in (kept, double)] == [None, until(4)]


def test_one_that_was_said_for_both_is_on_record_for_each(kept, double, another_of_double, until):  # noqa: F811 -- fixtures
    join(kept, double)
    another_of_double()
    choose(double, until(8))
    assert [changes(one).count() for one in (kept, double)] == [1, 1]


def test_one_that_was_said_in_a_case_of_their_own_stays_when_they_part(kept, double, another_of_double, until):  # noqa: F811 -- fixtures
    pause(double, until(2))
    done = join(fresh(kept), fresh(double))
    another_of_double()
    choose(double, until(8))
    part(done)
    assert [paused(one) for one in (kept, double)] == [until(8)] * 2


@pytest.fixture
def chain(dana, kept, double, another_of_double):  # noqa: F811 -- fixtures
    """Three records that are one: two were joined to the first, and each of them has a case of its own as well."""
    third = make_episode(dana, "Juniper", starts_at=days_ago(90))
    for case in (double, third):
        join(fresh(kept), fresh(case))
    another_of_double()
    make_episode(dana, client=third.client, ends_at=timezone.now(), end_reason="other")
    return double, kept, third


def test_one_that_is_said_in_a_case_of_their_own_holds_for_a_third_record_too(chain, until):
    choose(chain[0], until(8))
    assert [paused(one) for one in chain] == [until(8)] * 3


def test_one_that_was_said_for_three_is_taken_back_for_three(chain, until):
    choose(chain[0], until(8))
    choose(chain[2], None)
    assert [paused(one) for one in chain] == [None] * 3


def test_a_longer_one_of_a_third_record_is_kept_and_not_taken_back(chain, until):
    pause(chain[2], until(8))
    for weeks in (2, None):
        choose(chain[0], weeks and until(weeks))
        assert [paused(one) for one in chain] == [weeks and until(weeks)] * 2 + [until(8)]
