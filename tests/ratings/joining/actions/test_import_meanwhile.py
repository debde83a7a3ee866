"""What a file brings of a client whose case was put away."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alliance.models import CaseJoin, Episode
from alliance.refusal import Refused
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver
from ratings.joining.actions import part_cases
from tests.factories import editor_of, make_episode
from tests.ratings.joining.test_actions import bring_in, came, hand, join, past  # noqa: F401 -- fixtures


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
