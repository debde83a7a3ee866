"""A practice that rates first, in a browser: the client has answered, the therapist rates, and both sides are shown."""

import pytest
from django.urls import reverse

from ratings.check_in.actions import answer_check_in
from ratings.models import CheckIn
from tests.courses import client_answers, held
from tests.factories import days_ago

COMMENT = "I was not sure what it was for."


@pytest.fixture
def waiting(millrace, juniper, live_through):
    millrace.rates_first_since = days_ago(3)
    millrace.save()
    live_through(juniper, [3, 3, 3])
    check_in = CheckIn.objects.get(therapy_session=held(juniper, 1))
    answer_check_in(check_in=check_in, answers=client_answers(1, comment=COMMENT), may_change=False)


def test_both_sides_are_shown_after_the_own_rating(page, live_server, dana, sign_in, waiting, juniper, look):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:today"))
    page.get_by_text("Rate the session yourself first.").first.wait_for()
    look("today-rate-first")
    page.get_by_role("link", name="Juniper").first.click()
    page.get_by_role("heading", name="Juniper has answered").wait_for()
    assert COMMENT not in page.content()
    look("rate-first")
    page.get_by_role("link", name="Add your rating").click()
    for question in page.locator("fieldset", has_text="of 6").all():
        question.get_by_text("Mostly").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("What stood before is kept.").wait_for()
    page.goto(live_server.url + reverse("ratings:case", args=[juniper.code]))
    page.get_by_text(COMMENT).first.wait_for()
