"""Who has the link of an answered check-in may guess what was said: ten times an hour, whoever serves them."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from ratings.check_in import actions, links
from ratings.models import Rating
from tests.courses import answers
from tests.ratings.threads import at_once


@pytest.fixture
def guess(juniper, live_through):
    """`guess(level)`: the status, for a browser without a cookie, of one more answer to a check-in answered with 3."""
    (check_in,) = live_through(juniper, [3])
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    return lambda level: Client().post(f"/c/{token}/", answers(level)).status_code


def test_a_guessed_answer_gives_no_right_to_change_and_guessing_ends(http, juniper, live_through, settings):
    (check_in,) = live_through(juniper, [3])
    Rating.objects.filter(rater="client").update(received_at=timezone.now() - timedelta(hours=1))
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    right = http.post(f"/c/{token}/", answers(3))
    assert (right.status_code, "Thank you" in right.text, "Change your answers" in right.text) == (200, True, False)
    assert "check-in" not in http.cookies
    for guess in [answers(1)] * 10 + [answers(1), answers(3)]:  # from the eleventh on, right looks like wrong
        response = http.post(f"/c/{token}/", guess | {"comment": "Typed & kept"})
        assert (response.status_code, "Typed &amp; kept" in response.text) == (409, True)
    assert "already sent" in http.post(f"/c/{token}/", answers(3)).text
    assert Rating.objects.get(rater="client").answers == answers(3)


def test_ten_guesses_an_hour_are_ten_in_any_part_of_it(guess):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert [guess(1) for _try in range(9)] == [409] * 9
        clock.shift(timedelta(minutes=6))
        assert guess(3) == 200  # right, and so compared
        assert guess(1) == 409
        clock.shift(timedelta(minutes=53))
        assert guess(3) == 409  # right as well, and not compared any more
        clock.shift(timedelta(minutes=1))
        assert guess(3) == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_connections_count_together(guess, monkeypatch):
    compared = []
    answer = actions.answer_check_in

    def counted(**given):
        compared.append(given)
        return answer(**given)

    monkeypatch.setattr(actions, "answer_check_in", counted)

    def eight_guesses():
        return [guess(1) for _try in range(8)]

    assert at_once(eight_guesses, eight_guesses) == [[409] * 8] * 2
    assert len(compared) in (10, 11)  # at the tenth, both may have been on their way
