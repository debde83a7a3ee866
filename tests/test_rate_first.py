"""Rate first, on every page: two worlds that differ in what waits for the own rating, and in nothing else.

The therapist asks every route of the access matrix in both, and gets the same pages. Once the own rating is in, the
pages differ: the comparison can fail.
"""

import re

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import PlanAnswer, PlanAnswers
from ratings.models import Rupture
from ratings.ruptures.actions import plan_step
from tests import test_access_matrix as matrix
from tests.browsers import taken_back
from tests.courses import client_answers, held
from tests.factories import days_ago, editor_of

subjects = matrix.subjects  # the fixture: what its routes are asked about

# Keys and tokens are drawn anew for each page and each row, and so is the picture of a link.
DRAWN = re.compile(
    r'name="shown_form" value="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_:-]{40,}|<path class="qrline"[^>]+>'
)


@pytest.fixture
def waiting(subjects, millrace, juniper, live_through):
    """A session of Juniper's that Dana has not rated; the client's answers come with each world."""
    live_through(juniper, [3, 3, 3, 3, 3])
    millrace.rates_first_since = days_ago(1)
    millrace.save()
    return held(juniper, 0.5).check_in


@pytest.fixture
def in_repair(subjects, millrace, juniper):
    """The same while a repair is on, and its next step is planned."""
    millrace.rates_first_since = None
    millrace.save()
    before = held(juniper, 1).check_in
    answer_check_in(check_in=before, answers=client_answers(3, tension=True), may_change=False)
    plan_step(editor=editor_of(juniper), rupture=Rupture.objects.get(state="open"), step="ask", words="How was it?")
    millrace.rates_first_since = days_ago(0.9)
    millrace.save()
    return held(juniper, 0.5).check_in


def pages(dana, subjects):
    """(route, subject, method) -> what Dana gets, without what is drawn anew."""
    browser, found = Client(), {}
    browser.force_login(dana.user)
    for name, subject, on_get, on_post in matrix.rows():
        if name.startswith("links:"):
            continue  # whoever holds a link is the client
        for method, expected in (("get", on_get), ("post", on_post)):
            if expected["dana"] != 405:
                with taken_back(browser):
                    response = getattr(browser, method)(matrix.address(name, subject, subjects))
                    text = DRAWN.sub("", response.text) + DRAWN.sub("", response.headers.get("Location", ""))
                    found[name, subject, method] = (response.status_code, text)
    return found


def worlds(dana, subjects, check_in):
    """Each page where the client is content, and where they are not."""
    found = []
    goal = check_in.episode.goals.get()
    unlike = PlanAnswers("no", goals=(PlanAnswer(str(goal.code), goal.revision, "no"),))
    content = client_answers(4, repair_talked=True, repair_helped="yes")
    strained = client_answers(0, comment="A kanarienvogel sang.", tension=True, bring_up="gently", plan=unlike)
    now = timezone.now()
    for said in (content, strained):
        with time_machine.travel(now, tick=False), transaction.atomic():
            answer_check_in(check_in=check_in, answers=said, may_change=False)
            found.append(pages(dana, subjects))
            transaction.set_rollback(True)
        check_in.refresh_from_db()
    return found


def differing(one, other):
    return {name for name, subject, method in one if one[name, subject, method] != other[name, subject, method]}


def test_no_page_tells_two_answers_apart_before_the_own_rating(dana, subjects, waiting):
    assert differing(*worlds(dana, subjects, waiting)) == set()


def test_nor_whether_a_repair_is_over(dana, subjects, in_repair):
    assert differing(*worlds(dana, subjects, in_repair)) == set()


def test_what_tells_that_a_repair_is_over_where_nothing_waits(dana, subjects, millrace, in_repair):
    millrace.rates_first_since = None
    millrace.save()
    told = differing(*worlds(dana, subjects, in_repair))
    assert told >= {"ratings:planned-session-log", "ratings:session-log"}


def test_pages_of_the_case_tell_them_apart_where_nothing_waits(dana, subjects, millrace, waiting):
    millrace.rates_first_since = None
    millrace.save()
    told = differing(*worlds(dana, subjects, waiting))
    assert told >= {"ratings:today", "ratings:cases", "ratings:case", "ratings:case-sheet", "ratings:plan"}
