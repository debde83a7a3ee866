"""A meeting that is over, and what comes after it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import Supervision
from tests.factories import days_ago, local_day, make_member, make_supervision


def past(http, meeting, member):
    http.force_login(member.user)
    return http.get(reverse("ratings:meeting-past", args=[meeting.code]))


def test_the_last_meeting_names_the_day_of_the_next_one_to_both(http, dana, sam, cases, write, close):
    write(cases[0], note="Said.")
    first = close()
    assert past(http, first, dana).context["page"].next_day is None
    write(cases[0], note="Said more.")
    second = close(next_day=local_day() + timedelta(days=7))
    for member in (dana, sam):
        page = past(http, second, member)
        assert page.context["page"].next_day == local_day() + timedelta(days=7)
        assert "The next meeting is on" in page.text
        assert "The next meeting is on" not in past(http, first, member).text
    Supervision.objects.update(ends_at=timezone.now())
    assert "The next meeting is on" not in past(http, second, dana).text, "nobody can hold it"


@pytest.mark.parametrize("of_one_case", [True, False])
def test_the_page_says_on_which_day_supervision_ended(of_one_case, http, dana, millrace, juniper):
    henrik = make_member(millrace, "Henrik Solberg", "supervisor")
    of = {"episode": juniper} if of_one_case else {"therapist": dana}
    make_supervision(henrik, **of, ends_at=days_ago(1))
    http.force_login(henrik.user)
    page = http.get(reverse("ratings:meeting", args=[dana.code]))
    assert (page.status_code, "The assignment ended on" in page.text) == (403, True)
