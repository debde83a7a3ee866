"""The ledger read in after a restore: whoever was erased goes, whoever was not stays, and no line stops the next."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import AuditEvent, CaseJoin, Client, DataKey, Episode, Erasure
from ratings.check_in.actions import answer_check_in
from ratings.detection.reassess import lock_episode
from ratings.joining.actions import part_cases
from ratings.models import CheckIn, Rating
from ratings.supervision.actions import ask_for_supervision
from sessions.plan import actions as plan
from tests.at_once import AtOnce, fresh
from tests.courses import client_answers, consent, held
from tests.factories import days_ago, editor_of, make_episode
from tests.ratings.joining.test_actions import join, told
from tests.ratings.joining.test_moving import texts_of
from tests.ratings.meetings.conftest import adviser, write  # noqa: F401 -- fixtures

WROTE = "She felt alone."


@pytest.fixture
def kept(instruments, dana):
    """Juniper, with two sessions."""
    episode = make_episode(dana, "Juniper", starts_at=days_ago(40))
    for days in (30, 23):
        held(episode, days, private_note="Of the first.")
    consent(episode.client)
    return episode


@pytest.fixture
def double(kept, dana):
    """Juniper once more, with a session, a note and a comment."""
    episode = make_episode(dana, "Juniper", starts_at=days_ago(20))
    consent(episode.client)
    held(episode, 9, private_note="She cried.")
    answer_check_in(
        check_in=CheckIn.objects.get(episode=episode), answers=client_answers(3, comment=WROTE), may_change=False
    )
    return episode


@pytest.fixture
def read_ledger(tmp_path, mona):
    """`read_ledger(client, ...)`: the command reads a ledger of these clients."""

    def read(*codes):
        lines = [
            {
                "erasure": f"00000000-0000-4000-8000-{number:012}",
                "practice": str(mona.practice.code),
                "client": str(code),
                "reason": "asked",
                "asked_by": str(mona.user.code),
                "agreed_by": "",
                "erased_at": "2026-11-29T10:00:00+00:00",
                "counts": {},
            }
            for number, code in enumerate(codes)
        ]
        path = tmp_path / "ledger"
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        call_command("erasures", again=str(path))
        connection.check_constraints()

    return read


def damage(other):
    """The comment is sealed with a key that is not the one of its record, so that it does not open."""
    rating = Rating.objects.get(comment__isnull=False)
    rating.comment = Sealed(WROTE, other.client.data_key)
    rating.save()


def left():
    return set(Client.objects.values_list("code", flat=True))


def test_who_was_put_away_and_erased_leaves_nothing_in_the_case_that_stays(read_ledger, kept, double):
    before = texts_of(kept), told(kept)
    join(kept, double)
    read_ledger(double.client.code)
    assert (texts_of(kept), told(kept)) == before
    assert left() == {kept.client.code}
    assert not DataKey.objects.filter(pk=double.client.data_key_id).exists()


def test_who_was_put_away_stays_where_the_other_was_erased(read_ledger, kept, double):
    before = texts_of(double), told(double)
    join(kept, double)
    read_ledger(kept.client.code)
    double.refresh_from_db()
    assert (texts_of(double), told(double)) == before
    assert (double.joined_into, left()) == (None, {double.client.code})
    assert [row.client_code for row in Erasure.objects.all()] == [str(kept.client.code)]


@pytest.fixture
def rewritten(kept, double, write):  # noqa: F811 -- fixture
    """The two as one, with what was said of the other for supervision in other words since."""
    write(double, note="She.", step="Ask.")
    ask_for_supervision(editor=editor_of(double), text="Why?")
    join(kept, double)
    write(kept, note="SAID of her.", step="SAID to ask.")
    ask_for_supervision(editor=editor_of(kept), text="SAID why.")


@pytest.mark.parametrize("is_erased", [True, False])
def test_what_was_said_of_the_other_in_other_words_since_goes_with_the_other(
    read_ledger, kept, double, rewritten, is_erased
):
    gone, stays = (double, kept) if is_erased else (kept, double)
    read_ledger(gone.client.code)
    said = [name for name, text in texts_of(stays) if text.startswith("SAID")]
    assert said == ([] if is_erased else ["NextStep", "SupervisionNote", "SupervisionQuestion"])


@pytest.fixture
def reworded(kept, double):
    """The two as one, with the goal and the task of the other in other words since."""
    editor = editor_of(double)
    goal = plan.agree_goal(editor=editor, text="GOAL then.")
    task = plan.agree_task(editor=editor, goal=goal, activity="TASK then.", modality="talking")
    join(kept, double)
    for row in (goal, task):
        row.refresh_from_db()
    plan.reword_goal(editor=editor_of(kept), goal=goal, text="GOAL now.", revision=1)
    plan.adapt_task(editor=editor_of(kept), task=task, goal=goal, activity="TASK now.", modality="talking", revision=1)


@pytest.mark.parametrize("is_erased", [True, False])
def test_every_wording_goes_where_its_goal_and_its_task_go(read_ledger, kept, double, reworded, is_erased):
    gone, stays = (double, kept) if is_erased else (kept, double)
    read_ledger(gone.client.code)
    words = [row for row in texts_of(stays) if row[1].startswith(("GOAL", "TASK"))]
    then = [("GoalVersion", "GOAL then."), ("TaskVersion", "TASK then.")]
    assert words == ([] if is_erased else sorted([("Goal", "GOAL now."), ("Task", "TASK now."), *then]))


def test_what_was_taken_back_as_one_is_taken_back_by_who_stays(read_ledger, kept, double):
    join(kept, double)
    kept.client.consents.filter(purpose="check_in").update(withdrawn_at=timezone.now())
    read_ledger(kept.client.code)
    consent = double.client.consents.get(purpose="check_in")
    assert consent.withdrawn_at is not None
    assert AuditEvent.objects.filter(subject_code=str(consent.code), verb="ended").exists(), "and is on record"


def test_a_pause_that_was_chosen_as_one_holds_for_who_stays(read_ledger, kept, double):
    join(kept, double)
    until = timezone.now() + timedelta(weeks=4)
    Client.objects.filter(pk=kept.client_id).update(paused_until=until)
    read_ledger(kept.client.code)
    double.client.refresh_from_db()
    assert double.client.paused_until == until


def test_a_pause_of_the_one_who_was_erased_stays_with_nobody(read_ledger, kept, double):
    Client.objects.filter(pk=double.client_id).update(paused_until=timezone.now() + timedelta(weeks=4))
    double.client.refresh_from_db()
    join(kept, double)
    read_ledger(double.client.code)
    kept.client.refresh_from_db()
    assert kept.client.paused_until is None


@pytest.mark.parametrize("is_turned", [False, True])
def test_two_who_were_both_erased_go_also_where_a_text_does_not_open(is_turned, read_ledger, juniper, kept, double):
    join(kept, double)
    damage(juniper)
    codes = [kept.client.code, double.client.code]
    read_ledger(*(reversed(codes) if is_turned else codes))
    assert left() == {juniper.client.code} and not Rating.objects.exists() and not CaseJoin.objects.exists()


def test_a_third_case_stays_joined_and_forgets_when_the_erased_one_began(read_ledger, dana, kept, double):
    early = make_episode(dana, "Juniper", starts_at=days_ago(90))
    began_at = kept.starts_at
    join(kept, early)
    third = join(kept, double)
    read_ledger(early.client.code)
    kept.refresh_from_db()
    assert (kept.starts_at, left()) == (began_at, {kept.client.code, double.client.code})
    assert ("Rating", WROTE) in texts_of(kept)
    third.refresh_from_db()
    part_cases(editor=editor_of(kept), join=third)
    kept.refresh_from_db()
    assert kept.starts_at == began_at


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_waits_for_whoever_writes_in_a_case_of_them_and_nobody_for_ever(read_ledger, dana, kept, double):
    third = make_episode(dana, "Juniper", starts_at=days_ago(90))
    for case in (double, third):
        join(fresh(kept), fresh(case))
    with AtOnce() as at_once:
        with transaction.atomic():  # as who plans a session
            lock_episode(double)
            at_once.start(lambda: read_ledger(kept.client.code))
            Client.objects.select_for_update(no_key=True).get(pk=double.client_id)
        at_once.result()
    assert left() == {double.client.code, third.client.code}


def test_a_record_that_cannot_be_erased_is_named_by_its_code_and_the_next_one_goes(
    read_ledger, juniper, kept, double, capsys
):
    join(kept, double)
    damage(juniper)
    with pytest.raises(CommandError, match="1 in the ledger"):
        read_ledger(kept.client.code, juniper.client.code)
    said = capsys.readouterr()
    assert said.err == f"The record {kept.client.code} was not erased: Refused.\n"
    assert "2 in the ledger, 1 erased again." in said.out
    assert left() == {kept.client.code, double.client.code}
    assert Episode.objects.get(pk=double.pk).joined_into == kept
