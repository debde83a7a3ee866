"""The therapist's day: what to bring up, what to log, what has not come back."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from ratings.cases.actions import end_episode, move_session
from ratings.check_in.actions import answer_check_in
from ratings.models import Rating
from sessions.models import TherapySession
from tests.courses import client_answers, held
from tests.factories import days_ago, editor_of, make_therapy_session
from tests.ratings.pages import LIST

GENTLY = "asks you to bring something up, gently."
THEMSELVES = "would rather say themselves. Leave room for it."


def test_the_numbers_of_a_day_follow_the_sessions(http, dana, juniper, live_through):
    live_through(juniper, [3])
    start = timezone.localtime(timezone.now(), ZoneInfo("Europe/Berlin")).replace(hour=9, minute=0)
    for hours, attendance in enumerate(["attended", "no_show", "planned"]):
        begins = start + timedelta(hours=hours)
        make_therapy_session(
            juniper,
            starts_at=begins,
            ends_at=begins + timedelta(minutes=50),
            attendance=attendance,
            logged_at=timezone.now(),
        )
    http.force_login(dana.user)
    page = http.get(reverse("ratings:today")).text
    page = page[page.index("<h1") :]
    assert re.findall(r"session \d", page) == ["session 2", "session 3"]


def test_today_leads_there(http, dana, juniper, waiting):
    waiting(juniper)
    http.force_login(dana.user)
    assert f'href="{LIST}"' in http.get("/today/").text


def test_today_counts_what_the_list_of_check_ins_lists(http, dana, juniper, sorrel, live_through):
    live_through(juniper, [None, None, None, None])
    live_through(sorrel, [3, None])
    http.force_login(dana.user)
    today, there = http.get("/today/"), http.get(LIST)
    assert {row.name for row in today.context["today"].waiting} == {"Juniper", "Sorrel"}
    assert len(there.context["rows"]) == 5
    assert "5 check-ins have not come back." in today.text
    assert "<h1> 5 check-ins have not come back. </h1>" in " ".join(there.text.split())


def test_an_older_check_in_is_counted_but_not_listed(http, dana, juniper, live_through):
    live_through(juniper, [None] * 3)
    TherapySession.objects.filter(starts_at__gt=days_ago(15)).delete()
    http.force_login(dana.user)
    today = http.get("/today/")
    assert today.context["today"].waiting == []
    assert "One check-in has not come back." in today.text


# --- What a client wants brought up -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("bring_up", "sentence"), [("gently", GENTLY), ("myself", THEMSELVES), ("no", ""), ("", "")])
def test_a_wish_comes_first_on_today_and_on_the_case(http, dana, juniper, sorrel, live_through, bring_up, sentence):
    live_through(juniper, [3], bring_up=bring_up)
    live_through(sorrel, [3])
    now = timezone.now()
    make_therapy_session(sorrel, starts_at=now, ends_at=now + timedelta(minutes=50))
    http.force_login(dana.user)
    today = http.get(reverse("ratings:today")).text
    case = http.get(reverse("ratings:case", args=[juniper.code])).text
    today = today[today.index("<h1") :]
    if not sentence:
        assert not any(wish in page for wish in (GENTLY, THEMSELVES) for page in (today, case))
        return
    assert sentence in today and sentence in case
    assert today.index(sentence) < today.index(">Sorrel<"), "before the sessions of the day"
    assert case.index(sentence) < case.index("Goals")


def test_a_wish_is_told_to_the_therapist_and_to_nobody_else(http, dana, noor, sam, eve, juniper, sorrel, live_through):
    live_through(juniper, [3], bring_up="gently")
    live_through(sorrel, [3], bring_up="gently")
    now = timezone.now()
    make_therapy_session(juniper, starts_at=now, ends_at=now + timedelta(minutes=50))
    seen = {}
    for member, pages in {
        dana: ["/today/", f"/cases/{juniper.code}/", f"/cases/{sorrel.code}/"],
        sam: ["/caseload/", f"/cases/{juniper.code}/"],
        eve: ["/caseload/", f"/cases/{sorrel.code}/"],
        noor: ["/today/", "/cases/"],
    }.items():
        http.force_login(member.user)
        texts = [http.get(page) for page in pages]
        assert {response.status_code for response in texts} == {200}
        seen[member] = ["gently" in response.text for response in texts]
    assert seen == {dana: [True] * 3, sam: [False] * 2, eve: [False] * 2, noor: [False] * 2}


def test_a_wish_stands_until_a_session_is_held_after_it(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    held(juniper, 3)  # the next session came before the answer: the wish is still for the one after that
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        answer_check_in(check_in=check_in, answers=client_answers(3, bring_up="gently"), may_change=False)
    http.force_login(dana.user)
    case = reverse("ratings:case", args=[juniper.code])
    assert GENTLY in http.get(case).text
    assert GENTLY in http.get(case).text, "reading it does not settle it"
    held(juniper, 1)
    assert GENTLY not in http.get(case).text
    assert GENTLY not in http.get("/today/").text


def test_a_wish_that_was_changed_or_whose_therapy_ended_is_not_told(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3], bring_up="gently")
    http.force_login(dana.user)
    assert GENTLY in http.get("/today/").text
    answer_check_in(check_in=check_in, answers=client_answers(3, bring_up="no"), may_change=True)
    assert GENTLY not in http.get("/today/").text
    answer_check_in(check_in=check_in, answers=client_answers(3, bring_up="gently"), may_change=True)
    assert GENTLY in http.get("/today/").text
    end_episode(editor=editor_of(juniper), reason="completed")
    assert GENTLY not in http.get("/today/").text


def test_a_wish_outlives_the_correction_of_its_own_sessions_time(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3], bring_up="gently")
    held = check_in.therapy_session
    Rating.objects.filter(rater="client").update(received_at=held.ends_at)
    http.force_login(dana.user)
    assert "gently" in http.get(reverse("ratings:today")).text
    later = held.ends_at + timedelta(hours=1)
    move_session(
        editor=editor_of(held.episode), therapy_session=held, starts_at=later, ends_at=later + timedelta(minutes=50)
    )
    assert "gently" in http.get(reverse("ratings:today")).text
    make_therapy_session(juniper, starts_at=later + timedelta(days=1), attendance="attended", logged_at=timezone.now())
    assert "gently" not in http.get(reverse("ratings:today")).text


# --- A mild word ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "held_today", "sentence"),
    [
        ([3, 3, None], False, ""),
        ([3, None, None], False, "The last 2 check-ins did not come."),
        ([None, None, None], False, "The last 3 check-ins did not come."),
        ([3, 3, None], True, ""),  # today's may still come
        ([3, None, None, 3], False, ""),
    ],
)
def test_two_check_ins_left_out_in_a_row_earn_a_mild_word(
    http, dana, juniper, live_through, levels, held_today, sentence
):
    live_through(juniper, levels)
    now = timezone.now().replace(hour=12)
    with time_machine.travel(now + timedelta(hours=1)):
        if held_today:
            held(juniper, 1 / 24)
        else:
            make_therapy_session(juniper, starts_at=now, ends_at=now + timedelta(minutes=50))
        http.force_login(dana.user)
        page = http.get("/today/").text
    assert ("A mild word may help." in page) is bool(sentence)
    assert sentence in page


def test_nobody_left_out_what_was_not_asked(http, dana, juniper, instruments):
    for days in (21, 14, 7):
        held(juniper, days)
    make_therapy_session(juniper, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=50))
    http.force_login(dana.user)
    page = http.get("/today/").text
    assert "Juniper" in page
    assert "did not come" not in page
