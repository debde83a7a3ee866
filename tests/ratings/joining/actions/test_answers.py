"""Answers that are sent while two cases become one, or two again, come into the case in which their session stands."""

import pytest
from django.db import transaction

from alliance.access import NotVisible
from alliance.clients.actions import settle_consent
from ratings.check_in.actions import answer_check_in
from ratings.check_in.links import opened
from ratings.joining.actions import join_cases, part_cases
from ratings.models import CheckIn, Rating
from tests.at_once import AtOnce, fresh
from tests.courses import client_answers
from tests.factories import editor_of
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures

WORDS = "It helped to talk."


@pytest.fixture
def page(double):  # noqa: F811 -- fixtures
    """The check-in as the page of the link has read it."""

    def read():
        return opened(CheckIn.objects.filter(ratings=None, therapy_session__episode__in=[double]).latest("pk").code)

    return read


def send(check_in):
    answer_check_in(check_in=check_in, answers=client_answers(3, comment=WORDS), may_change=False, from_link=True)


def written(episode):
    """What stands in a case under the key of its client."""
    rows = Rating.objects.current().filter(episode=episode, rater="client", comment__isnull=False)
    return [row.comment.open(episode.client.data_key) for row in rows.order_by("pk")]


def test_answers_sent_while_two_are_joined_come_into_the_one_that_stays(kept, double, page):  # noqa: F811 -- fixtures
    check_in = page()
    join(kept, double)
    send(check_in)
    assert WORDS in written(kept)


def test_answers_sent_while_two_are_parted_come_into_their_own_case(kept, double, page):  # noqa: F811 -- fixtures
    code = page().code
    done = join(kept, double)
    check_in = opened(code)
    part_cases(editor=editor_of(fresh(kept)), join=done)
    send(check_in)
    assert WORDS in written(double) and WORDS not in written(kept)


def test_answers_do_not_come_into_a_record_whose_client_said_no(kept, double, page):  # noqa: F811 -- fixtures
    check_in = page()
    settle_consent(client=kept.client, purpose="check_in", given=False)
    join(kept, double)
    with pytest.raises(NotVisible):
        send(check_in)
    assert WORDS not in written(kept)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_answers_that_waited_for_a_joining_are_kept(kept, double, page):  # noqa: F811 -- fixtures
    check_in = page()
    with AtOnce() as at_once:
        with transaction.atomic():
            join_cases(kept=editor_of(fresh(kept)), joined=editor_of(fresh(double)))
            at_once.start(lambda: send(check_in))
        at_once.result()
    assert WORDS in written(kept)
