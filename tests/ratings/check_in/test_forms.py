"""The plan in the check-in: what is shown, stored, given back, and refused."""

import pytest
from django.urls import reverse

from ratings.check_in import links
from ratings.check_in.answers import PlanAnswers
from ratings.models import CheckIn, Rating
from sessions.plan import actions
from tests.courses import OWN_PHONE, answers
from tests.factories import editor_of, local_day

SLEEP = "We are working on sleeping through so that I can drive again."


@pytest.fixture
def goal(juniper):
    return actions.agree_goal(editor=editor_of(juniper), text=SLEEP)


@pytest.fixture
def task(juniper):
    return actions.agree_task(editor=editor_of(juniper), activity="Voice notes.", modality="speaking")


@pytest.fixture
def asked(goal, task, juniper, live_through):
    """Juniper's fourth check-in, the first that asks about the plan."""
    return live_through(juniper, [3, 3, 3, None])[-1]


def given(goal, task, **changes):
    named = {"can_say": "yes", f"goal_{goal.code}": "not_quite", f"task_{task.code}": "not_tried"}
    return answers(3) | OWN_PHONE | named | changes


def current():
    return Rating.objects.filter(rater="client", replaced_at=None).latest("received_at")


def test_it_is_asked_in_the_clients_words_and_nothing_is_chosen(http, asked, opened, goal):
    page = http.get(opened(asked)).text
    assert SLEEP in page
    assert "Can you say what you are working on?" in page
    assert " checked" not in page
    assert page.index("I could be open") < page.index(SLEEP) < page.index("Was there any tension")


def test_what_was_said_is_stored_comes_back_and_can_be_changed(http, asked, opened, goal, task):
    assert http.post(opened(asked), given(goal, task)).status_code == 303
    said = PlanAnswers.from_json(current().plan_answers)
    assert (said.can_say, said.goals[0].answer, said.tasks[0].answer) == ("yes", "not_quite", "not_tried")
    change = reverse("links:check-in-change")
    assert http.get(change).text.count(" checked") == 6 + 3 + 1
    http.post(change, given(goal, task, **{f"goal_{goal.code}": "yes"}))
    assert PlanAnswers.from_json(current().plan_answers).goals[0].answer == "yes"
    assert Rating.objects.filter(rater="client", therapy_session=asked.therapy_session).count() == 2


def test_the_same_again_gives_the_same_receipt(http, asked, opened, goal, task):
    address = opened(asked)
    first, second = (http.post(address, given(goal, task)) for _tap in range(2))
    assert (first.status_code, second.status_code, first.url) == (303, 303, second.url)
    assert Rating.objects.filter(therapy_session=asked.therapy_session, rater="client").count() == 1


def test_an_answer_about_the_plan_alone_is_enough(http, asked, opened, goal):
    assert http.post(opened(asked), {f"goal_{goal.code}": "yes"}).status_code == 303
    assert current().overall_pomp is None


def test_what_was_not_saved_is_repeated(http, asked, opened, goal, task):
    address = opened(asked)
    http.post(address, given(goal, task))
    http.cookies.clear()
    told = http.post(address, given(goal, task, can_say="no"))
    assert told.status_code == 409
    for words in (SLEEP, "Not quite", "Voice notes.", "tried it", "Can you say what you are working on?"):
        assert words in told.text


@pytest.mark.parametrize("what", ["worded anew", "ended"])
def test_a_form_that_is_open_stays_good_whatever_the_plan_becomes(what, http, asked, opened, goal, task):
    address = opened(asked)
    if what == "ended":
        actions.end_goal(editor=editor_of(goal.episode), goal=goal, outcome="reached")
        assert SLEEP not in http.get(address).text
    else:
        actions.reword_goal(editor=editor_of(goal.episode), goal=goal, text="The nights.", revision=1)
        assert SLEEP in http.get(address).text
    assert http.post(address, given(goal, task)).status_code == 303
    assert PlanAnswers.from_json(current().plan_answers).goals[0].revision == 1


def test_what_is_not_of_this_plan_is_refused(http, asked, opened, goal, task, sorrel):
    theirs = actions.agree_goal(editor=editor_of(sorrel), text="Theirs.")
    for wrong, status in (({f"goal_{theirs.code}": "yes"}, 400), ({f"goal_{goal.code}": "perhaps"}, 422)):
        assert http.post(opened(asked), answers(3) | wrong).status_code == status
    assert not Rating.objects.filter(therapy_session=asked.therapy_session, rater="client").exists()


def test_it_is_typed_in_from_paper_too(http, dana, asked, goal, task):
    http.force_login(dana.user)
    address = reverse("ratings:check-in-enter", args=[asked.code])
    assert SLEEP in http.get(address).text
    day = local_day(asked.therapy_session.starts_at)
    assert http.post(address, given(goal, task, day=day)).status_code == 302
    assert PlanAnswers.from_json(current().plan_answers).goals[0].answer == "not_quite"


def test_a_correction_of_what_was_typed_in_keeps_it(http, dana, asked, goal, task):
    http.force_login(dana.user)
    day = local_day(asked.therapy_session.starts_at)
    http.post(reverse("ratings:check-in-enter", args=[asked.code]), given(goal, task, day=day))
    address = reverse("ratings:check-in-correct", args=[asked.code])
    assert http.get(address).text.count(" checked") == 6 + 3
    assert http.post(address, given(goal, task, day=day, goal_known=1)).status_code == 302
    assert PlanAnswers.from_json(current().plan_answers).goals[0].answer == "not_quite"


def test_the_client_sees_it_among_their_own_answers(http, millrace, juniper, asked, opened, goal, task):
    http.post(opened(asked), given(goal, task))
    millrace.shows_history = True
    millrace.save()
    juniper.client.consents.create(purpose="history", text_version="2026-11")
    token = links.mint_history_link(editor=editor_of(juniper))
    page = http.get(reverse("links:history", args=[token])).text
    assert SLEEP in page.split("After each session")[1]
    assert "Not quite" in page


def test_a_check_in_that_does_not_ask_takes_no_answer(http, juniper, goal, live_through, opened):
    (first,) = live_through(juniper, [None])
    page = http.get(opened(first)).text
    assert SLEEP not in page
    assert http.post(opened(first), answers(3) | {"can_say": "yes"}).status_code == 400
    assert CheckIn.objects.get().plan_asked is None
