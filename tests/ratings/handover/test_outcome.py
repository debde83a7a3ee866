"""What the choices for the cases of somebody who leaves come to: no case is lost."""

from itertools import product
from uuid import UUID

import pytest

from alliance.models import Membership
from alliance.people.colleagues import Colleague
from ratings.handover.actions import Choice, What
from ratings.handover.outcome import Share, outcome_of

NOOR, OWEN = (Colleague(Membership(pk=pk), name) for pk, name in ((1, "Noor"), (2, "Owen")))


def chosen(*whats):
    return [Choice(UUID(int=n), what, colleague and colleague.membership) for n, (what, colleague) in enumerate(whats)]


def test_each_colleague_who_gets_a_case_is_named_with_now_and_then():
    choices = chosen((What.HAND_OVER, NOOR), (What.HAND_OVER, NOOR), (What.COVER, NOOR), (What.END, None))
    outcome = outcome_of(cases=5, choices=choices, colleagues=[NOOR, OWEN], open_now={1: 38, 2: 9})
    assert outcome.shares == (Share("Noor", 38, 41, 1),)
    assert (outcome.ended, outcome.left) == (1, 1)
    assert outcome.total_now == outcome.total_then == 43


@pytest.mark.parametrize("number", range(4))
def test_no_case_is_lost_whatever_is_chosen(number):
    options = [None, (What.END, None), *product([What.HAND_OVER, What.COVER], [NOOR, OWEN])]
    for picked in product(options, repeat=number):
        choices = chosen(*filter(None, picked))
        outcome = outcome_of(cases=number, choices=choices, colleagues=[NOOR, OWEN], open_now={2: 7})
        assert outcome.total_now == outcome.total_then
