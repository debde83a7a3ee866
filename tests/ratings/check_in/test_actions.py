"""Answers: stored once, scored, changed for a day, and saved with what they mean."""

from dataclasses import fields
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from alliance.models import AuditEvent
from ratings.cases.own import OwnAsked, own_cases
from ratings.check_in import actions
from ratings.check_in.actions import AlreadyAnswered, answer_check_in, mark_read
from ratings.check_in.answers import ClientAnswers, PlanAnswer, PlanAnswers, stored_answers
from ratings.models import Rating, Standing
from ratings.record.actions import remove_session
from tests.courses import answers, client_answers
from tests.factories import editor_of


def test_an_answer_is_scored_and_its_standing_written_with_it(juniper, live_through):
    live_through(juniper, [[4, 4, 2, 3, None, 0]])
    rating = Rating.objects.get(rater="client")
    assert rating.answers == {
        "goal_matters": 4,
        "goal_known": 4,
        "task_sense": 2,
        "task_suits": 3,
        "bond_open": 0,
    }
    assert (rating.goal_pomp, rating.task_pomp, rating.bond_pomp) == (100, 62.5, 0)
    assert (rating.goal_raw, rating.task_raw, rating.bond_raw) == (4, 2.5, 0)
    assert rating.items_answered == 5
    standing = Standing.objects.get()
    assert (standing.sessions_held, standing.check_ins_answered, standing.goal_pomp) == (1, 1, 100)


def test_the_same_answers_again_change_nothing(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    before = list(Rating.objects.values_list("pk", "received_at"))
    events = AuditEvent.objects.count()
    answer_check_in(check_in=check_in, answers=client_answers(3), may_change=False)
    assert list(Rating.objects.values_list("pk", "received_at")) == before
    assert AuditEvent.objects.count() == events


def test_other_answers_are_refused_without_the_right_to_change(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    with pytest.raises(AlreadyAnswered):
        answer_check_in(check_in=check_in, answers=client_answers(1), may_change=False)
    assert Rating.objects.get(rater="client").answers == answers(3)


def test_a_change_is_a_new_row_and_the_old_one_stays_as_it_was(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    answer_check_in(check_in=check_in, answers=client_answers(1), may_change=True)
    old, new = Rating.objects.filter(rater="client").order_by("pk")
    assert (old.answers, old.replaced_reason) == (answers(3), "client changed")
    assert old.replaced_at is not None
    assert (new.answers, new.replaced_at) == (answers(1), None)
    assert Standing.objects.get().overall_pomp == 25


@pytest.mark.parametrize("read, hours", [(True, 0), (False, 25)])
def test_nothing_changes_after_the_therapist_read_it_or_after_a_day(juniper, live_through, read, hours):
    (check_in,) = live_through(juniper, [3])
    Rating.objects.filter(rater="client").update(received_at=timezone.now() - timedelta(hours=hours))
    if read:
        mark_read(editor=editor_of(juniper))
    with pytest.raises(AlreadyAnswered):
        answer_check_in(check_in=check_in, answers=client_answers(1), may_change=True)
    assert Rating.objects.filter(rater="client").count() == 1


def test_reading_marks_only_what_was_answered(juniper, live_through):
    answered, unanswered = live_through(juniper, [3, None])
    mark_read(editor=editor_of(juniper))
    answered.refresh_from_db()
    unanswered.refresh_from_db()
    assert answered.read_at is not None
    assert unanswered.read_at is None


def test_of_a_removed_session_only_its_own_page_marks_the_answers_as_read(juniper, live_through):
    (check_in,) = live_through(juniper, [3])
    editor, row = editor_of(juniper), check_in.therapy_session
    remove_session(editor=editor, therapy_session=row, reason="Logged twice.")
    mark_read(editor=editor)
    check_in.refresh_from_db()
    assert check_in.read_at is None, "the case shows nothing of it"
    assert [case.is_new for case in own_cases(juniper.therapist.user, OwnAsked()).rows] == [False]
    mark_read(editor=editor, therapy_session=row)
    check_in.refresh_from_db()
    assert check_in.read_at is not None


def test_the_database_allows_one_current_rating_per_rater(juniper, live_through):
    live_through(juniper, [3])
    rating = Rating.objects.get(rater="client")
    rating.pk, rating.code = None, "0" * 8 + str(rating.code)[8:]
    with pytest.raises(IntegrityError), transaction.atomic():
        rating.save(force_insert=True)


def test_a_rating_and_its_meaning_are_saved_together_or_not_at_all(juniper, live_through, monkeypatch):
    """A fault in the replay takes the answer back with it, so that a client is never thanked for a lost answer."""
    asked = live_through(juniper, [3, 3, 3, None])

    def fail(before):
        raise RuntimeError("planted")

    monkeypatch.setattr(actions, "reassess_from", fail)
    with pytest.raises(RuntimeError):
        answer_check_in(check_in=asked[-1], answers=client_answers(1), may_change=False)
    assert Rating.objects.filter(rater="client").count() == 3
    assert not AuditEvent.objects.filter(subject_type="rating", count__gt=1).exists()


def test_every_answer_comes_back_as_it_was_given(juniper, live_through):
    """A new field of `ClientAnswers` that one of the two ways forgets would be lost without a word."""
    (check_in,) = live_through(juniper, [None])
    given = ClientAnswers(
        items=answers(3),
        comment="I was not sure what it was for.",
        comment_for="supervisor",
        tension=True,
        tension_talked_about=False,
        tension_strength="quite",
        repair_talked=True,
        repair_helped="little",
        bring_up="gently",
        plan=PlanAnswers("partly", (PlanAnswer("a", 2, "not_quite"),), (PlanAnswer("b", 1, "no"),)),
    )
    defaults = ClientAnswers(items={})
    assert [field.name for field in fields(given) if getattr(given, field.name) == getattr(defaults, field.name)] == []
    rating = answer_check_in(check_in=check_in, answers=given, may_change=False)
    assert stored_answers(Rating.objects.get(pk=rating.pk)) == given
