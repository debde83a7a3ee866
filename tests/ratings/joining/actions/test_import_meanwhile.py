"""What a file brings of a client whose case was put away."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.models import CaseJoin, Client, Episode
from alliance.refusal import Refused
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver
from ratings.joining.actions import part_cases
from ratings.models import Rating
from ratings.rights.erase import erase_client
from sessions.models import TherapySession
from tests.factories import editor_of, make_episode
from tests.ratings.joining.test_actions import bring_in, came, hand, imported_as, join, past  # noqa: F401 -- fixtures


def rows(case, numbers, first):
    """Lines of a file: sessions of a case, a week apart."""
    for week, number in enumerate(numbers):
        day = (timezone.now() - timedelta(days=first - 7 * week)).date()
        yield f"x,0099,{case},{number},{day},N,9,9,9,9,36"


def longer(*lines):
    return "\n".join([past().decode(), *lines]).encode()


def part(done):
    return part_cases(editor=editor_of(Episode.objects.get(pk=done.episode_id)), join=done)


def test_another_case_of_theirs_is_not_opened_while_the_two_are_one(dana, hand, came):  # noqa: F811 -- fixtures
    join(hand, came)
    file = read(longer(*rows(2, range(1, 4), 20)))
    preview = make_preview(practice=dana.practice, parsed=file, receiver=Receiver(all_to=dana))
    said = {error.sentence for error in preview.errors}
    assert said == {"Another case of this client with this therapist is open; end it first."}


def test_one_that_is_open_says_so_when_the_two_are_parted(dana, hand, came):  # noqa: F811 -- fixtures
    done = join(hand, came)
    make_episode(dana, client=came.client)
    with pytest.raises(Refused, match="End that case first"):
        part(done)
    assert CaseJoin.objects.get().parted_at is None


def test_one_that_has_ended_keeps_nobody(dana, hand, came):  # noqa: F811 -- fixtures
    done = join(hand, came)
    make_episode(dana, client=came.client, ends_at=timezone.now(), end_reason="other")
    assert part(done) == came


@pytest.fixture
def grown(dana, hand, came):  # noqa: F811 -- fixtures
    """A joining, and a file that brought two more sessions of the case that was put away."""
    done = join(hand, came)
    bring_in(dana, longer(*rows(1, (7, 8), 51)))
    done.refresh_from_db()
    return done


def of(episode):
    return TherapySession.objects.filter(episode=episode).count()


def test_more_sessions_of_theirs_stand_in_the_case_that_stays(hand, came, grown):  # noqa: F811 -- fixtures
    assert (of(hand), of(came)) == (11, 0)


def test_they_go_back_when_the_two_are_parted(hand, came, grown):  # noqa: F811 -- fixtures
    part(grown)
    assert (of(hand), of(came)) == (3, 8)


def test_their_ratings_go_back(hand, came, grown):  # noqa: F811 -- fixtures
    part(grown)
    assert not Rating.objects.filter(episode=hand, import_batch__isnull=False).exists()


def test_the_same_file_afterwards_brings_nothing_twice(dana, hand, came, grown):  # noqa: F811 -- fixtures
    part(grown)
    assert bring_in(dana, longer(*rows(1, (7, 8), 51))) is None


def test_an_erasure_of_theirs_takes_those_too(dana, mona, hand, came, grown):  # noqa: F811 -- fixtures
    part(grown)
    erase_client(client=Client.objects.get(pk=came.client_id), reason="asked", asked_by=mona, agreed_by=None)
    assert not Rating.objects.filter(import_batch__isnull=False).exists()


def test_one_that_a_person_logged_since_keeps_the_two_one(hand, grown):  # noqa: F811 -- fixtures
    TherapySession.objects.filter(code=grown.moved[-1]).update(logged_at=timezone.now() + timedelta(minutes=5))
    with pytest.raises(Refused, match="Something was written"):
        part(grown)


def test_what_came_before_this_was_noted_goes_back(hand, came, grown):  # noqa: F811 -- fixtures
    CaseJoin.objects.update(moved=grown.moved[:-2])
    part(grown)
    assert (of(hand), of(came)) == (3, 8)


def test_each_of_two_takes_back_its_own(dana, hand, came):  # noqa: F811 -- fixtures
    bring_in(dana, past("0100", first=200))
    second = imported_as(dana, came)
    done = [join(hand, came), join(hand, second)]
    bring_in(dana, longer(*rows(1, (7, 8), 51)))
    for one in reversed(done):
        part(one)
    assert [of(one) for one in (hand, came, second)] == [3, 8, 6]


def test_where_it_was_not_noted_for_which_of_two_the_sessions_are_removed_first(dana, hand, came):  # noqa: F811 -- fixtures
    bring_in(dana, past("0100", first=200))
    done = [join(hand, came), join(hand, imported_as(dana, came))]
    noted = done[0].moved
    bring_in(dana, longer(*rows(1, (7, 8), 51)))
    CaseJoin.objects.filter(pk=done[0].pk).update(moved=noted, joined_at=done[1].joined_at)
    with pytest.raises(Refused, match="Remove those sessions first"):
        part(done[1])
