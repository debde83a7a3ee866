"""PostgreSQL is lost with its disk or falls silent, again and again, and its standby takes over: nothing that was
acknowledged is lost."""

import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPException

import pytest

from tests.e2e.test_parallel import ANSWERS, send
from tests.evidence.hosts import reached_by_address
from tests.evidence.standby import Pair
from tests.evidence.test_faults import SET_UP, Server, look
from tests.servers import Project

pytestmark = [pytest.mark.evidence, pytest.mark.sqlite]  # it brings its own database
ROUNDS, ROUNDS_OF_CONTROL, SEED = 20, 4, 20261129
WRITERS, IN_A_ROUND = 8, 30
LIMIT = 10.0  # seconds from the loss to the next answer that is saved

# What belongs to each rating, written with it or not at all.
WHOLE = """
import json
from django.db.models import Count, Exists, OuterRef
from ratings.models import Assessment, Rating, Standing
judged = Assessment.objects.filter(therapy_session=OuterRef("therapy_session"))
counted = dict(Rating.objects.values_list("episode").annotate(number=Count("pk")))
told = dict(Standing.objects.values_list("episode", "check_ins_answered"))
print(json.dumps({
    "without assessment": Rating.objects.exclude(Exists(judged)).count(),
    "standings that count others": sum(told[episode] != number for episode, number in counted.items()),
}))
"""


def send_until_saved(url, token):
    """As somebody does who reads that nothing was saved; when it was, and how often that took."""
    for tries in range(1, 1000):
        with suppress(OSError, HTTPException):
            status, page, _text = send(f"{url}/c/{token}/", ANSWERS)
            if status == 200 and page == f"{url}/c/sent/":
                return time.monotonic(), tries
        time.sleep(0.2)
    raise AssertionError("nothing is saved any more")


class Rounds:
    """In each the primary is lost while several write: everything that was acknowledged, and what it took."""

    def __init__(self, pair, folder, number, host=None):
        environment = os.environ | {"ALLIANCE_VAR": str(folder), "DATABASE_URL": pair.url}
        self.project = Project(reached_by_address(environment, folder) if host else environment)
        self.project.manage("migrate", "--verbosity=0")
        made = self.project.python(SET_UP.format(links=number * IN_A_ROUND)).split()
        self.tokens = [line for line in made if len(line) == 43]
        self.seconds, self.sent_again = [], 0
        server, dice = Server(self.project, folder, host), random.Random(SEED)
        server.start()
        try:
            with ThreadPoolExecutor(WRITERS) as pool:
                for start in range(0, len(self.tokens), IN_A_ROUND):
                    batch = self.tokens[start : start + IN_A_ROUND]
                    sending = [pool.submit(send_until_saved, server.url, token) for token in batch]
                    time.sleep(dice.uniform(0.1, 0.7))
                    pair.primary.stop_sending()  # some of what is written from now on is not with the standby
                    time.sleep(0.3)
                    lost_at = time.monotonic()
                    pair.fail_over()
                    saved = [one.result() for one in sending]
                    self.seconds.append(min(at for at, _tries in saved if at > lost_at) - lost_at)
                    self.sent_again += sum(tries > 1 for _at, tries in saved)
                    pair.follow()
        finally:
            server.kill()


@pytest.mark.parametrize("is_silent", [False, True], ids=["lost with its disk", "its cable pulled"])
def test_a_lost_primary_loses_no_answer_that_was_acknowledged(is_silent, request, tmp_path, record_property):
    hosts = [request.getfixturevalue("network").host() for _number in range(3)] if is_silent else [None, None, None]
    with closing(Pair(waits=True, hosts=hosts[1:])) as pair:
        rounds = Rounds(pair, tmp_path, ROUNDS, hosts[0])
        found = look(rounds.project, rounds.tokens, tmp_path)
        whole = json.loads(rounds.project.python(WHOLE).splitlines()[-1])
    record_property("primaries lost", ROUNDS)
    record_property("answers acknowledged, all kept", len(rounds.tokens))
    record_property("of these sent more than once", rounds.sent_again)
    slowest, median = max(rounds.seconds), sorted(rounds.seconds)[ROUNDS // 2]
    record_property("seconds from a loss to the next that is saved", f"{slowest:.1f} at most, {median:.1f} usually")
    assert len(rounds.tokens) == ROUNDS * IN_A_ROUND == found["ratings"] == found["written"]
    assert found["lost"] == found["double"] == 0
    assert set(whole.values()) == {0}, whole
    assert rounds.sent_again >= ROUNDS, "the losses hit nobody"
    assert slowest <= LIMIT


def test_without_waiting_for_the_standby_some_are_lost(tmp_path, record_property):
    """The control."""
    with closing(Pair(waits=False)) as pair:
        rounds = Rounds(pair, tmp_path, ROUNDS_OF_CONTROL)
        found = look(rounds.project, rounds.tokens, tmp_path)
    record_property("acknowledged, and of these lost", f"{len(rounds.tokens)}, {found['lost']}")
    assert found["lost"] > 0
