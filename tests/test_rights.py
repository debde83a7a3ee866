"""Every write on an episode asks for its right once more, and takes none that is for another episode."""

import ast
from datetime import time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from alliance import access
from alliance.access import Denied
from alliance.clients import actions as client_actions
from alliance.models import AuditEvent, Membership
from alliance.people.cover import arrange_cover
from alliance.refusal import Refused
from ratings.cases import actions as case_actions
from ratings.check_in import actions as check_in_actions
from ratings.check_in import links, rate_first
from ratings.delivery import schedule
from ratings.detection.verdicts import judge_rupture, judge_session, judge_use
from ratings.handover.actions import hand_over, reopen_episode, share_history
from ratings.models import Draw, Rating, Rupture
from ratings.record import actions as record_actions
from ratings.ruptures import actions as rupture_actions
from ratings.ruptures.actions import rebase_usual, set_rupture_aside
from ratings.supervision import actions as supervision_actions
from ratings.today.actions import undo_log
from ratings.week import actions as week_actions
from sessions.plan import actions as plan_actions
from sessions.schedule.times import span
from tests.courses import client_answers, held
from tests.factories import days_ago, editor_of, make_episode, make_member, make_therapy_session

CONTACT = {
    "email": "", "phone": "", "zone": "", "check_in_delay_minutes": None, "therapist_may_be_named": False,
    "agrees_to_email": False, "was_shown_agreed": False,
}  # fmt: skip


@pytest.fixture
def teasel(dana):
    """Another case of Dana's, to which a session may be moved."""
    return make_episode(dana, "Teasel")


