"""What is killed loses nothing that was acknowledged, and leaves nothing half written.

A frozen database is in tests/alliance/test_patience.py, a hundred submits at once in test_parallel.py.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPException

import pytest
from django.conf import settings

from ratings.management.commands.demo import server_options
from tests.e2e.test_parallel import ANSWERS, send
from tests.servers import free_port, wait_until_healthy

pytestmark = pytest.mark.evidence
KILLS, WRITERS, SEED = 8, 4, 20261129
LINKS = 600
SET_UP = """
from datetime import timedelta
from django.core.management import call_command
from django.utils import timezone
call_command("sync_instruments", verbosity=0)
from alliance.people.actions import add_member
from alliance.practice.actions import create_practice
from ratings.cases.actions import log_session, open_case
from ratings.check_in import links
from ratings.models import CheckIn
from tests.factories import editor_of
practice = create_practice(name="Millrace Practice", zone="Europe/London")
ada = add_member(practice=practice, email="ada@millrace.test", name="Ada", roles=["therapist"])
for case in range({links} // 20):
    episode = open_case(practice=practice, therapist=ada, name=f"Juniper {{case}}", by=ada, consents=["check_in"])
    for day in range(20):
        start = timezone.now() - timedelta(days=1 + day % 13, hours=2 * (day // 13))
        session = log_session(
            editor=editor_of(episode), starts_at=start, ends_at=start + timedelta(minutes=50), zone="Europe/London",
            mode="in_person", attendance="attended",
        )
        check_in = CheckIn.objects.get(therapy_session=session)
        print(links.mint_check_in_link(check_in=check_in, editor=None, channel="screen"))
"""


class Server:
    """gunicorn in a process group of its own, so that the master and its workers are killed at once."""

    def __init__(self, project, folder, host=None):
        self.project, self.log, self.port = project, folder / "gunicorn.log", free_port()
        self.address, self.inside = (host.address, host.inside) if host else ("127.0.0.1", [])
        self.url = f"http://{self.address}:{self.port}"
        self.process = None

    def start(self):
        command = [*self.inside, sys.executable, "-m", "gunicorn", *server_options((self.address, self.port))]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=self.project.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until_healthy(self.url, self.process, self.log, seconds=60)

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)


class Writers:
    """Some who answer one check-in after another; whoever gets no receipt goes on to the next."""

    def __init__(self, url, tokens):
        self.url, self.tokens, self.lock = url, tokens, threading.Lock()
        self.acknowledged, self.unanswered, self.is_over = [], [], threading.Event()
        self.threads = [threading.Thread(target=self._write) for _number in range(WRITERS)]

    def _write(self):
        while not self.is_over.wait(0.05):
            with self.lock:
                if not self.tokens:
                    return
                token = self.tokens.pop()
            status, url = 0, ""
            with suppress(OSError, HTTPException):
                status, url, _page = send(f"{self.url}/c/{token}/", ANSWERS)
            saved = status == 200 and url.endswith("/c/sent/")
            (self.acknowledged if saved else self.unanswered).append(token)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


FOUND = """
import json
from alliance.crypto import token_hash
from alliance.models import AuditEvent
from ratings.models import ClientLink, Rating
answered = set(Rating.objects.values_list("check_in_id", flat=True))
of_token = dict(ClientLink.objects.values_list("token_hash", "check_in_id"))
tokens = json.loads(open(TOKENS).read())
lost = [token for token in tokens if of_token[token_hash(token)] not in answered]
ratings = Rating.objects.count()
print(json.dumps({
    "lost": len(lost),
    "ratings": ratings,
    "written": AuditEvent.objects.filter(subject_type="rating", verb="created").count(),
    "double": ratings - Rating.objects.values("check_in").distinct().count(),
}))
"""


def look(project, tokens, folder):
    (folder / "tokens").write_text(json.dumps(tokens))
    return json.loads(project.python(f"TOKENS = {str(folder / 'tokens')!r}\n{FOUND}").splitlines()[-1])


def judge(found, writers, record_property):
    record_property("acknowledged, all kept", len(writers.acknowledged))
    record_property("sent without a receipt", len(writers.unanswered))
    assert len(writers.acknowledged) >= 20
    # The control: the kills hit somebody. Who got no receipt may or may not be saved, and is told to send once more.
    assert writers.unanswered, "no kill came in the middle of anything"
    assert found["lost"] == 0 and found["double"] == 0
    assert found["ratings"] == found["written"], "a rating without its audit event, or the other way round"


def test_a_killed_server_loses_nothing_that_it_acknowledged(project, tmp_path, record_property):
    tokens = [line for line in project.python(SET_UP.format(links=LINKS)).split() if len(line) == 43]
    assert len(tokens) == LINKS
    server, dice = Server(project, tmp_path), random.Random(SEED)
    server.start()
    try:
        with Writers(server.url, tokens) as writers:
            for _kill in range(KILLS):
                time.sleep(dice.uniform(0.5, 2))
                server.kill()
                server.start()
            time.sleep(1)
    finally:
        server.kill()
    record_property("kills of master and workers", KILLS)
    judge(look(project, writers.acknowledged, tmp_path), writers, record_property)
