"""Where joining two cases was a mistake, as they are of two people: nothing of the one stays with the other."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from alliance.access import Denied
from alliance.crypto import Sealed
from alliance.models import CaseOffer, EmergencyAccess, Episode
from alliance.refusal import Refused
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in, enter_answers, settle_wish
from ratings.handover.actions import hand_over
from ratings.joining.actions import part_cases
from ratings.joining.obstacles import obstacle_between
from ratings.models import CheckIn, NextStep, Rating, Rupture
from ratings.supervision.steps import say_step
from sessions.plan.actions import agree_goal, reword_goal
from tests.at_once import fresh
from tests.courses import client_answers, held
from tests.factories import days_ago, editor_of, make_member, make_therapy_session
from tests.ratings.joining.test_actions import join
from tests.ratings.joining.test_moving import double, kept  # noqa: F401 -- fixtures
from tests.ratings.meetings.conftest import adviser, write  # noqa: F401 -- fixtures

pytestmark = pytest.mark.usefixtures("as_application")  # on PostgreSQL: where the database filters too

SECRET = "Secret of the first."


def crossing():
    """Rows of one case that point to a row of another, by model and column."""
    found = []
    for model in apps.get_models():
        fields = {field.name: field for field in model._meta.concrete_fields}
        for name, field in fields.items() if "episode" in fields else ():
            target = field.related_model
            if (
                target is None
                or name == "episode"
                or "episode" not in {one.name for one in target._meta.concrete_fields}
            ):
                continue
            rows = model._base_manager.exclude(**{name: None}).values_list("episode", f"{name}__episode")
            found += [(model.__name__, name) for of_row, of_target in rows if of_row != of_target and of_target]
    return found


@pytest.mark.parametrize("kind", ["copy", "history"])
def test_a_link_from_before_does_not_open_what_came_together(kind, client, dana, kept, double):  # noqa: F811 -- fixtures
    practice = kept.client.practice
    practice.shows_history = True
    practice.save()
    for episode in (kept, double):
        episode.client.consents.create(purpose="history", text_version="2026-11")
    first = CheckIn.objects.filter(episode=kept).latest("pk")
    answer_check_in(check_in=first, answers=client_answers(3, comment=SECRET), may_change=False)
    mint = {"copy": links.mint_copy_link, "history": links.mint_history_link}[kind]
    tokens = [mint(editor=editor_of(Episode.objects.get(pk=episode.pk))) for episode in (kept, double)]
    join(kept, double)
    for token in tokens:
        assert SECRET not in client.get(reverse(f"links:{kind}", args=[token])).text


def test_a_finding_of_the_time_together_ties_nobody_to_the_other(dana, kept, double):  # noqa: F811 -- fixtures
    for days in (60, 53, 46, 39):
        held(kept, days)
    for asked in CheckIn.objects.filter(episode=kept).order_by("pk"):
        answer_check_in(check_in=asked, answers=client_answers(4), may_change=False)
    for asked in CheckIn.objects.filter(episode=double).order_by("pk")[1:]:
        answer_check_in(check_in=asked, answers=client_answers(0, tension=True), may_change=False)
    done = join(kept, double)
    found = Rupture.objects.get(episode=kept, opened_session__code__in=done.moved)
    part_cases(editor=editor_of(kept), join=done)
    assert crossing() == []
    found.refresh_from_db()
    assert (found.episode, found.state, found.evidence) == (double, "withdrawn", {}), "it is kept, and rests on nothing"


def test_a_wish_that_was_settled_keeps_the_two_one(dana, kept, double):  # noqa: F811 -- fixtures
    wished = Rating.objects.filter(episode=double, rater="client").latest("pk")
    Rating.objects.filter(pk=wished.pk).update(bring_up=Rating.BringUp.GENTLY)
    done = join(kept, double)
    wished.refresh_from_db()
    settle_wish(editor=editor_of(kept), rating=wished, outcome="brought_up")
    with pytest.raises(Refused, match="Something was written"):
        part_cases(editor=editor_of(kept), join=done)


def test_a_planned_session_that_a_colleague_has_taken_keeps_the_two_one(dana, millrace, kept, double):  # noqa: F811 -- fixtures
    planned = make_therapy_session(double, starts_at=days_ago(-5))
    done = join(kept, double)
    now = hand_over(
        right=editor_of(Episode.objects.get(pk=kept.pk)), to=make_member(millrace, "Noor Haddad", "therapist")
    )
    with pytest.raises(Refused, match="case of a colleague"):
        part_cases(editor=editor_of(kept), join=done)
    planned.refresh_from_db()
    assert planned.episode_id == now.pk


def test_who_has_opened_the_one_in_an_emergency_does_not_come_to_read_the_other(mona, kept, double):  # noqa: F811 -- fixtures
    now = timezone.now()
    hour = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(minutes=59)}
    EmergencyAccess.objects.create(episode=kept, reader=mona, reason=Sealed("Away.", kept.client.data_key), **hour)
    assert "opened it in an emergency" in obstacle_between(kept, double)


def test_who_was_asked_to_take_the_one_does_not_come_to_read_the_other(millrace, mona, kept, double):  # noqa: F811 -- fixtures
    noor = make_member(millrace, "Noor Haddad", "therapist")
    CaseOffer.objects.create(episode=kept, to=noor, kind="hand-over", asked_by=mona)
    assert "a colleague who was asked to take it" in obstacle_between(kept, double)


def test_an_offer_that_was_declined_keeps_nobody_apart(millrace, mona, kept, double):  # noqa: F811 -- fixtures
    noor = make_member(millrace, "Noor Haddad", "therapist")
    CaseOffer.objects.create(episode=kept, to=noor, kind="hand-over", asked_by=mona, ended_at=timezone.now())
    assert obstacle_between(kept, double) == ""


def test_who_is_not_asked_for_a_while_is_not_asked_through_the_other_record(kept, double):  # noqa: F811 -- fixtures
    until = timezone.now() + timedelta(weeks=4)
    double.client.paused_until = until
    double.client.save()
    join(kept, double)
    kept.client.refresh_from_db()
    assert kept.client.paused_until == until


def test_a_supervisor_says_nothing_of_a_step_that_went_back_into_the_other_record(kept, double, adviser, write):  # noqa: F811 -- fixtures
    write(double, step="Ask about sleep.")
    done = join(kept, double)
    step = NextStep.objects.select_related("episode").get()  # as a page reads it
    part_cases(editor=editor_of(fresh(kept)), join=done)
    with pytest.raises(Denied):
        say_step(right=adviser, step=step, is_done=True)
    assert NextStep.objects.get().done_at is None


@pytest.mark.parametrize("what", ["goal", "answers on paper"])
def test_what_waited_for_a_parting_is_not_written_into_the_other_record(what, kept, double):  # noqa: F811 -- fixtures
    goal = agree_goal(editor=editor_of(double), text="Of the second.")
    asked = CheckIn.objects.filter(episode=double, ratings=None).latest("pk")
    done = join(kept, double)
    editor = editor_of(fresh(kept))
    goal, asked = (type(row).objects.get(pk=row.pk) for row in (goal, asked))  # as a page reads them
    part_cases(editor=editor, join=done)
    with pytest.raises(Denied):
        if what == "goal":
            reword_goal(editor=editor, goal=goal, text="Of the first.", revision=goal.revision)
        else:
            answers = client_answers(3, comment="Of the first.")
            enter_answers(check_in=asked, answers=answers, answered_at=timezone.now(), editor=editor)