@pytest.fixture
def writes(juniper, teasel, live_through, millrace, noor, all_drawn):
    """Name -> a write on Juniper's episode, or on a row of it, under a given right."""
    millrace.shows_history = True
    millrace.save()
    *_answered, check_in = live_through(juniper, [3, 3, 3, 3, 1, None])
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    other = editor_of(teasel)
    row, rupture = check_in.therapy_session, Rupture.objects.get()
    asked = Rating.objects.filter(rater="client").latest("received_at")
    start = timezone.now() - timedelta(days=1)
    fresh = held(juniper, 2)
    times = {"starts_at": start, "ends_at": start + timedelta(minutes=50)}
    earlier = {name: at - timedelta(hours=3) for name, at in times.items()}
    answers = {"answers": client_answers(3), "answered_at": timezone.now()}
    goal = plan_actions.agree_goal(editor=editor_of(juniper), text="We are working on sleep.")
    ended_goal = plan_actions.agree_goal(editor=editor_of(juniper), text="Coffee.")
    plan_actions.end_goal(editor=editor_of(juniper), goal=ended_goal, outcome="dropped")
    task = plan_actions.agree_task(editor=editor_of(juniper), activity="A log.", modality="writing")
    stopped = plan_actions.agree_task(editor=editor_of(juniper), activity="Tea.", modality="doing")
    plan_actions.stop_task(editor=editor_of(juniper), task=stopped)
    voice = {"activity": "Voice notes.", "modality": "speaking", "revision": 1}
    question = supervision_actions.ask_for_supervision(editor=editor_of(juniper), text="What pulls me in?")
    of_rows = {
        "reword_goal": lambda editor: plan_actions.reword_goal(editor=editor, goal=goal, text="Rest.", revision=1),
        "end_goal": lambda editor: plan_actions.end_goal(editor=editor, goal=goal, outcome="reached"),
        "reopen_goal": lambda editor: plan_actions.reopen_goal(editor=editor, goal=ended_goal),
        "adapt_task": lambda editor: plan_actions.adapt_task(editor=editor, task=task, **voice),
        "stop_task": lambda editor: plan_actions.stop_task(editor=editor, task=task),
        "reopen_task": lambda editor: plan_actions.reopen_task(editor=editor, task=stopped),
        "enter_answers": lambda editor: check_in_actions.enter_answers(editor=editor, check_in=check_in, **answers),
        "mint_check_in_link": lambda editor: links.mint_check_in_link(
            editor=editor, check_in=check_in, channel="screen"
        ),
        "show_without_rating": lambda editor: rate_first.show_without_rating(editor=editor, check_in=check_in),
        "judge_use": lambda editor: judge_use(editor=editor, rupture=rupture, answer="useful"),
        "judge_rupture": lambda editor: judge_rupture(editor=editor, rupture=rupture, answer="yes"),
        "judge_session": lambda editor: judge_session(editor=editor, draw=Draw.objects.all()[0], answer="no"),
        "set_rupture_aside": lambda editor: set_rupture_aside(editor=editor, rupture=rupture, reason="Moved house."),
        "say_kind": lambda editor: rupture_actions.say_kind(
            editor=editor, rupture=opened(rupture), kind="both", signs=[]
        ),
        "plan_step": lambda editor: rupture_actions.plan_step(
            editor=editor, rupture=opened(rupture), step="ask", words="How was that?"
        ),
        "say_step": lambda editor: rupture_actions.say_step(
            editor=editor, rupture=opened(rupture), step="ask", outcome="done"
        ),
        "put_into_plan": lambda editor: rupture_actions.put_into_plan(
            editor=editor, rupture=opened(rupture), code=uuid4(), activity="Voice notes.", modality="speaking"
        ),
        "bring_rupture_back": lambda editor: rupture_actions.bring_rupture_back(
            editor=editor, rupture=over(rupture, "set_aside")
        ),
        "name_rupture": lambda editor: rupture_actions.name_rupture(
            editor=editor, therapy_session=over(rupture, "repaired") and row, kind="both", pillars=["bond"]
        ),
        "withdraw_question": lambda editor: supervision_actions.withdraw_question(editor=editor, question=question),
        "settle_wish": lambda editor: check_in_actions.settle_wish(editor=editor, rating=asked, outcome="not_yet"),
        "move_session": lambda editor: case_actions.move_session(editor=editor, therapy_session=row, **earlier),
        "undo_log": lambda editor: undo_log(editor=editor, therapy_session=fresh),
        "rebase_usual": lambda editor: rebase_usual(
            editor=editor, rupture=over(rupture, "settled_lower"), reason="Says more now."
        ),
        "correct_session": lambda editor: record_actions.correct_session(
            editor=editor,
            therapy_session=row,
            text=None,
            answers={},
            noticed="",
            private_note="Mine.",
            note_shown=None,
            mode="video",
            attendance="no_show",
            **earlier,
        ),
        "remove_session": lambda editor: record_actions.remove_session(
            editor=editor, therapy_session=row, reason="Wrong."
        ),
        "bring_back_session": lambda editor: record_actions.bring_back_session(editor=editor, therapy_session=row),
        "refile_session": lambda editor: record_actions.refile_session(editor=editor, to=other, therapy_session=row),
    }
    ahead = timezone.now() + timedelta(days=3)
    planned = [make_therapy_session(juniper, starts_at=ahead + timedelta(days=days)) for days in (0, 1, 2)]
    planned[2].attendance, planned[2].cancelled_at = "cancelled", timezone.now()
    planned[2].save()
    of_rows |= {
        "move_planned": lambda editor: week_actions.move_planned(
            editor=editor, therapy_session=planned[0], by_days=7, clock=time(9), zone=ZoneInfo("UTC"), accepted=True
        ),
        "cancel_planned": lambda editor: week_actions.cancel_planned(
            editor=editor, therapy_session=planned[1], cancelled_by="client", told_at=timezone.now()
        ),
        "restore_planned": lambda editor: week_actions.restore_planned(editor=editor, therapy_session=planned[2]),
    }
    week = {"starts_at": timezone.now(), "ends_at": days_ago(-7)}
    of_the_episode = {
        "share_history": lambda editor: share_history(editor=editor, extent="scores"),
        "arrange_cover": lambda editor: arrange_cover(right=editor, covering=noor, **week),
        "plan_sessions": lambda editor: week_actions.plan_sessions(
            editor=editor,
            spans=[span((ahead + timedelta(days=20)).date(), time(9), 50, ZoneInfo("UTC"))],
            zone="UTC",
            mode="video",
            accepted=True,
        ),  # fmt: skip
        "log_session": lambda editor: case_actions.log_session(
            editor=editor, zone="UTC", mode="video", attendance="no_show", **times
        ),
        "end_episode": lambda editor: case_actions.end_episode(editor=editor, reason="completed"),
        "reopen_episode": lambda editor: reopen_episode(editor=editor),
        "hand_over": lambda editor: hand_over(right=editor, to=noor),
        "mark_read": lambda editor: check_in_actions.mark_read(editor=editor),
        "mint_history_link": lambda editor: links.mint_history_link(editor=editor),
        "agree_goal": lambda editor: plan_actions.agree_goal(editor=editor, text="We are working on sleep."),
        "ask_for_supervision": lambda editor: supervision_actions.ask_for_supervision(editor=editor, text="Why?"),
        "agree_task": lambda editor: plan_actions.agree_task(editor=editor, activity="Walking.", modality="doing"),
        "start_phase": lambda editor: plan_actions.start_phase(editor=editor, number=2),
        "change_contact": lambda editor: schedule.change_contact(editor=editor, **CONTACT),
        "rename_client": lambda editor: client_actions.rename_client(editor=editor, name="Elder"),
        "choose_check_ins": lambda editor: client_actions.choose_check_ins(
            editor=editor, check_in_form="short", asks_about_fit=False, ticked=set(), was_ticked=set()
        ),
    }
    return of_rows, of_the_episode


