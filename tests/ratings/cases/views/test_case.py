"""The page of a case: who reads it, what counts as read then, what it asks of the database; and how a case begins."""

import re
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from alliance.models import AuditEvent
from ratings.check_in.actions import answer_check_in, settle_wish
from ratings.models import Assessment, CheckIn, DetectorVersion, Draw, RepairStep, Rupture
from ratings.record.actions import correct_session, remove_session
from sessions.models import Leave, TherapySession
from sessions.plan.actions import agree_goal
from tests.courses import client_answers, consent, held
from tests.factories import ZONE, editor_of, local_day, make_member, make_therapy_session
from tests.ratings.pages import statements

PAGES = ("case", "case-sheet", "plan", "session-list")


def test_no_page_of_a_case_asks_more_often_for_forty_sessions_than_for_three(http, dana, juniper, sorrel, live_through):
    http.force_login(dana.user)
    counts = []
    for episode, levels in ((juniper, [3, 3, 3]), (sorrel, [3] * 20 + [0, 0] + [3] * 18)):
        agree_goal(editor=editor_of(episode), text="We are working on sleep.")
        live_through(episode, levels, comment="A word.")
        today = statements(http, "/today/")  # before the answers are read
        counts.append([today, *(statements(http, reverse(f"ratings:{page}", args=[episode.code])) for page in PAGES)])
    assert counts[0] == counts[1]


def test_a_case_can_be_read_before_anything_was_replayed_in_its_practice(http, dana, juniper, live_through):
    live_through(juniper, [3, 3])
    for model in (Assessment, Draw, DetectorVersion):
        model.objects.all().delete()
    http.force_login(dana.user)
    assert [http.get(reverse(f"ratings:{page}", args=[juniper.code])).status_code for page in PAGES] == [200] * 4


def test_the_charts_show_what_the_address_asks_for_and_link_to_the_rest(http, dana, juniper, live_through):
    live_through(juniper, [3] * 13)
    http.force_login(dana.user)
    case = reverse("ratings:case", args=[juniper.code])

    def numbers(address):
        return [row.number for row in http.get(address).context["page"].charts.pillars[0].rows]

    assert numbers(case) == numbers(f"{case}?show=all") == numbers(f"{case}?show=made-up") == list(range(1, 14))
    assert numbers(f"{case}?show=last") == list(range(2, 14))
    page = " ".join(http.get(f"{case}?show=last").text.split())
    assert '<a href="?show=last" aria-current="true">Last 12</a>' in page
    assert '<a href="?show=all">All 13</a>' in page


def test_three_sessions_offer_no_choice(http, dana, juniper, live_through):
    live_through(juniper, [3] * 3)
    http.force_login(dana.user)
    with time_machine.travel(TherapySession.objects.latest("starts_at").starts_at, tick=False):  # of one year, all
        assert "?show=" not in http.get(reverse("ratings:case", args=[juniper.code])).text


def test_who_reads_a_leave_on_the_charts_reads_it_below_them_too(http, dana, sam, juniper, live_through):
    live_through(juniper, [3, 3])
    ends_at = timezone.now() - timedelta(days=8)
    Leave.objects.create(therapist=dana, starts_at=ends_at - timedelta(days=4), ends_at=ends_at)
    for reader in (dana, sam):
        http.force_login(reader.user)
        for route in ("case", "case-sheet"):
            page = http.get(reverse(f"ratings:{route}", args=[juniper.code]))
            assert "break or leave" in page.text
            (words,) = page.context["page"].charts.breaks
            assert words.startswith("Leave of the therapist: ")
            assert page.text.count(words) == 7, "in the sentence and the table of each chart, and once below them"


