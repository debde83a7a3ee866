"""The members' pages: what they write to the audit, what they ask of the database, what they refuse."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings import actions, links
from ratings.models import CheckIn, Rating
from sessions.models import PrivateNote, TherapySession
from tests.courses import answers, consent
from tests.factories import make_episode, make_member, make_therapy_session


def statements(http, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert http.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("page", "persona", "expected"),
    [("ratings:today", "dana", 11), ("ratings:cases", "dana", 6), ("ratings:caseload", "sam", 6)],
)
def test_a_list_asks_as_often_for_three_cases_as_for_one(
    page, persona, expected, http, dana, sam, request, live_through
):
    http.force_login(request.getfixturevalue(persona).user)
    counts = []
    for names in (["Juniper"], ["Sorrel", "Bramble"]):
        for name in names:
            episode = make_episode(dana, name)
            live_through(episode, [3, 3, 3, 3, 0, None])
            make_therapy_session(episode, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=50))
        counts.append(statements(http, reverse(page)))
    assert counts == [expected, expected]


def test_a_case_asks_as_often_for_eight_sessions_as_for_two(http, dana, juniper, sorrel, live_through):
    http.force_login(dana.user)
    counts = []
    for episode, levels in ((juniper, [3, 3]), (sorrel, [3, 3, 3, 3, 0, 0, 3, 3])):
        live_through(episode, levels)
        counts.append(statements(http, reverse("ratings:case", args=[episode.code])))
    assert counts[0] == counts[1]


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
    masked = {re.sub(r'"X-CSRFToken": "\w+"', "", page.text) for page in (hidden, missing)}
    assert len(masked) == 1
    denials = AuditEvent.objects.filter(verb="denied")
    assert sorted(denials.values_list("subject_type", "subject_code")) == sorted(
        [("episode", str(juniper.code)), ("episode", "00000000-0000-4000-8000-000000000000")]
    )


# --- Logging a session ------------------------------------------------------------------------------------------------


def logged(**changes):
    day = timezone.localdate() - timedelta(days=1)
    given = {"day": day.isoformat(), "time": "10:00", "minutes": "50", "mode": "video", "attendance": "attended"}
    return given | {key: str(value) for key, value in answers(3).items()} | changes


def test_a_session_is_logged_with_the_own_rating_and_a_private_note(http, dana, juniper, instruments):
    consent(juniper.client)
    http.force_login(dana.user)
    response = http.post(reverse("ratings:session-log", args=[juniper.code]), logged(private_note="Talked about June."))
    assert response.status_code == 302
    therapy_session = TherapySession.objects.get()
    assert (therapy_session.mode, therapy_session.attendance, therapy_session.logged_by) == ("video", "attended", dana)
    assert therapy_session.zone == "Europe/Berlin"
    assert timezone.localtime(therapy_session.starts_at, ZoneInfo("Europe/Berlin")).hour == 10
    assert Rating.objects.get().rater == "therapist"
    assert PrivateNote.objects.get().text.open(juniper.client.data_key) == "Talked about June."
    assert CheckIn.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": "2031-01-01"}, "This lies in the future."),
        ({"day": "1999-01-01"}, "Check the year."),
        ({"day": "2031-02-31"}, "Enter a valid date."),
        ({"day": "9999-12-31"}, "This lies in the future."),
        ({"day": "0001-01-01"}, "Check the year."),
        ({"attendance": "no_show"}, "Which of the two is right?"),
        ({"minutes": "0"}, "greater than or equal to 5"),
        ({"mode": "telepathy"}, "Select a valid choice."),
        ({"attendance": "planned"}, "Select a valid choice."),
        ({"task_sense": "9"}, "Choose one of the answers"),
    ],
)
def test_a_bad_log_keeps_what_was_typed_and_writes_nothing(changes, sentence, http, dana, juniper, instruments):
    http.force_login(dana.user)
    response = http.post(
        reverse("ratings:session-log", args=[juniper.code]), logged(private_note="Typed & kept") | changes
    )
    assert response.status_code == 422
    assert sentence in response.text
    assert "Typed &amp; kept" in response.text
    assert not TherapySession.objects.exists()
    assert not Rating.objects.exists()


def test_two_sessions_at_one_start_and_one_after_the_end_are_form_errors(http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    assert http.post(path, logged()).status_code == 302
    again = http.post(path, logged(mode="phone"))
    assert (again.status_code, TherapySession.objects.count()) == (422, 1)
    assert "There is already a session at this time." in again.text
    juniper.ends_at, juniper.end_reason = timezone.now() - timedelta(days=3), "completed"
    juniper.save()
    late = http.post(path, logged(time="15:00"))
    assert (late.status_code, TherapySession.objects.count()) == (422, 1)
    assert "This therapy had ended by then." in late.text


def test_a_planned_session_is_logged_once(http, dana, juniper, instruments):
    http.force_login(dana.user)
    planned = make_therapy_session(juniper)
    path = reverse("ratings:planned-session-log", args=[planned.code])
    assert http.post(path, logged()).status_code == 302
    assert TherapySession.objects.get().attendance == "attended"
    assert http.post(path, logged()).status_code == 302, "the same click again"
    other = http.post(path, logged(private_note="From the other tab"))
    assert other.status_code == 422
    assert "This session has been logged already." in other.text
    assert "From the other tab" in other.text
    assert TherapySession.objects.count() == Rating.objects.count() == 1


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


# --- What a review found ----------------------------------------------------------------------------------------------


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


def test_a_time_that_did_not_exist_is_a_form_error_and_a_doubled_one_keeps_its_length(http, dana, juniper, instruments):
    http.force_login(dana.user)
    path = reverse("ratings:session-log", args=[juniper.code])
    gap = http.post(path, logged(day="2026-03-29", time="02:30"))
    assert (gap.status_code, TherapySession.objects.count()) == (422, 0)
    assert "The clock went forward over this time" in gap.text
    assert http.post(path, logged(day="2026-10-25", time="02:15")).status_code == 302
    held = TherapySession.objects.get()
    assert held.ends_at - held.starts_at == timedelta(minutes=50)


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
    assert re.findall(r"session \d", page) == ["session 2", "session 3"]


def test_a_form_sent_twice_makes_one_case_and_one_goal(http, dana, juniper, instruments):
    http.force_login(dana.user)
    for _twice in range(2):
        case = http.post(reverse("ratings:case-create"), {"name": "Heron", "consents_to_check_ins": "on"})
        goal = http.post(reverse("ratings:goal-agree", args=[juniper.code]), {"text": "We are working on sleep."})
        assert (case.status_code, goal.status_code) == (302, 302)
    assert dana.episodes.exclude(pk=juniper.pk).count() == 1
    assert juniper.goals.count() == 1


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


def test_a_guessed_answer_gives_no_right_to_change_and_guessing_ends(http, juniper, live_through, settings):
    (check_in,) = live_through(juniper, [3])
    Rating.objects.filter(rater="client").update(received_at=timezone.now() - timedelta(hours=1))
    token = links.mint_check_in_link(check_in=check_in, by=juniper.therapist, channel="screen")
    right = http.post(f"/c/{token}/", answers(3))
    assert (right.status_code, "Thank you" in right.text, "Change your answers" in right.text) == (200, True, False)
    assert "check-in" not in http.cookies
    for guess in [answers(1)] * 10 + [answers(1), answers(3)]:  # from the eleventh on, right looks like wrong
        response = http.post(f"/c/{token}/", guess | {"comment": "Typed & kept"})
        assert (response.status_code, "Typed &amp; kept" in response.text) == (409, True)
    assert "already sent" in http.post(f"/c/{token}/", answers(3)).text
    assert Rating.objects.get(rater="client").answers == answers(3)


def test_the_lead_says_what_became_of_a_flag(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    http.force_login(dana.user)
    rupture = juniper.ruptures.get()
    http.post(reverse("ratings:rupture-set-aside", args=[rupture.code]), {"reason": "A bereavement."})
    page = http.get(reverse("ratings:case", args=[juniper.code])).text
    assert "are below their own usual. The flag was set aside." in page.replace("&#x27;", "'")
    assert "not enough to call it a slip" not in page


def test_a_voided_session_asks_for_nothing_any_more(http, dana, juniper, live_through):
    older, newer = live_through(juniper, [None, None])
    http.force_login(dana.user)
    case = reverse("ratings:case", args=[juniper.code])
    for check_in, voided in ((newer, False), (older, False), (None, True)):
        page = http.get(case).text
        offered = [each for each in (older, newer) if reverse("ratings:check-in-link", args=[each.code]) in page]
        assert offered == ([check_in] if not voided else [])
        if check_in:
            actions.void_session(therapy_session=check_in.therapy_session, reason="Not theirs.", by=dana)


def test_a_second_tap_on_enter_answers_is_the_first_one(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    http.force_login(dana.user)
    day = timezone.localdate(check_in.therapy_session.starts_at, ZoneInfo("Europe/Berlin"))
    given = {"day": day.isoformat(), "comment": "By telephone.", **answers(3)}
    path = reverse("ratings:check-in-enter", args=[check_in.code])
    assert [http.post(path, given).status_code for _tap in range(2)] == [302, 302]
    for other in ({"comment": "Else."}, {"day": (day + timedelta(days=1)).isoformat()}, {"goal_known": 0}):
        assert http.post(path, given | other).status_code == 422
    assert Rating.objects.filter(rater="client").count() == 1


def test_a_wish_outlives_the_correction_of_its_own_sessions_time(http, dana, juniper, live_through):
    (check_in,) = live_through(juniper, [3], bring_up="gently")
    held = check_in.therapy_session
    Rating.objects.filter(rater="client").update(received_at=held.ends_at)
    http.force_login(dana.user)
    assert "gently" in http.get(reverse("ratings:today")).text
    later = held.ends_at + timedelta(hours=1)
    actions.move_session(therapy_session=held, starts_at=later, ends_at=later + timedelta(minutes=50), by=dana)
    assert "gently" in http.get(reverse("ratings:today")).text
    make_therapy_session(juniper, starts_at=later + timedelta(days=1), attendance="attended", logged_at=timezone.now())
    assert "gently" not in http.get(reverse("ratings:today")).text