def opened(rupture):
    over(rupture, "repaired")
    Rupture.objects.filter(pk=rupture.pk).update(state="open", closed_at=None)
    return rupture


def over(rupture, state):
    """No other is open, and this one is over."""
    Rupture.objects.filter(state__in=Rupture.ACTIVE).update(state="repaired", closed_at=timezone.now())
    Rupture.objects.filter(pk=rupture.pk).update(state=state, closed_at=timezone.now())
    return rupture


def passed(writes, editor):
    """The names of those that the right was good for, or that wrote something in spite of a refusal."""
    names = []
    for name, write in writes.items():
        before = AuditEvent.objects.count()
        try:
            write(editor)
        except Denied:
            if AuditEvent.objects.count() == before:
                continue
        except Refused:  # a rule of the practice: the right itself was good
            pass
        names.append(name)
    return names


def test_a_right_that_is_over_is_good_for_nothing(dana, juniper, writes):
    of_rows, of_the_episode = writes
    editor = editor_of(juniper)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    assert passed(of_rows | of_the_episode, editor) == []


def test_who_covers_plans_and_logs_and_writes_nothing_else(juniper, writes, noor, millrace):
    priya = make_member(millrace, "Priya Raman")
    of_rows, of_the_episode = writes
    arrange_cover(right=editor_of(juniper), covering=priya, starts_at=days_ago(1), ends_at=days_ago(-7))
    editor = access.check_log(priya.user, juniper)
    assert set(passed(of_rows | of_the_episode, editor)) == {
        "plan_sessions", "move_planned", "cancel_planned", "restore_planned", "say_step",
        "judge_use", "judge_rupture", "judge_session",
        "log_session", "move_session", "settle_wish", "undo_log", "mark_read", "enter_answers", "mint_check_in_link",
    }  # fmt: skip


def test_a_right_to_another_episode_is_good_for_no_row_of_this_one(sorrel, writes):
    of_rows, _of_the_episode = writes
    assert passed(of_rows, editor_of(sorrel)) == []


def test_with_its_right_each_write_goes_through(juniper, writes):
    """Else the refusals above could have another reason."""
    of_rows, of_the_episode = writes
    end = {name: of_the_episode.pop(name) for name in ("end_episode", "reopen_episode", "hand_over")}
    for write in (of_the_episode | of_rows | end).values():
        write(editor_of(juniper))


def test_no_case_is_opened_for_a_therapist_whose_membership_has_ended(dana):
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now())
    with pytest.raises(Denied):
        case_actions.open_case(practice=dana.practice, therapist=dana, name="Juniper", by=dana)
    assert not dana.practice.clients.exists()


def test_only_the_check_makes_a_right():
    makers = [
        str(file.relative_to(settings.BASE_DIR))
        for name in ("alliance", "sessions", "ratings")
        for file in (settings.BASE_DIR / name).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Editor"
    ]
    assert set(makers) == {"alliance/access.py"}