def test_a_reversed_sentence_is_marked_where_its_answer_is_read(http, dana, juniper, live_through):
    """ "I held back: Completely" says little beside a bond of 42 if nobody knows that it is turned."""
    (check_in,) = live_through(juniper, [3])
    http.force_login(dana.user)
    page = reverse("ratings:case", args=[juniper.code])
    assert "reverse-scored" not in http.get(page).text
    ours = check_in.text.instrument
    ours.definition["items"][5]["reversed"] = True
    ours.save()
    text = " ".join(http.get(page).text.split())
    assert text.count("reverse-scored") == 1
    assert 'I could be open, even about hard things. <span class="hint">reverse-scored' in text


def test_opening_a_case_is_audited_and_marks_its_answers_read(http, dana, sam, juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    http.force_login(sam.user)
    http.get(reverse("ratings:case", args=[juniper.code]))
    check_in.refresh_from_db()
    assert check_in.read_at is None, "a supervisor's reading does not settle the answers"
    http.force_login(dana.user)
    http.get(reverse("ratings:case", args=[juniper.code]))
    check_in.refresh_from_db()
    assert check_in.read_at is not None
    events = AuditEvent.objects.filter(verb="read", subject_type="episode").order_by("pk")
    assert [(event.actor_code, event.subject_code) for event in events] == [
        (str(sam.user.code), str(juniper.code)),
        (str(dana.user.code), str(juniper.code)),
    ]


def test_a_hidden_and_a_missing_case_look_alike_and_leave_one_denial_each(http, noor, juniper):
    http.force_login(noor.user)
    hidden = http.get(reverse("ratings:case", args=[juniper.code]))
    missing = http.get("/cases/00000000-0000-4000-8000-000000000000/")
    assert hidden.status_code == missing.status_code == 404
    masked = {re.sub(r'"X-CSRFToken": "\w+"|data-left="\d+"', "", page.text) for page in (hidden, missing)}
    assert len(masked) == 1
    denials = AuditEvent.objects.filter(verb="denied")
    assert sorted(denials.values_list("subject_type", "subject_code")) == sorted(
        [("episode", str(juniper.code)), ("episode", "00000000-0000-4000-8000-000000000000")]
    )


def test_no_comment_is_marked_read_that_was_not_shown(http, dana, juniper, live_through):
    """The latest session has none, and the one before it has not been read yet."""
    live_through(juniper, [3], comment="Please read this.")
    live_through(juniper, [3])
    http.force_login(dana.user)
    address = reverse("ratings:case", args=[juniper.code])
    http.head(address)
    assert not CheckIn.objects.filter(read_at__isnull=False).exists()
    assert "Please read this." in http.get(address).text
    assert CheckIn.objects.filter(read_at__isnull=False).count() == 2
    assert "Please read this." in http.get(address).text


def test_an_older_comment_that_was_shared_is_not_pushed_out_by_those_that_were_not(
    http, dana, sam, juniper, live_through
):
    live_through(juniper, [3], comment="What broke between us.", comment_for="supervisor")
    for number in range(2, 5):
        live_through(juniper, [3], comment=f"For you alone, {number}.")
    address = reverse("ratings:case", args=[juniper.code])
    http.force_login(dana.user)
    http.get(address)  # now all are read, and of hers only the last few are shown
    assert "For you alone, 2." in http.get(address).text
    assert "What broke between us." not in http.get(address).text
    http.force_login(sam.user)
    page = http.get(address).text
    assert "What broke between us." in page
    assert "For you alone" not in page


def corrected(therapy_session, attendance):
    correct_session(
        editor=editor_of(therapy_session.episode), therapy_session=therapy_session, attendance=attendance, mode="video",
        starts_at=therapy_session.starts_at, ends_at=therapy_session.ends_at, text=None, answers=None, noticed="",
        private_note="", note_shown=None,
    )  # fmt: skip


@pytest.mark.parametrize("attendance", ["no_show", "cancelled", "cancelled_late"])
def test_a_comment_about_a_session_that_does_not_count_is_shown(attendance, http, dana, sam, juniper, live_through):
    live_through(juniper, [3])
    live_through(juniper, [3], comment="I was there, in the waiting room.", comment_for="supervisor")
    corrected(TherapySession.objects.latest("starts_at"), attendance)
    for reader in (dana, sam):
        http.force_login(reader.user)
        page = http.get(reverse("ratings:case", args=[juniper.code])).text
        assert "I was there, in the waiting room." in page
        assert "which does not count as a session held" in page


def test_the_lead_says_what_became_of_a_flag(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    http.force_login(dana.user)
    rupture = juniper.ruptures.get()
    http.post(reverse("ratings:rupture-set-aside", args=[rupture.code]), {"reason": "A bereavement."})
    page = http.get(reverse("ratings:case", args=[juniper.code])).text
    assert "are below their own usual. The flag was set aside." in page.replace("&#x27;", "'")
    assert "not enough to call it a slip" not in page


@pytest.mark.time_machine(datetime(2026, 11, 18, 12, tzinfo=UTC))  # a day without its year
def test_a_link_is_offered_for_the_last_session_alone_and_says_its_day(http, dana, juniper, live_through):
    """What is answered through it would be taken for the latest. Older ones are on the pages of their sessions."""
    http.force_login(dana.user)

    def offered():
        page = http.get(reverse("ratings:case", args=[juniper.code])).text
        found = re.findall(r'action="/check-ins/([^/"]+)/link/".*?>([^<]+)</button>', page, re.S)
        return [(code, words.split("for ")[1]) for code, words in found]

    def said(check_in):
        return str(check_in.code), date_format(check_in.therapy_session.starts_at, "j M")

    oldest, older, newer = live_through(juniper, [None, 3, None])
    assert offered() == [said(newer)]
    answer_check_in(check_in=newer, answers=client_answers(3), may_change=False)
    assert offered() == [], "an old one is not offered in its place"
    for gone, left in ((newer, []), (older, [said(oldest)]), (oldest, [])):
        remove_session(
            editor=editor_of(gone.therapy_session.episode), therapy_session=gone.therapy_session, reason="Not theirs."
        )
        assert offered() == left


def test_the_list_of_sessions_counts_as_the_sessions_are_numbered(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3])
    http.force_login(dana.user)

    def said():
        page = http.get(reverse("ratings:case", args=[juniper.code])).text
        return re.search(r'<h2>Sessions</h2>\s*<p class="soft">([^<]*)', page)[1]

    sessions = juniper.therapy_sessions.order_by("starts_at")
    assert said() == "4 sessions"
    for session, attendance, words in (
        (sessions[0], "no_show", "3 sessions, 1 missed"),
        (sessions[1], "no_show", "2 sessions, 2 missed"),
        (sessions[3], "planned", "1 session, 2 missed, 1 not logged"),
        (sessions[1], "cancelled", "1 session, 1 missed, 1 not logged"),
    ):
        juniper.therapy_sessions.filter(pk=session.pk).update(attendance=attendance)
        assert said() == words


def test_paper_says_where_it_is_from_and_of_which_day(http, dana, juniper, live_through):
    live_through(juniper, [3])
    http.force_login(dana.user)
    page = " ".join(http.get(reverse("ratings:case", args=[juniper.code])).text.split())
    today = date_format(timezone.localtime(timezone=ZoneInfo(juniper.client.practice.zone)), "j F Y")
    line = re.search(r'<p class="soft paper"> (.*?) </p>', page)[1]
    assert line.startswith(f"Millrace Practice. Juniper with Dana Whitlock. Printed on {today}. Confidential.")


def test_tension_is_shown_in_words_to_both_who_read_the_answers(http, dana, sam, juniper, live_through):
    live_through(juniper, [3], tension=True, tension_talked_about=False)
    for member in (dana, sam):
        http.force_login(member.user)
        assert "Yes, and not talked about yet" in http.get(reverse("ratings:case", args=[juniper.code])).text


# --- How a case begins ------------------------------------------------------------------------------------------------


def test_a_new_case_starts_with_its_goal_and_consent(http, dana):
    http.force_login(dana.user)
    response = http.post(
        reverse("ratings:case-create"),
        {"name": "Heron", "goal": "We are working on sleep.", "consents_to_check_ins": "on"},
    )
    assert response.status_code == 302
    page = http.get(response.url).text
    assert "Heron" in page
    assert "We are working on sleep." in page
    client = dana.episodes.get().client
    assert [consent.purpose for consent in client.consents.all()] == ["check_in"]


NEW_CASE = {"name": "Heron", "email": "heron@example.org", "agrees_to_email": "on", "consents_to_check_ins": "on"}


def test_a_new_case_can_have_its_first_session_planned_with_it(http, dana, instruments):
    http.force_login(dana.user)
    address, day = reverse("ratings:case-create"), local_day() + timedelta(days=2)
    assert "Berlin time" in http.get(address).text
    given = NEW_CASE | {"first_day": day.isoformat(), "first_time": "09:30", "form_key": str(uuid4())}
    opened = http.post(address, given)
    row = TherapySession.objects.get()
    assert (local_day(row.starts_at), row.attendance) == (day, "planned")
    assert timezone.localtime(row.starts_at, ZONE).strftime("%H:%M") == "09:30"
    assert "The first session is planned for" in http.get(opened.url).text
    assert http.post(address, given).url == opened.url, "sent twice it is one"
    assert TherapySession.objects.count() == 1


@pytest.mark.parametrize(
    ("days", "time", "sentence"),
    [
        (2, "", "Enter the time, too."),
        (None, "10:00", "Enter the day, too."),
        (-1, "10:00", "This lies in the past."),
        (400, "10:00", "more than a year ahead"),
        (3, "10:20", "You see Juniper then"),
    ],
)
def test_a_first_session_that_cannot_be_keeps_what_was_typed(http, dana, juniper, instruments, days, time, sentence):
    taken = datetime.combine(local_day() + timedelta(days=3), clock(10), tzinfo=ZONE)
    make_therapy_session(juniper, starts_at=taken, ends_at=taken + timedelta(minutes=50))
    http.force_login(dana.user)
    day = "" if days is None else (local_day() + timedelta(days=days)).isoformat()
    response = http.post(reverse("ratings:case-create"), NEW_CASE | {"first_day": day, "first_time": time})
    assert (response.status_code, sentence in response.text) == (422, True)
    assert 'value="Heron"' in response.text
    assert dana.episodes.count() == 1, "nothing was written"


def test_nobody_is_asked_who_was_not_asked_first(http, dana, instruments):
    """No tick stands before the client has said so; without it the case opens, and says what is missing."""
    http.force_login(dana.user)
    assert " checked" not in http.get(reverse("ratings:case-create")).text
    case = http.post(reverse("ratings:case-create"), {"name": "Heron"}).url
    episode = dana.episodes.get()
    settings = reverse("ratings:check-in-settings", args=[episode.code])
    page = http.get(case).text
    assert episode.client.agreed_to == set()
    assert f'agrees. Then tick it under <a href="{settings}">' in page
    consent(episode.client)
    assert "No check-in is asked" not in http.get(case).text


def test_an_e_mail_is_written_to_only_with_its_own_consent(http, dana, instruments):
    http.force_login(dana.user)
    address = reverse("ratings:case-create")
    without = http.post(address, {"name": "Heron", "agrees_to_email": "on"})
    assert (without.status_code, dana.episodes.count()) == (422, 0)
    assert "Without an address nobody can be written to." in without.text
    for name, given in (("Heron", {}), ("Tansy", {"agrees_to_email": "on"})):
        http.post(address, {"name": name, "email": "heron@example.org", **given})
    agreed = [episode.client.agreed_to for episode in dana.episodes.order_by("pk")]
    assert agreed == [set(), {"email"}]


def test_a_therapist_in_two_practices_says_which(http, dana, otis, instruments):
    make_member(otis.practice, "Dana Whitlock", user=dana.user)
    http.force_login(dana.user)
    form = http.get(reverse("ratings:case-create")).text
    assert "Millrace Practice" in form
    assert "Weir House" in form
    http.post(reverse("ratings:case-create"), {"name": "Heron", "practice": otis.practice.code})
    assert [client.display_name for client in otis.practice.clients.all()] == ["Heron"]
    assert not dana.episodes.exists()


def test_a_name_that_cannot_be_seen_is_no_name(http, dana, instruments):
    http.force_login(dana.user)
    response = http.post(reverse("ratings:case-create"), {"name": "\u200b\u2060"})
    assert (response.status_code, dana.episodes.count()) == (422, 0)


# --- What now ---------------------------------------------------------------------------------------------------------


def next_thing(http, member, episode):
    http.force_login(member.user)
    now = http.get(reverse("ratings:case", args=[episode.code])).context["page"].now
    return now.text if now else None


def test_what_is_next_follows_what_was_done(http, dana, juniper, live_through):
    *_first, last = live_through(juniper, [3, 3, 3], bring_up="gently")
    assert next_thing(http, dana, juniper) == "Hear what Juniper asked for."
    settle_wish(editor=editor_of(juniper), rating=last.ratings.get(rater="client"), outcome="brought_up")
    assert next_thing(http, dana, juniper) == "Agree on a goal."
    agree_goal(editor=editor_of(juniper), text="We are working on sleep.")
    assert next_thing(http, dana, juniper) is None
    held(juniper, 1)
    assert next_thing(http, dana, juniper) == "Give your own rating of session 4."
    waits = make_therapy_session(juniper, starts_at=timezone.now() - timedelta(hours=2))
    assert next_thing(http, dana, juniper).startswith("Log the session of ")
    page = http.get(reverse("ratings:case", args=[juniper.code])).text
    assert f'<a href="{reverse("ratings:planned-session-log", args=[waits.code])}">Log it</a>' in page


def test_a_repair_is_next_until_it_is_over(http, dana, juniper, live_through):
    agree_goal(editor=editor_of(juniper), text="We are working on sleep.")
    live_through(juniper, [3, 3, 3, 3, 0, 0])
    rupture = Rupture.objects.get()
    assert next_thing(http, dana, juniper) == "Ask about session 6."
    step = {"episode": juniper, "rupture": rupture, "step": "ask", "said_by": dana}
    RepairStep.objects.create(**step, outcome="planned")
    assert next_thing(http, dana, juniper).startswith("You planned a step")
    RepairStep.objects.create(**step, outcome="done")
    assert next_thing(http, dana, juniper).startswith("You took a step")


@pytest.mark.parametrize(
    ("levels", "told", "asked_about"),
    [([3, 3, 3, 3, 1, 0, 1], False, 6), ([3, 3, 3, 3, 1, 0, 1], True, 7), ([3, 3, 3, 3, 3, 3, 3], True, 7)],
    ids=["the clearest", "the last one told of", "told of, and no rating shows it"],
)
def test_a_repair_begins_with_the_session_that_speaks_for_it(
    levels, told, asked_about, http, dana, juniper, live_through
):
    agree_goal(editor=editor_of(juniper), text="We are working on sleep.")
    *_before, last = live_through(juniper, [*levels[:-1], None])
    answer_check_in(check_in=last, answers=client_answers(levels[-1], tension=told), may_change=False)
    assert next_thing(http, dana, juniper) == f"Ask about session {asked_about}."


def test_a_supervisor_sees_the_question_and_no_work_of_the_therapist(http, dana, sam, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0, 0])
    assert next_thing(http, sam, juniper) is None
    http.force_login(dana.user)
    http.post(reverse("ratings:supervision-ask", args=[juniper.code]), {"question": "How do I raise it?"})
    assert next_thing(http, sam, juniper) == "Dana Whitlock asks for supervision:"
