"""Whatever two cases hold: joined and parted again, every row of both is what it was."""

from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alliance.advising import check_advise
from alliance.crypto import SealedTextField
from alliance.models import CaseJoin, Client, Episode
from alliance.refusal import Refused
from ratings.cases.actions import log_session
from ratings.check_in.actions import answer_check_in, settle_wish
from ratings.detection.reassess import reassess
from ratings.joining.actions import join_cases, part_cases
from ratings.joining.obstacles import obstacle_between
from ratings.meetings.actions import close_meeting, write_down
from ratings.models import CheckIn, NextStep, Rating
from ratings.rights.erase import models_about_clients
from ratings.supervision.actions import ask_for_supervision
from ratings.supervision.steps import say_step
from sessions.models import Goal, Task
from sessions.plan import actions as plan
from sessions.schedule.actions import plan_therapy_sessions
from sessions.schedule.times import Span
from tests.courses import answers, client_answers, consent
from tests.factories import days_ago, editor_of, local_day, make_episode, make_member, make_supervision

# When a row was worked out, which is the only thing that may differ.
WORKED_OUT_AT = {"assessed_at", "updated_at"}
PLACE = {"zone": "Europe/London", "mode": "in_person"}


class Two:
    """Two cases of one therapist, to which something happens day by day."""

    def __init__(self, therapist, supervisor):
        self.therapist, self.supervisor = therapist, supervisor
        self.cases = [make_episode(therapist, "Juniper", starts_at=days_ago(99)) for _number in range(2)]
        self.days = count()
        for one in self.cases:
            consent(one.client)
            reassess(one)

    def right(self, which):
        return editor_of(Episode.objects.get(pk=self.cases[which].pk))

    def span(self):
        starts_at = days_ago(98) + timedelta(days=next(self.days), minutes=7)
        return Span(starts_at, starts_at + timedelta(minutes=50))

    def newest(self, which, model, **more):
        return model.objects.filter(episode=self.cases[which], **more).latest("pk")

    def session(self, which, level):
        one, right = self.span(), self.right(which)
        return log_session(
            editor=right, starts_at=one.starts_at, ends_at=one.ends_at, **PLACE, attendance="attended",
            private_note=f"Note {level}.", answers=answers(level) if level % 2 else None,
        )  # fmt: skip

    def answer(self, which, level):
        self.session(which, level)
        said = client_answers(level, comment=f"Said {level}.", bring_up="gently")
        answer_check_in(check_in=self.newest(which, CheckIn), answers=said, may_change=False)

    def settle(self, which, level):
        settle_wish(editor=self.right(which), rating=self.newest(which, Rating), outcome="brought_up")

    def goal(self, which, level):
        plan.agree_goal(editor=self.right(which), text=f"Goal {level}.", is_for_later=level > 2)

    def reword(self, which, level):
        goal = self.newest(which, Goal)
        plan.reword_goal(editor=self.right(which), goal=goal, text=f"Better {level}.", revision=goal.revision)

    def reach(self, which, level):
        plan.end_goal(editor=self.right(which), goal=self.newest(which, Goal), outcome="reached")

    def task(self, which, level):
        goal = Goal.objects.filter(episode=self.cases[which]).first()
        text = {"activity": f"Task {level}.", "why_it_helps": "Because."}
        plan.agree_task(editor=self.right(which), goal=goal, modality="talking", **text)

    def adapt(self, which, level):
        task = self.newest(which, Task)
        text = {"activity": f"Other {level}.", "adapted_why": "It was too much."}
        plan.adapt_task(editor=self.right(which), task=task, modality="doing", **text, revision=task.revision)

    def phase(self, which, level):
        number = plan.running_phase(self.cases[which]) + 1
        plan.start_phase(editor=self.right(which), name=f"Phase {level}", number=number)

    def series(self, which, level):
        later = timedelta(days=200)
        spans = [Span(one.starts_at + later, one.ends_at + later) for one in (self.span(), self.span())]
        plan_therapy_sessions(editor=self.right(which), spans=spans, **PLACE, every_weeks=1)

    def ask(self, which, level):
        ask_for_supervision(editor=self.right(which), text=f"Why {level}?")

    def meet(self, which, level):
        adviser = check_advise(self.supervisor.user, self.therapist.code)
        step = {"step": f"Ask {level}.", "due_on": local_day()}
        reader = "supervisor" if level > 2 else "both"
        write_down(adviser=adviser, episode=self.cases[which], note=f"Talked {level}.", reader=reader, **step)

    def close(self, which, level):
        adviser = check_advise(self.supervisor.user, self.therapist.code)
        close_meeting(adviser=adviser, reflection=f"Went well {level}.", next_day=None)

    def did(self, which, level):
        say_step(right=self.right(which), step=self.newest(which, NextStep), is_done=True)


