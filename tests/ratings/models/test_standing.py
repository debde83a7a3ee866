"""Who says that something did not fit, and what the answers are like in a word."""

import re
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from ratings.check_in.actions import answer_check_in
from ratings.models import CheckIn, Standing
from ratings.supervision.actions import ask_for_supervision
from tests.courses import client_answers, held
from tests.factories import editor_of, make_therapy_session


def test_what_the_client_says_comes_before_what_the_program_found(http, dana, sam, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 0])
    assert juniper.ruptures.get().opened_by == "detector"
    held(juniper, 1)
    check_in = CheckIn.objects.latest("therapy_session__starts_at")
    answer_check_in(check_in=check_in, answers=client_answers(0, tension=True), may_change=False)
    for member, lists in ((dana, ["/cases/", "/today/"]), (sam, ["/caseload/", "/caseload/all/"])):
        http.force_login(member.user)
        page = http.get(reverse("ratings:case", args=[juniper.code])).text
        assert "Juniper says something did not fit." in page and "below their own usual" not in page
        assert "The client says something did not fit." in page and not re.search(r"client says so\b", page)
        for address in lists:
            said = re.sub(r"<option.*?</option>|<details.*?</details>", "", http.get(address).text, flags=re.DOTALL)
            assert "says something" in said, address
            assert "Below own usual" not in said and not re.search(r"client says so\b", said), address
            assert "of these are right" not in said, address


def test_a_pillar_that_lies_below_by_itself_is_said_wherever_the_row_has_one_word(
    http, dana, sam, juniper, live_through
):
    live_through(juniper, [3, 3, 3, 3, 3, 3])
    ask_for_supervision(editor=editor_of(juniper), text="Why?")
    make_therapy_session(juniper, starts_at=timezone.now() + timedelta(minutes=1))
    Standing.objects.filter(episode=juniper).update(words={"overall": "usual", "goal": "below", "task": "usual"})
    for member, addresses in (
        (dana, ["/cases/", "/today/"]),
        (sam, ["/caseload/all/", f"/supervision/with/{dana.code}/"]),
    ):
        http.force_login(member.user)
        for address in addresses:
            page = http.get(address).text
            assert "Goals below own usual" in page and "bout as usual" not in page, address
