"""The one next thing on a case, from facts; each thing waits behind those that press more."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ratings.cases.now import Facts, Next, ReadsAs, RefusedGoal, Repair, SessionAt, next_of, what_now

CODE = "11111111-2222-4333-8444-555555555555"
SESSION = SessionAt(CODE, datetime(2026, 11, 26, 10, tzinfo=UTC), 4)
QUIET = Facts(reads_as=ReadsAs.THERAPIST, case_code=CODE, name="Fern", therapist="Ada", rupture_code=CODE)
# All at once, the most pressing first: with what each goes away, and what is next then.
WAITING = replace(
    QUIET,
    unlogged=SESSION,
    unrated=SESSION,
    repair=Repair.UNTOUCHED,
    has_wish=True,
    question="How do I raise it?",
    refused_goal=RefusedGoal("We are working on sleep.", "Not quite"),
    has_goal=False,
    misses_plan=True,
)
ORDER = [
    (Next.LOG, {"unlogged": None}),
    (Next.RATE, {"unrated": None}),
    (Next.START_REPAIR, {"repair": Repair.NONE}),
    (Next.HEAR_WISH, {"has_wish": False}),
    (Next.MEND_GOAL, {"refused_goal": None}),
    (Next.WRITE_GOAL, {"has_goal": True}),
    (Next.PLAN_SESSION, {"misses_plan": False}),
]


def test_one_thing_at_a_time_the_most_pressing_first():
    facts, found = WAITING, []
    for _step, done in ORDER:
        found.append(next_of(facts))
        facts = replace(facts, **done)
    assert found == [step for step, _done in ORDER]
    assert next_of(facts) is None, "the own question waits for supervision, and for nothing else"


def test_a_quiet_case_has_nothing_to_do():
    assert next_of(QUIET) is None
    assert what_now(QUIET) is None


@pytest.mark.parametrize(
    ("repair", "step"),
    [
        (Repair.NONE, None),
        (Repair.UNTOUCHED, Next.START_REPAIR),
        (Repair.PLANNED, Next.TAKE_STEP),
        (Repair.TAKEN, Next.CHECK_REPAIR),
    ],
)
def test_a_repair_goes_on_from_where_it_is(repair, step):
    assert next_of(replace(QUIET, repair=repair)) == step


def test_a_supervisor_is_asked_what_was_put_forward_and_nothing_else():
    assert next_of(replace(WAITING, reads_as=ReadsAs.SUPERVISOR)) == Next.DISCUSS
    assert next_of(replace(WAITING, reads_as=ReadsAs.SUPERVISOR, question="")) is None


def test_who_covers_logs_and_hears_a_wish():
    covers = replace(WAITING, reads_as=ReadsAs.COVER)
    assert next_of(covers) == Next.LOG
    assert next_of(replace(covers, unlogged=None)) == Next.HEAR_WISH
    assert next_of(replace(covers, unlogged=None, has_wish=False)) is None


def test_an_ended_therapy_has_its_last_session_to_log_at_most():
    ended = replace(WAITING, has_ended=True)
    assert next_of(ended) == Next.LOG
    assert next_of(replace(ended, unlogged=None)) is None


@pytest.mark.time_machine(datetime(2026, 11, 28, 12, tzinfo=UTC))  # a day without its year
def test_each_thing_has_words_and_a_page():
    facts, said = replace(WAITING, asks_about=4), {}
    for step, done in ORDER:
        said[step] = what_now(facts)
        facts = replace(facts, **done)
    for repair, step in ((Repair.PLANNED, Next.TAKE_STEP), (Repair.TAKEN, Next.CHECK_REPAIR)):
        said[step] = what_now(replace(QUIET, repair=repair))
    said[Next.DISCUSS] = what_now(replace(WAITING, reads_as=ReadsAs.SUPERVISOR))
    assert set(said) == set(Next)
    assert said[Next.LOG].text == "Log the session of Thursday 26 November."
    assert said[Next.START_REPAIR].text == "Ask about session 4."
    assert (said[Next.MEND_GOAL].quote, "Not quite" in said[Next.MEND_GOAL].text) == ("We are working on sleep.", True)
    assert said[Next.DISCUSS].quote == "How do I raise it?"
    assert all(now.address and now.link for now in said.values())
    assert what_now(replace(QUIET, repair=Repair.UNTOUCHED)).text == "Ask what did not fit."