WHAT = sorted(set(vars(Two)) - set(vars(object)) - {"__module__", "__dict__", "__weakref__", "right", "span", "newest"})


def histories(*names):
    return st.lists(st.tuples(st.sampled_from(names), st.integers(0, 4)), max_size=6)


HISTORIES = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 1), st.integers(0, 4)), min_size=3, max_size=25)


@pytest.fixture
def two(instruments, dana):
    supervisor = make_member(dana.practice, "Sam", "supervisor")
    make_supervision(supervisor, therapist=dana)
    return Two(dana, supervisor)


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def happen(two, history):
    """What cannot happen then has no effect."""
    for name, which, level in history:
        try:
            with transaction.atomic():
                getattr(two, name)(which, level)
        except (Refused, ObjectDoesNotExist):
            continue


def text_of(row, field, client):
    sealed = getattr(row, field.attname)
    return sealed and sealed.open(client.data_key)


def rows_of(two):
    """Every row about the two clients, with each text opened by the key of the one whose record it is in."""
    found = {}
    for model in models_about_clients():
        if model is CaseJoin:
            continue
        fields = [field for field in model._meta.concrete_fields if field.name not in WORKED_OUT_AT]
        for row in model._base_manager.all():
            client = row if model is Client else getattr(row, "client", None) or (row.episode and row.episode.client)
            found[model.__name__, row.pk] = {
                field.name: text_of(row, field, client)
                if isinstance(field, SealedTextField)
                else getattr(row, field.attname)
                for field in fields
            }
    return found


def of_case(two, which):
    case = two.cases[which]
    owners = {("Episode", case.pk), ("Client", case.client_id)}
    return {
        key: row
        for key, row in rows_of(two).items()
        if key in owners or row.get("episode") == case.pk or row.get("client") == case.client_id
    }


BOTH = ("answer", "goal", "task", "phase", "goal", "reach", "close", "settle", "series", "session")
EVERYTHING = (
    [("meet", 0, 2)]
    + [(name, which, level % 5) for level, name in enumerate(BOTH) for which in (0, 1)]
    + [
        ("reword", 1, 2),
        ("adapt", 1, 3),
        ("meet", 1, 4),
        ("ask", 1, 1),
        ("goal", 0, 3),
        ("goal", 1, 4),
        ("phase", 0, 4),
    ]
)


RUNS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def joined(two, stays):
    """The two as one; None where they can't be."""
    if obstacle_between(two.cases[stays], two.cases[1 - stays]):
        return None
    return join_cases(kept=two.right(stays), joined=two.right(1 - stays))


@RUNS
@given(history=HISTORIES, stays=st.integers(0, 1))
@example(history=EVERYTHING, stays=0)
@example(history=EVERYTHING, stays=1)
def test_every_row_is_what_it_was(two, history, stays):
    with taken_back():
        happen(two, history)
        before = rows_of(two)
        if join := joined(two, stays):
            assert before.keys() <= rows_of(two).keys(), "nothing is lost in between"
            part_cases(editor=two.right(stays), join=join)
            assert rows_of(two) == before
            connection.check_constraints()


@RUNS
@given(history=HISTORIES, stays=st.integers(0, 1), since=histories("answer", "goal", "task"))
@example(history=EVERYTHING, stays=0, since=[("answer", 4), ("goal", 3)])
@example(history=EVERYTHING, stays=1, since=[("goal", 1), ("answer", 2)])
def test_what_was_written_meanwhile_changes_nothing_of_what_goes_back(two, history, stays, since):
    with taken_back():
        happen(two, history)
        before = of_case(two, 1 - stays)
        if join := joined(two, stays):
            happen(two, [(name, stays, level) for name, level in since])
            try:
                part_cases(editor=two.right(stays), join=join)
            except Refused:
                return
            assert of_case(two, 1 - stays) == before
