"""Answers that were typed from paper are set right."""

from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from alliance import dates
from ratings.check_in.actions import answer_check_in, enter_answers
from ratings.models import Rating
from tests.courses import client_answers
from tests.factories import editor_of
from tests.ratings.record.test_views import page_of, plain


def test_answers_from_paper_are_corrected_on_their_page(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    at = check_in.therapy_session.ends_at
    enter_answers(check_in=check_in, answers=client_answers(1), answered_at=at, editor=editor_of(juniper))
    http.force_login(dana.user)
    case = plain(http.get(reverse("ratings:case", args=[juniper.code])))
    said = f"answered on paper or by telephone {dates.day(at)}"
    assert said in case and f"{said}," not in case, "nobody knows the hour"
    address = reverse("ratings:check-in-correct", args=[check_in.code])
    assert address in http.get(page_of(check_in.therapy_session)).text
    form = http.get(address).context["form"]
    assert form["goal_matters"].value() == 1
    assert "whoever covers for you" in form["comment"].help_text, "they read the comment too"
    day = timezone.localtime(at, ZoneInfo("Europe/Berlin")).date().isoformat()
    sent = http.post(address, client_answers(3).items | {"day": day, "comment": "As it says there."})
    assert sent.status_code == 302
    assert Rating.objects.current().get(rater="client").answers == client_answers(3).items
    assert "answers entered from paper were corrected" in plain(http.get(sent.url))
    answer_check_in(check_in=check_in, answers=client_answers(4), may_change=False)
    assert http.get(address).status_code == 302
    late = http.post(address, client_answers(2).items | {"day": day, "comment": ""})
    assert (late.status_code, "Their own answers stand." in late.text) == (422, True)
