"""The whole line, in a browser: a session is logged, the client answers, a drop is flagged, the supervisor sees it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from alliance.people import actions
from alliance.people.sight import assign_supervision
from tests.factories import make_episode, make_practice

PASSWORD = "correct-horse-battery"
FREE_HOUR = f"{timezone.now() + timedelta(hours=6):%H}:00"  # the other cases have theirs at this hour of the day
ITEMS = 6
# The answers to the six questions (two on goals, two on tasks, two on the bond), session by session; 0 to 4.
STEADY_THEN_LOW = [[3] * 6, [3, 4, 3, 3, 4, 3], [3] * 6, [4, 3, 3, 4, 3, 3], [1] * 6, [1, 1, 0, 1, 1, 1]]
NOISY_BUT_STEADY = [
    [3, 2, 3, 4, 3, 3],
    [4, 3, 3, 3, 2, 3],
    [3, 3, 2, 3, 4, 4],
    [2, 3, 3, 4, 3, 3],
    [3, 4, 4, 3, 3, 2],
    [3, 3, 3, 2, 3, 3],
]
ONLY_TASKS_FALL = [
    [3, 3, 3, 3, 4, 3],
    [3, 4, 3, 4, 3, 3],
    [3] * 6,
    [4, 3, 3, 3, 3, 4],
    [3, 3, 1, 0, 3, 4],
    [3, 4, 0, 1, 4, 3],
]


@pytest.fixture
def practice(live_server, settings):
    """A practice in which nobody has a case yet: one therapist and her supervisor, who can sign in."""
    settings.BASE_URL = live_server.url
    call_command("sync_instruments")
    practice = make_practice("Millrace Practice", zone="Europe/London", crisis_phone="01632 960 117")
    ada = actions.add_member(
        practice=practice, email="ada@millrace.test", name="Ada Lindqvist", roles=["therapist"], password=PASSWORD
    )
    ruth = actions.add_member(
        practice=practice, email="ruth@millrace.test", name="Ruth Amsel", roles=["supervisor"], password=PASSWORD
    )
    assign_supervision(supervisor=ruth, therapist=ada)
    return practice


def sign_in(page, live_server, email):
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def open_case(page, live_server, name):
    page.goto(f"{live_server.url}/cases/")
    page.get_by_role("link", name="New client").click()
    page.get_by_label("Name or pseudonym").fill(name)
    page.get_by_label("The client agreed to answer check-ins").check()
    page.get_by_role("button", name="Open the case").click()
    page.get_by_role("link", name="Log session").wait_for()
    return page.url


def log_session(page, case_url, days_ago, own_answer="Mostly"):
    """Logs a session of so many days ago; the therapist always thinks that all is well."""
    page.goto(case_url)
    page.get_by_role("link", name="Log session").click()
    day = timezone.now() - timedelta(days=days_ago)
    page.get_by_text("Change").click()
    page.get_by_label("Day").fill(day.strftime("%Y-%m-%d"))
    page.get_by_label("Start").fill(FREE_HOUR)
    for answer in page.get_by_label(own_answer).all():
        answer.check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/today/")


def answer_check_in(page, phone, case_url, answers):
    """The therapist shows the link; the client opens it on a phone, taps an answer to each question, and sends."""
    page.goto(case_url)
    page.get_by_role("button", name="Check-in link").click()
    phone.goto(page.get_by_label("Address").input_value())
    questions = phone.locator("fieldset", has_text=f" of {ITEMS}")
    assert questions.count() == ITEMS
    for position, answer in enumerate(answers):
        questions.nth(position).get_by_role("radio").nth(answer).check()
    phone.get_by_role("button", name="Send").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "Thank you"


def live_in_browser(page, phone, live_server, name, course):
    case_url = open_case(page, live_server, name)
    for position, answers in enumerate(course):
        log_session(page, case_url, days_ago=7 * (len(course) - position))
        answer_check_in(page, phone, case_url, answers)
    return case_url


def test_a_drop_is_flagged_with_its_reason_and_tops_the_caseload(
    page, phone, live_server, practice, live_through, complaints
):
    """One case is lived through in the browser; the two beside it come by the actions that its forms call."""
    heard = complaints(page)
    ada = practice.memberships.get(user__email="ada@millrace.test")
    urls = []
    for name, course in (("Sorrel", NOISY_BUT_STEADY), ("Bramble", ONLY_TASKS_FALL)):
        episode = make_episode(ada, name)
        live_through(episode, course)
        urls.append(live_server.url + reverse("ratings:case", args=[episode.code]))
    steady, tasks = urls
    sign_in(page, live_server, "ada@millrace.test")
    low = live_in_browser(page, phone, live_server, "Juniper", STEADY_THEN_LOW)

    page.goto(steady)
    assert page.locator(".lead").inner_text() == "Sorrel's answers are about as usual."
    assert page.get_by_role("heading", name="Rupture and repair").count() == 0

    page.goto(tasks)
    assert "Bramble's answers on tasks have been below their own usual for 2 sessions." in lead(page)
    assert "Tasks 13, usually 78" in lead(page)
    # Four ratings lie outside the rupture: too few for a range. Only the flag speaks, of what it names.
    assert words_of_the_pillars(page) == ["too few to say", "below own usual", "too few to say"]

    page.goto(low)
    assert "Juniper's answers have been below their own usual for 2 sessions." in lead(page)
    assert "Overall 21, usually 79" in lead(page)
    assert words_of_the_pillars(page) == ["below own usual"] * 3

    sign_out_and_in(page, live_server, "ruth@millrace.test")
    assert page.url == f"{live_server.url}/caseload/"
    assert page.get_by_role("heading", level=1).inner_text() == "2 of 3 cases to talk about."
    first, second = page.locator("#to-talk-about > li").all()
    assert first.locator("h2").inner_text() == "Juniper"
    assert "Below own usual for 2 sessions. Overall 21, usually 79." in first.inner_text()
    assert second.locator("h2").inner_text() == "Bramble"
    assert "Tasks below own usual for 2 sessions. Tasks 13, usually 78" in second.inner_text()
    page.get_by_role("link", name="All cases").click()
    page.wait_for_url("**/caseload/all/")
    assert page.locator("table.register tbody th a").all_inner_texts() == ["Juniper", "Bramble", "Sorrel"]
    page.go_back()

    first.get_by_role("link", name="Juniper").click()
    assert "You can read this case as supervisor." in page.locator(".date").inner_text()
    assert page.get_by_role("link", name="Log session").count() == 0
    assert heard == []


def sign_out_and_in(page, live_server, email):
    page.goto(f"{live_server.url}/accounts/logout/")
    page.get_by_role("main").get_by_role("button").click()
    sign_in(page, live_server, email)


def lead(page):
    return page.locator(".head").inner_text()


def words_of_the_pillars(page):
    return [words.strip() for words in page.locator(".pillar header p").all_inner_texts()]
