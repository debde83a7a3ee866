"""On a phone or tablet that others use too, nothing of the answers is shown again; on the client's own, it can be."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.clients.actions import settle_consent
from ratings.check_in.receipt import RECEIPT_LIVES
from tests.courses import OWN_PHONE, answers

CHANGE, SENT, FORGET = (reverse(f"links:check-in-{name}") for name in ("change", "sent", "forget"))
COMMENT = "A kanarienvogel sang."


def receipt(http, address, **given):
    response = http.post(address, answers(3) | given, follow=True)
    at = response.context["rating"].received_at
    return response.text.replace(f"{timezone.localtime(at):%H:%M}", "")


def test_the_receipt_is_the_same_whatever_was_answered(http, asked, opened, juniper, live_through):
    (other,) = live_through(juniper, [None])
    strained = receipt(http, opened(asked), tension="yes", comment=COMMENT, goal_known="")
    content = receipt(http, opened(other))
    assert strained == content
    assert "Change your answers" not in content


def test_it_opens_no_form_with_the_answers(http, asked, opened):
    address = opened(asked)
    http.post(address, answers(3) | {"comment": COMMENT})
    for page in (CHANGE, address, SENT):
        assert COMMENT not in http.get(page, follow=True).text
    assert http.get(CHANGE).status_code == 404
    http.post(CHANGE, answers(1))
    assert asked.therapy_session.ratings.get(rater="client").answers == answers(3)


def test_the_receipt_itself_is_gone_after_ten_minutes(http, asked, opened, time_machine):
    http.post(opened(asked), answers(3))
    now = timezone.now()
    time_machine.move_to(now + RECEIPT_LIVES - timedelta(seconds=30))
    assert http.get(SENT).status_code == 200
    time_machine.move_to(now + RECEIPT_LIVES + timedelta(seconds=30))
    assert http.get(SENT).status_code == 404


def test_a_second_tap_gets_the_same_receipt(http, asked, opened):
    address = opened(asked)
    first, second = (http.post(address, answers(3)) for _tap in range(2))
    assert (first.status_code, first.url) == (second.status_code, second.url) == (303, SENT)


def test_the_next_form_remembers_that_the_phone_is_ones_own(http, asked, opened, juniper, live_through):
    (other,) = live_through(juniper, [None])
    http.post(opened(asked), answers(3) | OWN_PHONE)
    assert 'name="own_device" id="id_own_device" checked' in http.get(opened(other)).text


def test_who_takes_the_tick_away_is_shown_nothing_any_more(http, asked, opened, juniper, live_through):
    (other,) = live_through(juniper, [None])
    http.post(opened(asked), answers(3) | OWN_PHONE)
    assert http.get(CHANGE).status_code == 200
    http.post(opened(other), answers(1))
    assert http.get(CHANGE).status_code == 404


def test_no_change_is_offered_to_who_does_not_agree_to_answer_any_more(http, asked, opened):
    http.post(opened(asked), answers(3) | OWN_PHONE)
    assert CHANGE in http.get(SENT).text
    settle_consent(client=asked.episode.client, purpose="check_in", given=False)
    assert http.get(CHANGE).status_code == 404
    assert CHANGE not in http.get(SENT).text


def test_a_browser_forgets_when_it_is_told_to(http, asked, opened):
    http.post(opened(asked), answers(3) | OWN_PHONE)
    assert FORGET in http.get(SENT).text
    assert "can’t be seen or changed here any more" in http.post(FORGET).text
    assert [http.get(page).status_code for page in (CHANGE, SENT)] == [404, 404]


@pytest.mark.parametrize("given", [{"own_device": ""}, {}])
def test_the_tick_is_no_answer(http, asked, opened, given):
    assert http.post(opened(asked), OWN_PHONE).status_code == 422
    assert http.post(opened(asked), answers(3) | given).status_code == 303
