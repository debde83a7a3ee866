"""The therapist's day: who comes next and why that matters, what is not logged, what is new, open, unanswered."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from ratings.cases.actions import end_episode
from ratings.check_in.actions import answer_check_in
from ratings.delivery import schedule
from ratings.models import CheckIn, Rating, SeenRating, WishOutcome
from ratings.today.views.today import WISHES
from sessions.models import TherapySession
from tests.courses import client_answers, consent, held
from tests.factories import days_ago, editor_of, make_episode, make_therapy_session
from tests.ratings.pages import LIST, statements

GENTLY = "would like you to raise something, gently."
THEMSELVES = "has something to say and would rather raise it themselves."
STRAIN = "says something was difficult between you"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # 13:00 in Berlin


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON):
        yield


def plan(episode, hours, **fields):
    """A planned session that begins in so many hours."""
    at = timezone.now() + timedelta(hours=hours)
    return make_therapy_session(episode, starts_at=at, ends_at=at + timedelta(minutes=50), **fields)


def today(http, dana):
    http.force_login(dana.user)
    return http.get("/today/")


def words(page):
    """What is read on a page, from its heading on, past the notice of what was saved."""
    text = page.text
    return " ".join(re.sub(r"<[^>]+>", " ", text[text.index("<h1") :]).split())


def heading(page):
    return words(page)[: re.search(r"Rest of today|Not logged|New |Open |$", words(page)).start()]


# --- The next session -------------------------------------------------------------------------------------------------


def test_the_next_session_is_the_title_and_its_reason_the_lead(http, dana, at_noon, juniper, sorrel, live_through):
    live_through(juniper, [3, 3, 3, 3, 0, 0])
    live_through(sorrel, [3, 3])
    plan(juniper, 1)
    plan(sorrel, 3)
    said = heading(today(http, dana))
    assert said.startswith("Next: Juniper at 14:00")
    assert "Below own usual for 2 sessions." in said
    assert "Sorrel" not in said


def test_a_session_that_runs_is_now_and_one_that_is_over_waits_for_its_log(http, dana, at_noon, juniper, live_through):
    live_through(juniper, [3])
    plan(juniper, -0.5)
    assert heading(today(http, dana)).startswith("Now: Juniper , since 12:30")
    with time_machine.travel(NOON + timedelta(hours=1)):
        day = today(http, dana)
        assert heading(day).startswith("No more sessions today.")
        assert [entry.case.name for entry in day.context["today"].rest] == ["Juniper"]


@pytest.mark.parametrize("attendance", ["cancelled", "voided"])
def test_what_was_called_off_is_not_next(attendance, http, dana, at_noon, juniper, live_through):
    live_through(juniper, [3])
    row = plan(juniper, 1)
    changes = (
        {"attendance": "cancelled"} if attendance == "cancelled" else {"voided_at": timezone.now(), "voided_by": dana}
    )
    TherapySession.objects.filter(pk=row.pk).update(**changes)
    assert heading(today(http, dana)).startswith("No sessions today.")


def test_when_nothing_is_left_the_title_says_what_comes_then(http, dana, at_noon, juniper, live_through):
    live_through(juniper, [3])
    plan(juniper, 20)
    assert heading(today(http, dana)).startswith("No sessions today. Next: Wednesday 25 November, 09:00, Juniper .")


def test_the_numbers_of_a_day_follow_the_sessions(http, dana, at_noon, juniper, live_through):
    live_through(juniper, [3])
    for hours, attendance in ((-4, "attended"), (-3, "no_show"), (2, "planned")):
        plan(juniper, hours, attendance=attendance, logged_at=timezone.now())
    day = today(http, dana).context["today"]
    assert day.next.number == 3
    assert [entry.number for entry in day.rest] == [None, 2], "what is done, the latest first"


# --- What earlier days have left --------------------------------------------------------------------------------------


def test_an_earlier_session_stands_until_it_is_logged_and_says_what_became_of_its_check_in(
    http, dana, at_noon, juniper, sorrel, live_through
):
    live_through(juniper, [3])
    live_through(sorrel, [3])
    left = plan(juniper, -24)
    plan(sorrel, -48)
    day = today(http, dana)
    assert [entry.case.name for entry in day.context["today"].unlogged] == ["Juniper", "Sorrel"]
    assert words(day).count("No check-in went out.") == 2
    CheckIn.objects.create(episode=juniper, therapy_session=left, text=CheckIn.objects.first().text)
    assert "Check-in: no e-mail" in words(today(http, dana))
    TherapySession.objects.filter(pk=left.pk).update(attendance="no_show", logged_at=timezone.now(), logged_by=dana)
    assert [entry.case.name for entry in today(http, dana).context["today"].unlogged] == ["Sorrel"]


# --- What is new ------------------------------------------------------------------------------------------------------


def answered(episode, days, **given):
    """A session of so many days ago, answered two hours later; the rating."""
    consent(episode.client)
    row = held(episode, days)
    with time_machine.travel(row.ends_at + timedelta(hours=2)):
        return answer_check_in(check_in=row.check_in, answers=client_answers(3, **given), may_change=False)


def test_what_is_new_is_ordered_by_its_weight(http, dana, at_noon, instruments):
    for name, days, given in (
        ("Alder", 1, {}),
        ("Bramble", 2, {"comment": "The breathing did help."}),
        ("Comfrey", 3, {"bring_up": "myself"}),
        ("Damson", 4, {"tension": True, "tension_talked_about": False}),
    ):
        answered(make_episode(dana, name), days, **given)
    page = today(http, dana)
    assert [row.name for row in page.context["today"].news] == ["Damson", "Comfrey", "Bramble", "Alder"]
    said = words(page)
    for sentence in (
        f"Damson {STRAIN} , session 1.",
        "haven’t talked about it yet",
        THEMSELVES,
        "The breathing did help.",
    ):
        assert sentence in said
    head = heading(page)
    assert "Damson" in head and "Comfrey" in head, "what can't wait is said above the lists, with its name"
    assert "Alder" not in head and "Bramble" not in head


@pytest.mark.parametrize("tension", [None, True])
def test_answers_to_a_session_that_does_not_count_have_a_day_and_no_number(
    http, dana, at_noon, juniper, instruments, tension
):
    row = answered(juniper, 2, tension=tension).therapy_session
    assert "session 1." in words(today(http, dana))
    TherapySession.objects.filter(pk=row.pk).update(attendance="no_show")
    said = words(today(http, dana))
    assert "session 1." not in said
    assert "22 Nov" in said


def test_new_is_new_until_its_case_was_opened_or_all_are_marked(http, dana, at_noon, juniper, sorrel, instruments):
    rating = answered(juniper, 1)
    answered(sorrel, 2)
    page = today(http, dana)
    assert [row.is_new for row in page.context["today"].news] == [True, True]
    assert today(http, dana).context["today"].has_new, "looking at the list settles nothing"
    http.get(reverse("ratings:case", args=[sorrel.code]))
    assert [row.name for row in today(http, dana).context["today"].news] == ["Juniper"]
    assert http.post(reverse("ratings:news-seen"), {"rating": [rating.code]}).url == "/today/"
    assert today(http, dana).context["today"].news == []


def test_answers_that_were_seen_on_today_can_still_be_changed_and_are_new_again(
    http, dana, at_noon, juniper, instruments
):
    rating = answered(juniper, 0.3, comment="Too fast.")
    today(http, dana)
    http.post(reverse("ratings:news-seen"), {"rating": [rating.code]})
    shown = today(http, dana).context["today"].news
    assert [(row.is_new, row.comment) for row in shown] == [(False, "Too fast.")], "what came today stays, as seen"
    check_in = CheckIn.objects.get()
    assert check_in.read_at is None
    answer_check_in(check_in=check_in, answers=client_answers(2, comment="A bit fast."), may_change=True)
    shown = today(http, dana).context["today"].news
    assert [(row.is_new, row.comment) for row in shown] == [(True, "A bit fast.")]


def test_nobody_marks_what_is_not_theirs(http, dana, noor, at_noon, juniper, instruments):
    rating = answered(juniper, 1)
    http.force_login(noor.user)
    http.post(reverse("ratings:news-seen"), {"rating": [rating.code]})
    assert not SeenRating.objects.exists()
    assert http.post(reverse("ratings:news-seen"), {"rating": ["x"]}).status_code == 404
    assert http.post(reverse("ratings:news-seen")).status_code == 302


def test_what_the_therapist_typed_from_paper_is_not_news(http, dana, at_noon, juniper, instruments):
    rating = answered(juniper, 1)
    Rating.objects.filter(pk=rating.pk).update(mode="paper", entered_by=dana)
    assert today(http, dana).context["today"].news == []


# --- What is open -----------------------------------------------------------------------------------------------------


def test_flags_and_reports_of_clients_who_do_not_come_today_are_open(
    http, dana, at_noon, juniper, sorrel, live_through
):
    live_through(juniper, [3, 3, 3, 3, 0, 0])
    live_through(sorrel, [3, 3, 3, 3, 3])
    planned = plan(juniper, 48)
    page = today(http, dana)
    (row,) = page.context["today"].open
    assert (row.case.name, row.next_at) == ("Juniper", planned.starts_at)
    assert f'href="{reverse("ratings:rupture", args=[juniper.ruptures.get().code])}"' in page.text
    plan(juniper, 1)
    assert today(http, dana).context["today"].open == [], "who comes today is in the day"


def test_a_report_that_was_seen_stays_open_until_the_next_answers(http, dana, at_noon, juniper, instruments):
    rating = answered(juniper, 3, tension=True)
    http.force_login(dana.user)
    http.post(reverse("ratings:news-seen"), {"rating": [rating.code]})
    assert [row.strain.name for row in today(http, dana).context["today"].open] == ["Juniper"]
    answered(juniper, 1)
    assert [row.strain for row in today(http, dana).context["today"].open] == [None], "the repair itself is on"


# --- What a client wants brought up -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("bring_up", "sentence"), [("gently", GENTLY), ("myself", THEMSELVES), ("no", ""), ("", "")])
def test_a_wish_is_said_on_today_and_on_the_case(http, dana, juniper, live_through, bring_up, sentence):
    live_through(juniper, [3], bring_up=bring_up)
    page = words(today(http, dana))
    case = words(http.get(reverse("ratings:case", args=[juniper.code])))
    for text in (page, case):
        assert [wish for wish in (GENTLY, THEMSELVES) if wish in text] == [sentence][: bool(sentence)]
    live_through(juniper, [3], bring_up=bring_up, tension=True)
    assert f"{sentence and 'session 2. They '}{sentence.replace('has', 'have')}" in words(today(http, dana))


def test_a_wish_is_told_to_the_therapist_and_to_nobody_else(http, dana, noor, sam, eve, juniper, sorrel, live_through):
    live_through(juniper, [3], bring_up="gently")
    live_through(sorrel, [3], bring_up="gently")
    plan(juniper, 0)
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


def settle(http, outcome, **given):
    return http.post(reverse("ratings:wish-settle", args=[WISHES.get().code]), {"outcome": outcome} | given)


@pytest.mark.parametrize(("outcome", "stays"), [("brought_up", False), ("they_did", False), ("not_yet", True)])
def test_a_wish_stands_until_the_therapist_says_what_became_of_it(http, dana, juniper, live_through, outcome, stays):
    live_through(juniper, [3, 3], bring_up="gently")
    Rating.objects.filter(therapy_session__starts_at__lt=days_ago(10)).update(bring_up="no")
    held(juniper, 1)
    case = reverse("ratings:case", args=[juniper.code])
    assert GENTLY in words(today(http, dana)), "a session that was held does not settle it"
    assert GENTLY in words(http.get(case))
    assert settle(http, outcome).url == "/today/"
    assert settle(http, outcome, came_from="case").url == case
    open_cases = today(http, dana).context["today"].open
    assert (GENTLY in words(http.get(case)), any(row.wish for row in open_cases)) == (stays, stays)
    assert set(WishOutcome.objects.values_list("outcome", flat=True)) == {outcome}


def test_what_is_no_outcome_is_tampered_with(http, dana, juniper, live_through):
    live_through(juniper, [3], bring_up="gently")
    http.force_login(dana.user)
    for outcome in ("unknown", "", "done"):
        assert settle(http, outcome).status_code == 400
    assert settle(http, "not_yet", came_from="https://elsewhere.example/").status_code == 400
    assert not WishOutcome.objects.exists()


def test_an_older_wish_does_not_come_back_when_the_newest_is_settled(http, dana, juniper, live_through):
    live_through(juniper, [3, 3], bring_up="gently")
    http.force_login(dana.user)
    http.post(
        reverse("ratings:wish-settle", args=[WISHES.latest("therapy_session__starts_at").code]), {"outcome": "they_did"}
    )
    assert GENTLY not in words(http.get(reverse("ratings:case", args=[juniper.code])))


def test_a_wish_that_was_changed_or_whose_therapy_ended_is_not_told(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3], bring_up="gently")
    assert GENTLY in words(today(http, dana))
    answer_check_in(check_in=check_in, answers=client_answers(3, bring_up="no"), may_change=True)
    assert GENTLY not in words(today(http, dana))
    answer_check_in(check_in=check_in, answers=client_answers(3, bring_up="gently"), may_change=True)
    assert GENTLY in words(today(http, dana))
    end_episode(editor=editor_of(juniper), reason="completed")
    http.post(reverse("ratings:news-seen"), {"rating": [WISHES.get().code]})
    page = today(http, dana).context["today"]
    assert (page.open, page.heard) == ([], [])


# --- Not answered -----------------------------------------------------------------------------------------------------


def test_today_counts_what_the_list_of_check_ins_lists(http, dana, juniper, sorrel, live_through):
    live_through(juniper, [None, None, None, None])
    live_through(sorrel, [3, None])
    day, there = today(http, dana), http.get(LIST)
    assert {row.name for row in day.context["today"].unanswered} == {"Juniper", "Sorrel"}
    assert len(there.context["rows"]) == 5
    assert "See all 5 unanswered check-ins" in words(day)
    assert f'href="{LIST}"' in day.text
    assert "Last 4 not answered." in words(day)


def test_an_older_check_in_is_counted_but_not_listed(http, dana, juniper, live_through):
    live_through(juniper, [None] * 3)
    TherapySession.objects.filter(starts_at__gt=days_ago(15)).delete()
    day = today(http, dana)
    assert day.context["today"].unanswered == []
    assert "See the one unanswered check-in" in words(day)


def test_what_is_not_sent_yet_is_counted_and_not_listed_as_not_answered(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    schedule._add(check_in, "first", timezone.now() + timedelta(hours=2))
    day = today(http, dana)
    assert day.context["today"].unanswered == []
    assert "See the one unanswered check-in" in words(day)


@pytest.mark.parametrize(
    ("levels", "held_today", "sentence"),
    [
        ([3, 3, None], False, ""),
        ([3, None, None], False, "Last 2 check-ins not answered."),
        ([None, None, None], False, "Last 3 check-ins not answered."),
        ([3, 3, None], True, ""),  # today's may still come
        ([3, None, None, 3], False, ""),
    ],
)
def test_two_check_ins_left_out_in_a_row_earn_a_mild_word(
    http, dana, at_noon, juniper, live_through, levels, held_today, sentence
):
    live_through(juniper, levels)
    if held_today:
        held(juniper, 1 / 24)
    else:
        plan(juniper, 1)
    page = words(today(http, dana))
    assert ("A mild word may help." in page) is bool(sentence)
    assert sentence in page


# --- All of it --------------------------------------------------------------------------------------------------------


def test_in_an_empty_day_no_list_is_shown(http, dana, at_noon, juniper, instruments):
    answered(juniper, 2)
    http.force_login(dana.user)
    http.get(reverse("ratings:case", args=[juniper.code]))
    TherapySession.objects.update(logged_at=days_ago(2))
    page = today(http, dana)
    assert "<h2" not in page.text[page.text.index("<h1") :]
    assert "No sessions today." in words(page) and "My cases" in words(page)


def test_today_asks_as_often_for_25_cases_as_for_one(http, dana, at_noon, live_through):
    http.force_login(dana.user)
    counts = []
    for names in (["Aspen"], ["Beech", "Cedar"], [f"Client {number}" for number in range(22)]):
        for name in names:
            episode = make_episode(dana, name)
            live_through(episode, [3, 3, None], bring_up="gently", tension=True)
            for hours in (-30, -4, 2, 50):
                plan(episode, hours)
        TherapySession.objects.filter(logged_at__isnull=False).update(logged_at=days_ago(2))
        counts.append(statements(http, "/today/"))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 25
