"""What Python does for a page stays; and the measurement sees what is done."""

import pytest

from alliance.scopes import own_episodes
from benchmarks.arms import opening, sending
from benchmarks.pages import browser_of, check_in_address, first_case
from benchmarks.urls import EMPTY
from benchmarks.work import Arm, TooNoisy, calls_of, compared
from tests.factories import make_episode

# How many functions a page calls, for each one of an empty page; measured: 2.1 and 10.2; 93, 29, 122, 221, 55 and 64.
FORM, ANSWERS = 2.4, 11
ALL_CASES, NEEDS_ATTENTION, MY_CASES, TODAY, CASE, WEEK = 102, 32, 135, 243, 60, 71


def ticking(*readings):
    """A clock that is read at the start and at the end of each reading."""
    left = iter(readings)
    return lambda: next(left)


def act():
    pass


def test_an_arm_tells_the_time_of_one_act():
    assert Arm("ten", act, at_once=10, clock=ticking(1.0, 6.0)).seconds() == 0.5


def test_each_reading_is_compared_with_the_floor_of_its_round():
    floor = Arm("floor", act, clock=ticking(0, 1, 0, 1, 0, 1.4, 0, 1), is_ours=False)
    other = Arm("other", act, clock=ticking(0, 3, 0, 2, 0, 7, 0, 3), is_ours=False)
    _floor, found = compared(floor, [other], 4)
    assert (found.milliseconds, found.times, found.least, found.most) == (3000, 3, 2, 5)


def test_where_the_floor_varies_nothing_is_said():
    floor = Arm("floor", act, clock=ticking(0, 1, 0, 3, 0, 1, 0, 3), is_ours=False)
    with pytest.raises(TooNoisy):
        compared(floor, [], 4)


def test_calls_are_counted():
    assert calls_of(lambda: (abs(1), abs(2), abs(3))) - calls_of(lambda: abs(1)) == 2


@pytest.fixture
def empty_page(settings):
    settings.ROOT_URLCONF = "benchmarks.urls"
    return calls_of(opening(browser_of(), EMPTY))


@pytest.mark.sqlite
def test_a_check_in_asks_python_for_little(empty_page, dana, juniper, live_through):
    juniper.client.therapist_may_be_named = True
    juniper.client.save()
    live_through(juniper, [3, 3, 3, 2, 3, None])
    link = check_in_address(dana.user)
    assert calls_of(opening(browser_of(), link)) < FORM * empty_page
    assert calls_of(sending(browser_of(), link, 3)) < ANSWERS * empty_page


@pytest.mark.sqlite
def test_pages_about_fifty_cases_ask_python_for_no_more_than_before(empty_page, dana, sam, live_through):
    for number in range(50):
        live_through(make_episode(dana, f"Client {number}"), [3, 3, 3, 0])
    assert own_episodes(dana.user).count() == 50
    own, supervising = browser_of(dana.user), browser_of(sam.user)
    pages = [
        ("/caseload/all/", supervising, ALL_CASES),
        ("/caseload/", supervising, NEEDS_ATTENTION),
        ("/cases/", own, MY_CASES),
        ("/today/", own, TODAY),
        (first_case(own_episodes(dana.user)), own, CASE),
        ("/week/", own, WEEK),
    ]
    found = {path: calls_of(opening(browser, path)) / empty_page for path, browser, _most in pages}
    assert {path: found[path] for path, _browser, most in pages if found[path] > most} == {}
