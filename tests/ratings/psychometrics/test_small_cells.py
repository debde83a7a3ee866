"""What is told of the parts of a total gives no small part away, by itself or by subtraction."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.psychometrics.small_cells import FEWEST_PEOPLE, kept_back, told_about, told_mean

PARTS = st.lists(st.integers(0, 30), min_size=1, max_size=4)


def apart(sizes):
    """Groups of these sizes; nobody is in two."""
    return [range(100 * position, 100 * position + size) for position, size in enumerate(sizes)]


@given(PARTS)
def test_what_is_told_is_nobody_or_five_and_more(people):
    told = [n for position, n in enumerate(people) if position not in kept_back(apart(people))]
    assert all(n == 0 or n >= FEWEST_PEOPLE for n in told)


@given(PARTS)
def test_what_is_kept_back_can_not_be_told_from_the_total(people):
    kept = kept_back(apart(people))
    if not kept or len(kept) == len(people):
        return
    total = sum(people[position] for position in kept)  # all that the reader can subtract
    possible = [found for found in product(range(total + 1), repeat=len(kept)) if sum(found) == total]
    for position in range(len(kept)):
        assert len({found[position] for found in possible}) > FEWEST_PEOPLE


@pytest.mark.parametrize(
    ("people", "kept"), [([9, 8, 7], []), ([9, 8, 4], [1, 2]), ([9, 0, 4], [0, 2]), ([9, 1, 2], [0, 1, 2]), ([3], [0])]
)
def test_the_next_larger_part_stands_in_for_the_small_one(people, kept):
    assert sorted(kept_back(apart(people))) == kept


MONTHS = st.lists(st.sets(st.integers(1, 12), max_size=9), min_size=1, max_size=12)


@given(MONTHS)
def test_months_that_are_kept_back_are_of_five_people_together_and_of_two_months(months):
    kept = kept_back(months)
    assert all(not who or len(who) >= FEWEST_PEOPLE for position, who in enumerate(months) if position not in kept)
    if kept and len(kept) < sum(bool(who) for who in months):  # else nothing is told beside the total
        assert len(kept) > 1
        assert len(set().union(*(months[position] for position in kept))) >= FEWEST_PEOPLE


def told(count, of):
    return (told_about(count), told_about(of)) if of else "none"


@pytest.mark.parametrize("new", [[0], range(5, 10), range(10, 15)])
def test_what_few_clients_said_in_a_month_does_not_follow_from_two_pages(new):
    """One page has the small month, one the new month in its place; eleven months are in both."""
    fits, small = defaultdict(set), set()
    for both, of in product(range(10, 31), new):
        for answered, count in product(range(both + 1), range(of + 1)):
            after = told(answered + count, both + of), told(count, of)
            for sessions in range(1, 7):
                for said in range(sessions + 1):
                    pages = told(answered + said, both + sessions), after
                    fits[pages].add((sessions, said))
                    if sessions < FEWEST_PEOPLE and 16 <= both <= 20:  # with room for the others that fit
                        small.add(pages)
    for pages in small:
        assert len({sessions for sessions, _said in fits[pages]}) > 1, pages
        assert any(said for _sessions, said in fits[pages]), pages
        assert any(said < sessions for sessions, said in fits[pages]), pages


@pytest.mark.parametrize("n", [5, 7, 12, 30, 49])
@pytest.mark.parametrize(("mean", "one_more"), [(72.0, 0.0), (72.0, 100.0), (41.0, 0.0), (50.0, 88.0)])
def test_what_one_client_more_answered_does_not_follow_from_two_means(n, mean, one_more):
    """Of the n + 1 values of the second page, n have the mean of the first: which last one fits both?"""

    def shown(count, value):
        return round(told_mean(count, 0, value, 100)[1])

    pages = shown(n, mean), shown(n + 1, (n * mean + one_more) / (n + 1))
    means = [tenth / 10 for tenth in range(1001) if shown(n, tenth / 10) == pages[0]]
    fits = {one for one in range(101) for possible in means if shown(n + 1, (n * possible + one) / (n + 1)) == pages[1]}
    assert max(fits) - min(fits) >= 20, pages


def test_the_range_of_a_mean_is_not_made_narrower():
    assert told_mean(49, 61.0, 66.9, 71.1) == (60, 65, 75)
    assert told_mean(50, 61.0, 66.9, 71.1) == (61.0, 66.9, 71.1)
