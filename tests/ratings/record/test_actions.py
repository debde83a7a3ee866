"""What was logged wrong is set right, and the assessments are those of a record that had been right from the start."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alliance.refusal import Refused
from ratings.cases.actions import log_session
from ratings.check_in.actions import (
    AlreadyAnswered,
    SessionVoided,
    answer_check_in,
    correct_entered_answers,
    enter_answers,
    mark_seen,
    settle_wish,
)
from ratings.check_in.answers import PlanAnswer, PlanAnswers
from ratings.check_in.plan_questions import plan_questions
from ratings.check_in.wishes import wishes
from ratings.models import Assessment, CheckIn, Rating, Rupture, SeenRating, Standing, WishOutcome
from ratings.plan.queries import refused_goals
from ratings.record.actions import NoteChanged, bring_back_session, correct_session, refile_session, remove_session
from ratings.record.session_page import session_page
from sessions.models import PrivateNote, TherapySession
from sessions.plan.actions import agree_goal
from tests.courses import answers, client_answers, consent
from tests.factories import days_ago, editor_of, make_episode


def corrected(therapy_session, **changes):
    """The session corrected in these points, the rest as it is on record."""
    therapy_session.refresh_from_db()
    own = Rating.objects.filter(therapy_session=therapy_session, rater="therapist", replaced_at=None).first()
    note = PrivateNote.objects.filter(therapy_session=therapy_session, replaced_at=None).first()
    as_it_is = {
        "starts_at": therapy_session.starts_at,
        "ends_at": therapy_session.ends_at,
        "mode": therapy_session.mode,
        "attendance": therapy_session.attendance,
        "text": own.text if own else CheckIn.objects.first().text,
        "answers": own.answers if own else {},
        "noticed": own.noticed if own else "",
        "private_note": note.text.open(therapy_session.episode.client.data_key) if note else "",
        "note_shown": note.code if note else None,
    }
    correct_session(editor=editor_of(therapy_session.episode), therapy_session=therapy_session, **as_it_is | changes)


# --- Each field -------------------------------------------------------------------------------------------------------


def test_time_mode_and_attendance_keep_what_they_were(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    row = check_in.therapy_session
    was = (row.starts_at, row.ends_at, row.mode, row.attendance)
    earlier = row.starts_at - timedelta(hours=2)
    corrected(row, starts_at=earlier, ends_at=earlier + timedelta(minutes=30), mode="video", attendance="no_show")
    row.refresh_from_db()
    assert (row.starts_at, row.mode, row.attendance) == (earlier, "video", "no_show")
    kept = row.changes.get()
    assert (kept.starts_at, kept.ends_at, kept.mode, kept.attendance) == was
    assert (kept.kind, kept.changed_by) == ("corrected", juniper.therapist)


def test_without_a_change_nothing_is_written(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    before = Rating.objects.count()
    corrected(check_in.therapy_session)
    assert not check_in.therapy_session.changes.exists()
    assert (Rating.objects.count(), PrivateNote.objects.count()) == (before, 0)


def test_the_own_rating_is_a_new_row_and_the_first_stays(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    corrected(check_in.therapy_session, answers=answers(1), noticed="pulling_back", reason="Wrong button.")
    old, new = Rating.objects.filter(rater="therapist").order_by("pk")
    assert (old.answers, old.replaced_by, old.replaced_reason) == (answers(3), juniper.therapist, "corrected")
    assert (new.answers, new.noticed, new.replaced_at) == (answers(1), "pulling_back", None)
    assert check_in.therapy_session.changes.get().reason.open(juniper.client.data_key) == "Wrong button."


def test_an_own_rating_can_be_taken_back_and_given_where_there_was_none(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    corrected(check_in.therapy_session, answers={})
    assert not Rating.objects.current().filter(rater="therapist").exists()
    corrected(check_in.therapy_session, answers=answers(2))
    assert Rating.objects.current().get(rater="therapist").answers == answers(2)


def test_a_note_has_versions_and_an_emptied_one_is_a_version(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    key = juniper.client.data_key
    for text in ("First.", "Second.", ""):
        corrected(check_in.therapy_session, private_note=text)
    versions = list(PrivateNote.objects.order_by("pk"))
    assert [note.text.open(key) for note in versions] == ["First.", "Second.", ""]
    assert [note.replaced_at is None for note in versions] == [False, False, True]


def test_a_note_that_was_changed_meanwhile_is_not_written_over(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    corrected(check_in.therapy_session, private_note="From the other tab.")
    with pytest.raises(NoteChanged) as raised, transaction.atomic():
        corrected(check_in.therapy_session, private_note="From this tab.", note_shown=None, mode="phone")
    assert raised.value.note.text.open(juniper.client.data_key) == "From the other tab."
    check_in.therapy_session.refresh_from_db()
    assert check_in.therapy_session.mode == "in_person", "nothing half-written"
    assert PrivateNote.objects.count() == 1


def test_answers_from_paper_are_corrected_and_those_of_the_client_are_not(juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    editor, at = editor_of(juniper), check_in.therapy_session.ends_at
    enter_answers(check_in=check_in, answers=client_answers(1), answered_at=at, editor=editor)
    right = client_answers(3, comment="As on paper.")
    for _tap in range(2):
        correct_entered_answers(check_in=check_in, answers=right, answered_at=at, editor=editor)
    old, new = Rating.objects.filter(rater="client").order_by("pk")
    assert (old.replaced_reason, old.replaced_by) == ("corrected", juniper.therapist)
    assert (new.answers, new.mode, new.replaced_at) == (answers(3), "paper", None)
    answer_check_in(check_in=check_in, answers=client_answers(4), may_change=False)
    with pytest.raises(AlreadyAnswered):
        correct_entered_answers(check_in=check_in, answers=right, answered_at=at, editor=editor)
    assert Rating.objects.current().get(rater="client").answers == answers(4)


# --- What follows -----------------------------------------------------------------------------------------------------


def test_answers_to_a_missed_session_stay_and_count_again_with_it(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    corrected(check_in.therapy_session, attendance="no_show")
    assert (Standing.objects.get().sessions_held, Standing.objects.get().check_ins_answered) == (0, 0)
    assert Rating.objects.filter(replaced_at=None).count() == 2
    corrected(check_in.therapy_session, attendance="attended")
    assert (Standing.objects.get().sessions_held, Standing.objects.get().check_ins_answered) == (1, 1)


def test_a_missed_session_that_took_place_is_asked_about(juniper, instruments):
    consent(juniper.client)
    start = days_ago(1)
    row = log_session(
        editor=editor_of(juniper), starts_at=start, ends_at=start + timedelta(minutes=50), zone="UTC", mode="video",
        attendance="no_show",
    )  # fmt: skip
    assert not CheckIn.objects.exists()
    correct_session(
        editor=editor_of(juniper), therapy_session=row, starts_at=start, ends_at=row.ends_at, mode="video",
        attendance="attended", text=None, answers={}, noticed="", private_note="", note_shown=None,
    )  # fmt: skip
    assert CheckIn.objects.get().therapy_session == row


def test_a_rupture_whose_evidence_was_corrected_away_is_withdrawn(juniper, live_through):
    *_before, last = live_through(juniper, [3, 3, 3, 3, 1])
    rupture = Rupture.objects.get()
    assert rupture.state == "open"
    corrected(last.therapy_session, attendance="no_show")
    rupture.refresh_from_db()
    assert rupture.state == "withdrawn"
    assert Standing.objects.get().rupture is None


def test_a_removed_session_comes_back_with_its_answers_and_its_reason(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    row, editor = check_in.therapy_session, editor_of(juniper)
    remove_session(editor=editor, therapy_session=row, reason="Logged twice.")
    assert Standing.objects.get().sessions_held == 0
    for _tap in range(2):
        bring_back_session(editor=editor, therapy_session=row)
    row.refresh_from_db()
    assert (row.voided_at, row.voided_by, row.voided_reason) == (None, None, None)
    assert (Standing.objects.get().sessions_held, Standing.objects.get().check_ins_answered) == (1, 1)
    removed, back = row.changes.order_by("pk")
    assert (removed.kind, back.kind) == ("removed", "brought_back")
    assert removed.reason.open(juniper.client.data_key) == "Logged twice."


def test_what_is_gone_is_not_corrected_and_a_taken_time_is_not_taken_back(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    row, editor = check_in.therapy_session, editor_of(juniper)
    remove_session(editor=editor, therapy_session=row, reason="Logged twice.")
    with pytest.raises(SessionVoided):
        corrected(row, mode="phone")
    start = row.starts_at + timedelta(minutes=30)
    log_session(
        editor=editor, starts_at=start, ends_at=start + timedelta(minutes=50), zone="UTC", mode="video",
        attendance="no_show",
    )  # fmt: skip
    with pytest.raises(Refused, match="Another session is on record at this time"):
        bring_back_session(editor=editor, therapy_session=row)
    row.refresh_from_db()
    assert row.voided_at is not None


# --- Under the right client -------------------------------------------------------------------------------------------


def test_a_refiled_session_takes_the_therapists_part_along_and_leaves_the_clients(juniper, teasel, live_through):
    consent(teasel.client)
    (check_in,) = live_through(juniper, [3], comment="Mine, not Teasel's.")
    row = check_in.therapy_session
    for text in ("About Teasel.", "About Teasel, and more."):
        corrected(row, private_note=text, mode="phone", reason="On the phone.")
    there = refile_session(editor=editor_of(juniper), to=editor_of(teasel), therapy_session=row)
    key = teasel.client.data_key
    assert (there.episode, there.starts_at, there.mode, there.attendance) == (
        teasel, row.starts_at, "phone", "attended"
    )  # fmt: skip
    assert {rating.therapy_session for rating in Rating.objects.filter(rater="therapist")} == {there}
    assert [note.text.open(key) for note in PrivateNote.objects.filter(episode=teasel).order_by("pk")] == [
        "About Teasel.",
        "About Teasel, and more.",
    ]
    assert {change.reason.open(key) for change in there.changes.filter(reason__isnull=False)} == {"On the phone."}
    own = Rating.objects.get(rater="client")
    assert (own.therapy_session, own.episode, own.comment.open(juniper.client.data_key)) == (
        row, juniper, "Mine, not Teasel's."
    )  # fmt: skip
    row.refresh_from_db()
    assert row.voided_at is not None
    assert row.refiled_to == there
    assert CheckIn.objects.filter(therapy_session=there, ratings=None).exists(), "Teasel is asked"
    assert [juniper.standing.sessions_held, teasel.standing.sessions_held] == [0, 1]
    assert not PrivateNote.objects.filter(episode=juniper).exists()


def test_filed_back_it_is_the_first_session_again(juniper, teasel, live_through):
    (check_in,) = live_through(juniper, [3])
    row = check_in.therapy_session
    there = refile_session(editor=editor_of(juniper), to=editor_of(teasel), therapy_session=row)
    back = refile_session(editor=editor_of(teasel), to=editor_of(juniper), therapy_session=there)
    assert back == row
    row.refresh_from_db()
    there.refresh_from_db()
    assert (row.voided_at, row.refiled_to, there.refiled_to) == (None, None, row)
    standing = Standing.objects.get(episode=juniper)
    assert (standing.sessions_held, standing.check_ins_answered) == (1, 1)


def test_answers_from_paper_move_and_are_sealed_anew(juniper, teasel, live_through):
    (check_in,) = live_through(juniper, [None])
    editor, at = editor_of(juniper), check_in.therapy_session.ends_at
    enter_answers(check_in=check_in, answers=client_answers(2, comment="On paper."), answered_at=at, editor=editor)
    there = refile_session(editor=editor, to=editor_of(teasel), therapy_session=check_in.therapy_session)
    moved = Rating.objects.get(rater="client")
    assert (moved.episode, moved.therapy_session, moved.check_in.therapy_session) == (teasel, there, there)
    assert moved.comment.open(teasel.client.data_key) == "On paper."
    standing = Standing.objects.get(episode=teasel)
    assert (standing.sessions_held, standing.check_ins_answered) == (1, 1)


def test_answers_about_one_plan_are_never_taken_for_answers_about_another(juniper, teasel, live_through):
    work = agree_goal(editor=editor_of(juniper), text="We are working on work.")
    sleep = agree_goal(editor=editor_of(teasel), text="We are working on sleep.")
    *_others, check_in = live_through(juniper, [3, 3, None])
    plan = PlanAnswers("yes", goals=(PlanAnswer(str(work.code), 1, "no"),))
    paper = {"answered_at": days_ago(1), "editor": editor_of(juniper)}
    enter_answers(check_in=check_in, answers=client_answers(2, plan=plan), **paper)
    assert [goal.name for goal in refused_goals([juniper.pk, teasel.pk])] == ["Juniper"]
    row, cases = check_in.therapy_session, [juniper.pk, teasel.pk]
    there = refile_session(editor=editor_of(juniper), to=editor_of(teasel), therapy_session=row)
    assert refused_goals(cases) == [], "Teasel has said nothing of Juniper's goal"
    dana = juniper.therapist.user
    assert session_page(there, dana).of_another_plan == 1
    asked = CheckIn.objects.get(therapy_session=there)
    assert [question.code for question in plan_questions(asked).goals] == [str(sleep.code)]
    plan = PlanAnswers("yes", goals=(PlanAnswer(str(sleep.code), 1, "not_quite"),))
    paper["editor"] = editor_of(teasel)
    correct_entered_answers(check_in=asked, answers=client_answers(2, plan=plan), **paper)
    assert [(goal.name, goal.text) for goal in refused_goals(cases)] == [("Teasel", "We are working on sleep.")]
    assert session_page(there, dana).of_another_plan == 0


def test_what_was_seen_and_said_of_answers_on_paper_goes_along_and_a_wish_is_asked_about_anew(
    juniper, teasel, live_through
):
    *_others, check_in = live_through(juniper, [3, None])
    editor, at = editor_of(juniper), days_ago(1)
    asked = client_answers(2, bring_up="gently")
    rating = enter_answers(check_in=check_in, answers=asked, answered_at=at, editor=editor)
    mark_seen([rating], by=juniper.therapist)
    settle_wish(editor=editor, rating=rating, outcome="brought_up")
    assert wishes([juniper.pk]) == []
    refile_session(editor=editor, to=editor_of(teasel), therapy_session=check_in.therapy_session)
    assert SeenRating.objects.get(rating=rating).episode == teasel
    assert WishOutcome.objects.get(rating=rating).episode == teasel
    assert [wish.name for wish in wishes([juniper.pk, teasel.pk])] == ["Teasel"]


def test_what_the_log_of_a_refiled_session_said_of_a_wish_is_taken_back(juniper, teasel, live_through):
    asked, later = live_through(juniper, [3, None], bring_up="gently")
    rating, row = Rating.objects.get(check_in=asked, rater="client"), later.therapy_session
    settle_wish(editor=editor_of(juniper), rating=rating, outcome="brought_up", therapy_session=row)
    assert wishes([juniper.pk]) == []
    refile_session(editor=editor_of(juniper), to=editor_of(teasel), therapy_session=row)
    assert [wish.name for wish in wishes([juniper.pk])] == ["Juniper"]


def test_a_session_goes_to_no_time_that_is_taken_and_to_no_ended_therapy(juniper, teasel, live_through):
    (check_in,) = live_through(juniper, [3])
    (theirs,) = live_through(teasel, [3])
    row = check_in.therapy_session
    theirs.therapy_session.starts_at, theirs.therapy_session.ends_at = row.starts_at, row.ends_at
    theirs.therapy_session.save()
    with pytest.raises(Refused, match="another session on record at this time"):
        refile_session(editor=editor_of(juniper), to=editor_of(teasel), therapy_session=row)
    ended = make_episode(juniper.therapist, "Wren", ends_at=days_ago(300), end_reason="completed")
    with pytest.raises(Refused, match="had ended by then"):
        refile_session(editor=editor_of(juniper), to=editor_of(ended), therapy_session=row)
    assert TherapySession.objects.not_voided().filter(episode=juniper).count() == 1


# --- The same as if it had been right from the start ------------------------------------------------------------------

STEPS = st.one_of(
    st.tuples(st.just("attendance"), st.integers(0, 4), st.sampled_from(["attended", "no_show", "cancelled"])),
    st.tuples(st.just("own"), st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.just("earlier"), st.integers(0, 4), st.integers(1, 40)),
    st.tuples(st.just("remove"), st.integers(0, 4), st.none()),
    st.tuples(st.just("back"), st.integers(0, 4), st.none()),
)


def meaning(episode):
    """What the record of an episode comes to: each assessment, and the figures of its standing."""
    assessments = Assessment.objects.filter(episode=episode).order_by("therapy_session__starts_at")
    columns = ("state", "score", "probability", "alert", "kind", "pillars", "points", "notes")
    left_out = {"episode", "updated_at", "rupture"}
    standing = Standing.objects.get(episode=episode)
    return (
        [tuple(getattr(row, column) for column in columns) for row in assessments],
        {field.name: getattr(standing, field.name) for field in Standing._meta.fields if field.name not in left_out},
        standing.rupture and standing.rupture.state,
    )


def logged_afresh(dana, rows):
    """Another case with the sessions that are on record, logged right at once."""
    fresh = make_episode(dana, "Fresh")
    consent(fresh.client)
    for row in rows:
        own = row.ratings.filter(rater="therapist", replaced_at=None).first()
        log_session(
            editor=editor_of(fresh), starts_at=row.starts_at, ends_at=row.ends_at, zone=row.zone, mode=row.mode,
            attendance=row.attendance, answers=own.answers if own and row.attendance == "attended" else None,
        )  # fmt: skip
    for row in rows:
        sent = row.ratings.filter(rater="client", replaced_at=None).first()
        if sent and row.attendance == "attended":
            check_in = CheckIn.objects.get(episode=fresh, therapy_session__starts_at=row.starts_at)
            answer_check_in(check_in=check_in, answers=client_answers(list(sent.answers.values())), may_change=False)
    return fresh


@example(steps=[("attendance", 4, "no_show")])
@example(steps=[("remove", 2, None), ("own", 4, 0), ("back", 2, None), ("earlier", 4, 10)])
@example(steps=[("earlier", 4, 7), ("remove", 4, None), ("back", 4, None)])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=6))
def test_any_corrections_come_to_what_logging_it_right_at_once_does(steps, dana, juniper, instruments, live_through):
    with transaction.atomic():
        check_ins = live_through(juniper, [3, 3, 3, 3, 1])
        rows = [check_in.therapy_session for check_in in check_ins]
        editor = editor_of(juniper)
        for what, position, how in steps:
            row = rows[position]
            row.refresh_from_db()
            if what == "remove":
                remove_session(editor=editor, therapy_session=row, reason="Wrong.")
            elif what == "back":
                with suppress(Refused):  # another one has its time
                    bring_back_session(editor=editor, therapy_session=row)
            elif row.voided_at is None:
                change = {
                    "attendance": lambda how: {"attendance": how},
                    "own": lambda how: {"answers": answers(how)},
                    "earlier": lambda how, row=row: {
                        "starts_at": row.starts_at - timedelta(days=how),
                        "ends_at": row.ends_at - timedelta(days=how),
                    },
                }[what](how)
                corrected(row, **change)
        on_record = list(juniper.therapy_sessions.not_voided().order_by("starts_at"))
        fresh = logged_afresh(dana, on_record)
        assert meaning(juniper) == meaning(fresh)
        transaction.set_rollback(True)
