"""Many at once, through the real server: nothing lost, nothing double, the same receipt for all."""

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

PARALLEL = 100
ROUNDS = 2
ANSWERS = {"goal_matters": 3, "goal_known": 3, "task_sense": 2, "task_suits": 3, "bond_listened": 4, "bond_open": 3}

SET_UP = """
from django.core.management import call_command
call_command("sync_instruments")
from datetime import timedelta
from django.utils import timezone
from alliance.people.actions import add_member
from alliance.practice.actions import create_practice
from ratings.cases.actions import log_session, open_case
from ratings.check_in import links
from ratings.models import CheckIn
from alliance.models import Membership
from tests.factories import editor_of
ada = Membership.objects.first()
if not ada:
    practice = create_practice(name="Millrace Practice", zone="Europe/London")
    ada = add_member(practice=practice, email="ada@millrace.test", name="Ada", roles=["therapist"])
practice = ada.practice
episode = open_case(practice=practice, therapist=ada, name="Juniper", by=ada, consents=["check_in"])
start = timezone.now() - timedelta(days=1)
therapy_session = log_session(
    editor=editor_of(episode), starts_at=start, ends_at=start + timedelta(minutes=50), zone="Europe/London",
    mode="in_person", attendance="attended",
)
check_in = CheckIn.objects.get(therapy_session=therapy_session)
print(links.mint_check_in_link(check_in=check_in, editor=None, channel="screen"))
"""

COUNT = """
import json
from alliance.models import AuditEvent
from ratings.models import Assessment, Rating, Standing
print(json.dumps({
    "ratings": list(Rating.objects.values_list("answers", flat=True)),
    "written": AuditEvent.objects.filter(subject_type="rating", verb="created").count(),
    "assessments": Assessment.objects.count(),
    "answered": list(Standing.objects.values_list("check_ins_answered", flat=True)),
}))
"""


def send(address, answers, seconds=60):
    """Sends a filled check-in as a browser of its own; the status and the page it ends on."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    data = urllib.parse.urlencode(answers).encode()
    try:
        with browser.open(address, data, timeout=seconds) as answer:
            return answer.status, answer.geturl(), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.geturl(), error.read().decode()


def parallel_submits(gunicorn_server):
    """A hundred browsers send the same answers to one link at once: one rating, a hundred equal receipts."""
    token = gunicorn_server.python(SET_UP).split()[-1]
    address = f"{gunicorn_server.url}/c/{token}/"
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda _n: send(address, ANSWERS), range(PARALLEL)))
    assert {status for status, _url, _page in answers} == {200}
    assert {url for _status, url, _page in answers} == {f"{gunicorn_server.url}/c/sent/"}
    assert len({page for _status, _url, page in answers}) == 1, "the receipts differ"
    assert "Thank you" in answers[0][2]


def test_a_hundred_parallel_submits_leave_one_rating_and_equal_receipts(gunicorn_server):
    for done in range(1, ROUNDS + 1):
        parallel_submits(gunicorn_server)
        assert json.loads(gunicorn_server.python(COUNT)) == {
            "ratings": [ANSWERS] * done,
            "written": done,
            "assessments": done,
            "answered": [1] * done,
        }


def test_of_two_different_answers_at_once_one_stays_and_the_other_is_told(gunicorn_server):
    token = gunicorn_server.python(SET_UP).split()[-1]
    address = f"{gunicorn_server.url}/c/{token}/"
    other = ANSWERS | {"bond_open": 0}
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda given: send(address, given), [ANSWERS, other])
    assert {first[0], second[0]} == {200, 409}
    refused = first if first[0] == 409 else second
    assert "already sent" in refused[2]
    kept = json.loads(gunicorn_server.python(COUNT))
    assert kept["ratings"] == [other if refused is first else ANSWERS]
    assert kept["written"] == 1
