"""The page of a session, the list of all, and the forms that correct the record."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from alliance.people.cover import arrange_cover
from ratings.check_in.actions import answer_check_in, enter_answers
from ratings.delivery import schedule
from ratings.models import CheckIn, Rating
from ratings.record.actions import remove_session
from sessions.models import GoalVersion, Modality, PrivateNote, Task, TaskVersion
from sessions.plan import actions as plan_actions
from tests.courses import client_answers
from tests.factories import days_ago, editor_of, local_day, make_therapy_session
from tests.ratings.pages import statements

CANARY = "kanarienvogel"


def page_of(therapy_session):
    return reverse("ratings:session-page", args=[therapy_session.code])


def list_of(episode, query=""):
    return reverse("ratings:session-list", args=[episode.code]) + query


def plain(response):
    return " ".join(response.text.split()).replace("&#x27;", "'").replace("’", "'")


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_both_answers_stand_in_one_row_with_the_usual_beside_a_low_one(http, dana, juniper, live_through):
    *_before, last = live_through(juniper, [3, 3, 3, 3, [3, 3, 1, 3, 3, 3]])
    http.force_login(dana.user)
    page = http.get(page_of(last.therapy_session)).context["page"]
    low = page.answers[2]
    assert (low.client, low.therapist, low.usual, low.is_below) == ("A little", "Mostly", "Mostly", True)
    assert [row.usual for row in page.answers if row != low] == [""] * 5
    assert (page.number, page.before.number, page.after) == (5, 4, None)


def test_of_the_first_four_nothing_is_called_usual(http, dana, juniper, sorrel, live_through):
    *_before, last = live_through(juniper, [3, 3, 3, [3, 3, 0, 3, 3, 3]])
    asked = live_through(sorrel, [3, 3, 3, 3, 3, 3])
    http.force_login(dana.user)
    assert {row.usual for row in http.get(page_of(last.therapy_session)).context["page"].answers} == {""}
    leads = [http.get(page_of(asked[position].therapy_session)).context["page"].lead for position in (0, 3, 5)]
    nothing = "Nothing in Sorrel's answers was below their own usual."
    assert leads == ["Sorrel has answered.", "Sorrel has answered.", nothing]


def test_the_goals_are_those_of_that_time(http, dana, juniper, live_through):
    first, second = live_through(juniper, [3, 3])
    goals = [plan_actions.agree_goal(editor=editor_of(juniper), text=f"Goal {name}.") for name in "AB"]
    for goal, at in zip(goals, (first, second), strict=True):
        goal.agreed_at = at.therapy_session.starts_at
        goal.save()
    http.force_login(dana.user)
    found = [http.get(page_of(check_in.therapy_session)).context["page"].plan.goals for check_in in (first, second)]
    assert found == [["Goal A."], ["Goal A.", "Goal B."]]


def test_goals_and_tasks_stand_in_the_words_of_that_time(http, dana, juniper, live_through):
    first, second = live_through(juniper, [3, 3])
    at, editor = first.therapy_session.starts_at, editor_of(juniper)
    between = at + timedelta(days=2)
    goal = plan_actions.agree_goal(editor=editor, text="Sleep.", agreed_at=at)
    task = plan_actions.agree_task(editor=editor, activity="A thought log.", modality=Modality.WRITING, agreed_at=at)
    stopped = plan_actions.agree_task(editor=editor, activity="Breathing.", modality=Modality.EXERCISE, agreed_at=at)
    plan_actions.reword_goal(editor=editor, goal=goal, text="Sleep through.", revision=1)
    plan_actions.adapt_task(editor=editor, task=task, activity="Voice notes.", modality=Modality.SPEAKING, revision=1)
    GoalVersion.objects.update(replaced_at=between)
    TaskVersion.objects.update(replaced_at=between)
    Task.objects.filter(pk=stopped.pk).update(ended_at=between)
    http.force_login(dana.user)
    pages = [http.get(page_of(check_in.therapy_session)) for check_in in (first, second)]
    plans = [page.context["page"].plan for page in pages]
    assert [plan.goals for plan in plans] == [["Sleep."], ["Sleep through."]]
    assert [plan.tasks for plan in plans] == [["A thought log.", "Breathing."], ["Voice notes."]]
    assert "A thought log." in pages[0].text and "Voice notes." not in pages[0].text


def test_the_sheet_has_the_goals_of_the_plan(http, dana, juniper, live_through):
    live_through(juniper, [3])
    plan_actions.agree_goal(editor=editor_of(juniper), text="Home by six.")
    http.force_login(dana.user)
    assert "Home by six." in http.get(reverse("ratings:case-sheet", args=[juniper.code])).text


def test_the_zone_is_named_where_a_session_is_read_and_corrected(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    http.force_login(dana.user)
    for name in ("session-page", "session-correct"):
        assert "Berlin time" in http.get(reverse(f"ratings:{name}", args=[check_in.therapy_session.code])).text


def test_opening_a_session_is_audited_and_settles_the_answers_to_it_alone(http, dana, sam, juniper, live_through):
    first, second = live_through(juniper, [3, 3])
    for member in (sam, dana):
        http.force_login(member.user)
        http.get(page_of(first.therapy_session))
        read = [CheckIn.objects.get(pk=check_in.pk).read_at is not None for check_in in (first, second)]
        assert read == [member is dana, False]
    events = AuditEvent.objects.filter(verb="read", subject_type="therapysession")
    assert [event.subject_code for event in events] == [str(first.therapy_session.code)] * 2


def test_a_supervisor_reads_what_is_meant_for_them_and_nothing_private(http, dana, sam, juniper, live_through, correct):
    """On every page of the record: the session, its corrections, the list."""
    (check_in,) = live_through(juniper, [3], comment=f"{CANARY} for you alone.", bring_up="gently", tension=True)
    row = check_in.therapy_session
    http.force_login(dana.user)
    correct(row, private_note=f"A {CANARY} in a note.", reason=f"A {CANARY} in a reason.")
    correct(row, private_note=f"A second {CANARY}.")
    addresses = [page_of(row), list_of(juniper), list_of(juniper, "?removed=yes")]
    own = http.get(page_of(row)).text
    for words in ("for you alone", "in a note", f"A second {CANARY}", "raise something, gently"):
        assert words in own
    assert "Comment." in http.get(list_of(juniper)).text
    http.force_login(sam.user)
    for address in addresses:
        page = http.get(address).text.lower()
        for words in (CANARY, "private note", "note.", "gently", "comment."):
            assert words not in page, (address, words)
    Rating.objects.update(comment_for="supervisor")
    assert f"{CANARY} for you alone" in http.get(page_of(row)).text
    assert "Yes" in http.get(page_of(row)).context["page"].tension


def test_the_way_of_the_check_in_is_told_with_its_times(http, dana, juniper, waiting):
    check_in = waiting(juniper, "juniper@example.org")
    schedule.resend(check_ins=[check_in], user=dana.user)
    http.force_login(dana.user)
    assert "An e-mail is due." in plain(http.get(page_of(check_in.therapy_session)))
    http.post(reverse("ratings:check-in-link", args=[check_in.code]))
    answer_check_in(check_in=check_in, answers=client_answers(3), may_change=False)
    http.get(page_of(check_in.therapy_session))
    page = plain(http.get(page_of(check_in.therapy_session)))
    for words in ("A link was shown", "Answered by Juniper.", "Read by you. Since then Juniper can't change"):
        assert words in page
    assert "An e-mail is due." not in page  # nobody reminds who has answered


def test_the_page_says_who_has_read_the_answers(http, dana, noor, sam, juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    address = page_of(check_in.therapy_session)
    arrange_cover(right=editor_of(juniper), covering=noor, starts_at=days_ago(2), ends_at=days_ago(-9))
    for member, said in (
        (noor, "Read by you."), (dana, f"Read by {noor.display_name}."), (sam, f"Read by {noor.display_name}."),
    ):  # fmt: skip
        http.force_login(member.user)
        http.get(address)
        page = plain(http.get(address))
        assert f"{said} Since then Juniper can't change the answers." in page
        assert page.count("Read by") == 1
    CheckIn.objects.update(read_by=None)
    assert "Read. Since then" in plain(http.get(address)), "an earlier program did not keep who it was"


def test_the_pages_of_the_record_ask_as_often_for_eight_sessions_as_for_two(http, dana, juniper, sorrel, live_through):
    http.force_login(dana.user)
    counts = []
    for episode, levels in ((juniper, [3, 3, 3]), (sorrel, [3, 3, 3, 3, 0, 0, 3, 3])):
        check_ins = live_through(episode, levels, comment="A word.")
        for address in (page_of(check_ins[1].therapy_session), list_of(episode)):
            http.get(address)  # marks the answers as read
            counts.append(statements(http, address))
    assert counts[:2] == counts[2:]


def test_the_list_has_all_sessions_and_the_removed_ones_behind_a_link(http, dana, juniper, live_through):
    *kept, gone = live_through(juniper, [3] * 12)
    remove_session(editor=editor_of(juniper), therapy_session=gone.therapy_session, reason="Logged twice.")
    planned = make_therapy_session(juniper, starts_at=timezone.now() + timedelta(days=2))
    http.force_login(dana.user)
    page = http.get(list_of(juniper))
    listed = [row.therapy_session for row in page.context["page"].sessions]
    assert listed == [planned, *(check_in.therapy_session for check_in in reversed(kept))]
    assert "11 sessions, 1 planned." in plain(page)
    assert "1 session removed from the record" in plain(page)
    removed = http.get(list_of(juniper, "?removed=yes"))
    assert [row.therapy_session for row in removed.context["page"].sessions] == [gone.therapy_session]
    assert page_of(gone.therapy_session) in removed.text


def test_an_empty_list_says_so_once(http, dana, juniper):
    http.force_login(dana.user)
    said = plain(http.get(list_of(juniper)))
    assert [said.count(words) for words in ("No session held.", "No session yet.")] == [1, 0]
    said = plain(http.get(list_of(juniper, "?removed=yes")))
    assert [said.count(words) for words in ("None was removed.", "These do not count.")] == [1, 0]


def test_the_case_leads_to_its_sessions(http, dana, juniper, live_through):
    check_ins = live_through(juniper, [3] * 7)
    http.force_login(dana.user)
    page = http.get(reverse("ratings:case", args=[juniper.code]))
    assert list_of(juniper) in page.text
    last_five = page.text.split('id="sessions"')[1]
    shown = [page_of(check_in.therapy_session) in last_five for check_in in check_ins]
    assert shown == [False] * 2 + [True] * 5


def test_the_sheet_names_people_and_carries_nothing_private(http, dana, sam, juniper, live_through, correct):
    """The same, whoever prints it."""
    first, second = live_through(juniper, [3, None], comment=f"{CANARY} for you alone.", bring_up="gently")
    shared = client_answers(3, comment="For both of you.", comment_for="supervisor")
    answer_check_in(check_in=second, answers=shared, may_change=False)
    http.force_login(dana.user)
    assert correct(first.therapy_session, private_note=f"A {CANARY} in a note.").status_code == 302
    pages = []
    for member in (dana, sam):
        http.force_login(member.user)
        page = http.get(reverse("ratings:case-sheet", args=[juniper.code]))
        assert CANARY not in page.text
        assert "gently" not in page.text
        assert "For both of you." in page.text
        assert '<th scope="col"><bdi>Dana Whitlock</bdi></th>' in plain(page).replace("> <", "><")
        assert "Question for supervision" in page.text
        pages.append(page.context["page"])
    assert pages[0] == pages[1]


def test_each_point_and_each_number_of_a_chart_leads_to_its_session(http, dana, juniper, live_through):
    check_ins = live_through(juniper, [3, None, 1])
    http.force_login(dana.user)
    addresses = [page_of(check_in.therapy_session) for check_in in check_ins]
    for pillar in http.get(reverse("ratings:case", args=[juniper.code])).context["page"].charts.pillars:
        assert [row.address for row in pillar.rows] == addresses
        points = {trace["name"]: trace["customdata"] for trace in pillar.figure["data"] if "customdata" in trace}
        assert points["therapist"] == addresses
        assert {*points["client"], *points["below"]} == {addresses[0], addresses[2]}


# --- Correcting -------------------------------------------------------------------------------------------------------


def test_each_field_is_corrected_on_the_page_and_the_first_entry_stays_in_sight(
    http, dana, juniper, live_through, correct
):
    (check_in,) = live_through(juniper, [3])
    row = check_in.therapy_session
    local = timezone.localtime(row.starts_at, ZoneInfo("Europe/Berlin"))
    day = (local - timedelta(days=1)).date().isoformat()
    http.force_login(dana.user)
    for changed, words in (
        ({"attendance": "no_show"}, "Attendance: "),
        ({"attendance": "attended"}, "Attendance: "),
        ({"mode": "video"}, "Mode: in person, now video."),
        ({"day": day, "time": "17:30"}, "17:30 to 18:20."),
        ({"goal_matters": "1"}, ": Mostly, now A little."),
        ({"noticed": "both"}, "Noticed between you: left out, now Both."),
        ({"private_note": "Ask next time."}, "Private note added."),
        ({"private_note": "Ask again."}, "Private note changed. The earlier version is kept."),
    ):
        sent = correct(row, **changed, reason="Wrong button.")
        assert (sent.status_code, sent.url) == (302, page_of(row)), changed
        assert words in plain(http.get(page_of(row))), changed
    page = plain(http.get(page_of(row)))
    assert "Wrong button." in page
    assert "1 earlier version" in page
    assert [line for entry in http.get(page_of(row)).context["page"].changes for line in entry.lines][-1].startswith(
        "Attendance"
    )


@pytest.mark.parametrize(("after", "is_told"), [(1, True), (0, False), (-60_000_000, False)])
def test_a_note_is_told_as_added_from_the_first_instant_after_the_log(
    http, dana, juniper, live_through, correct, after, is_told
):
    """In microseconds; a note from before is of a log that was undone."""
    (check_in,) = live_through(juniper, [3])
    row = check_in.therapy_session
    http.force_login(dana.user)
    correct(row, private_note="Ask next time.")
    row.logged_at = PrivateNote.objects.get().written_at - timedelta(microseconds=after)
    row.save()
    assert ("Private note added." in plain(http.get(page_of(row)))) is is_told


def test_a_form_sent_as_it_is_changes_nothing(http, dana, juniper, live_through, correct):
    (check_in,) = live_through(juniper, [3])
    before = list(Rating.objects.values_list("pk", "replaced_at"))
    starts_at = check_in.therapy_session.starts_at
    http.force_login(dana.user)
    assert correct(check_in.therapy_session).status_code == 302
    check_in.therapy_session.refresh_from_db()
    assert check_in.therapy_session.starts_at == starts_at, "to the second"
    assert list(Rating.objects.values_list("pk", "replaced_at")) == before
    assert not check_in.therapy_session.changes.exists()
    assert "Nothing is changed: it stood so already." in plain(http.get(page_of(check_in.therapy_session)))


@pytest.mark.parametrize("changed", [{"mode": "video"}, {"noticed": "both"}, {"private_note": "Ask next time."}])
def test_each_change_alone_is_said_to_be_a_correction(http, dana, juniper, live_through, correct, changed):
    (check_in,) = live_through(juniper, [3])
    http.force_login(dana.user)
    correct(check_in.therapy_session, **changed)
    assert "Saved. What stood before is kept." in plain(http.get(page_of(check_in.therapy_session)))


def test_what_cannot_be_is_said_and_what_was_typed_stays(http, dana, juniper, live_through, correct):
    first, second = live_through(juniper, [3, 3])
    there = timezone.localtime(first.therapy_session.starts_at, ZoneInfo("Europe/Berlin"))
    there = there.replace(hour=12, minute=0, second=0, microsecond=0)
    first.therapy_session.starts_at, first.therapy_session.ends_at = there, there + timedelta(minutes=50)
    first.therapy_session.save()
    http.force_login(dana.user)
    ahead = (local_day() + timedelta(days=3)).isoformat()
    for changed in ({"day": ahead}, {"day": there.date().isoformat(), "time": "12:00"}, {"attendance": "vanished"}):
        sent = correct(second.therapy_session, **changed, private_note="Typed & kept.")
        assert (sent.status_code, "Typed &amp; kept." in sent.text) == (422, True), changed
    assert not PrivateNote.objects.exists()


def test_of_a_note_changed_in_two_tabs_both_texts_come_back(http, dana, juniper, live_through, correct):
    (check_in,) = live_through(juniper, [3])
    row = check_in.therapy_session
    http.force_login(dana.user)
    correct(row, private_note="From the other tab.")
    told = correct(row, private_note="From this tab.", note_shown="")
    assert told.status_code == 422
    assert "changed in another window meanwhile" in told.text
    box = told.context["form"]["private_note"].value()
    assert box == "From the other tab.\n\nFrom this tab."
    assert PrivateNote.objects.count() == 1
    saved = correct(row, private_note="Made one.")
    assert saved.status_code == 302
    assert PrivateNote.objects.current().get().text.open(juniper.client.data_key) == "Made one."


def test_a_session_is_removed_with_a_reason_and_brought_back(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    row = check_in.therapy_session
    http.force_login(dana.user)
    path = reverse("ratings:session-remove", args=[row.code])
    assert http.post(path, {"reason": " "}).status_code == 422
    assert http.post(path, {"reason": "Logged for somebody else."}).url == page_of(row)
    page = plain(http.get(page_of(row)))
    assert "Logged for somebody else." in page
    assert "They do not count." in page
    assert http.get(reverse("ratings:case", args=[juniper.code])).context["page"].sessions == []
    back = http.post(reverse("ratings:session-bring-back", args=[row.code]))
    page = plain(http.get(back.url))
    assert "its answers count again" in page
    assert "Logged for somebody else." in page, "that it was removed stays in sight"
    make_therapy_session(juniper, starts_at=row.starts_at + timedelta(minutes=10))
    http.post(path, {"reason": "Again."})
    refused = http.post(reverse("ratings:session-bring-back", args=[row.code]), follow=True)
    assert "Another session is on record at this time." in refused.text


def test_the_page_says_what_moves_and_what_stays_before_a_session_is_refiled(
    http, dana, sam, juniper, teasel, live_through
):
    sent, paper = live_through(juniper, [3, None])
    at = paper.therapy_session.ends_at
    enter_answers(check_in=paper, answers=client_answers(1), answered_at=at, editor=editor_of(juniper))
    http.force_login(dana.user)
    for check_in, moves, stays in ((sent, False, True), (paper, True, False)):
        page = plain(http.get(reverse("ratings:session-refile", args=[check_in.therapy_session.code])))
        assert ("Also the answers that you entered from paper." in page) == moves
        assert ("sent stay here with it." in page) == stays
    path = reverse("ratings:session-refile", args=[sent.therapy_session.code])
    assert http.post(path, {}).status_code == 422
    assert http.post(path, {"case": str(juniper.code)}).status_code == 422, "not under the same client again"
    done = http.post(path, {"case": str(teasel.code), "reason": "Wrong name."})
    there = teasel.therapy_sessions.get()
    assert done.url == page_of(there)
    assert "It had been logged under another client." in plain(http.get(done.url))
    old = plain(http.get(page_of(sent.therapy_session)))
    assert page_of(there) in old
    assert "Bring this session back" not in old
    assert "Juniper" not in http.get(done.url).text, "one client's record does not name the other"
    http.force_login(sam.user)
    assert "Teasel" not in http.get(page_of(sent.therapy_session)).text


def test_a_planned_session_is_logged_and_not_corrected(http, dana, juniper, live_through):
    live_through(juniper, [3, 3])
    planned = make_therapy_session(juniper)
    http.force_login(dana.user)
    sent = http.get(reverse("ratings:session-correct", args=[planned.code]))
    assert sent.url == reverse("ratings:planned-session-log", args=[planned.code])
    assert "This session has not been logged yet." in http.get(page_of(planned)).text
