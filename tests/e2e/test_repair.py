"""A repair in a browser: started from Today, and taken through its steps."""

import pytest

from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import ClientAnswers
from ratings.models import RepairStep, Rupture
from tests.courses import answers


@pytest.fixture
def named(juniper, live_through):
    """The client says that something did not fit; nobody else does."""
    *_steady, last = live_through(juniper, [3, 3, 3, 3, None])
    said = ClientAnswers(items=answers(3), tension=True, tension_strength="quite", tension_talked_about=False)
    answer_check_in(check_in=last, answers=said, may_change=False)
    return Rupture.objects.get()


def test_a_repair_starts_in_three_clicks_from_today(page, live_server, dana, sign_in, named, look):
    sign_in(dana)
    page.goto(live_server.url + "/today/")
    page.get_by_role("link", name="Start repair").click()
    page.wait_for_url(live_server.url + f"/ruptures/{named.code}/")
    look("repair")
    page.get_by_text("Is that right?").first.click()
    page.get_by_role("button", name="Plan it").click()
    page.get_by_text("The log of that session will ask you").wait_for()
    assert RepairStep.objects.get().outcome == "planned"
    look("repair-planned")
