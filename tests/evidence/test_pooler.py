"""A thousand care graphs, asked by four at once behind PgBouncer in transaction mode, over two connections: nobody is
shown what is another's.

It needs the program `pgbouncer` (on Debian and Ubuntu: `apt install pgbouncer`).
"""

import json
import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest
from django.conf import settings

from tests.pg_plugin import postgresql
from tests.servers import Project, free_port

pytestmark = [pytest.mark.evidence, pytest.mark.sqlite]  # it brings its own database
ROLE = "application"
CLIENTS, FIRST, GRAPHS = 4, 3000, 1000
# How connections are shared, and how long is waited for one: as in the file that is installed.
INSTALLED = (settings.BASE_DIR / "deploy" / "pgbouncer" / "pgbouncer.ini").read_text()
OURS = INSTALLED[INSTALLED.index("pool_mode") : INSTALLED.index("logfile")]

STORE = """
import json
from django.db import transaction
from alliance import acting
from tests.care_graphs import sights
acting.act_as(acting.PROGRAM)
with transaction.atomic():
    people = [
        (user.pk, user.is_active, [stored.episodes[place].pk for place in sight.episodes])
        for seed in range(%(first)d, %(first)d + %(graphs)d) for stored, user, sight in sights(seed)
    ]
open(%(file)r, "w").write(json.dumps(people))
"""

ASK = """
import json, random, threading
from django.db import connection
from alliance import acting
from alliance.models import Episode, User
from alliance.scopes import visible_episodes
people = [(key, active, set(own)) for key, active, own in json.load(open(%(file)r))]
if %(for_the_session)r:
    said = acting.said_before
    acting.said_before = lambda: said().replace(", true)", ", false)")
counted = {"people": len(people), "reading": sum(bool(own) for _key, _active, own in people)}
counted |= {"by the database": 0, "by the predicate": 0, "nobody asked": 0, "for nobody": 0}
lock = threading.Lock()
def ask(number):
    chance = random.Random(number)
    for key, active, own in people[number::%(clients)d]:
        with acting.acting_as(acting.member(key)):
            by_the_database = set(Episode.objects.values_list("pk", flat=True))
            by_the_predicate = set(visible_episodes(User(pk=key, is_active=active)).values_list("pk", flat=True))
        rows = set()
        if nobody := chance.random() < 0.3:
            with acting.acting_as(acting.NOBODY):
                rows = set(Episode.objects.values_list("pk", flat=True))
        with lock:
            counted["by the database"] += by_the_database == own
            counted["by the predicate"] += by_the_predicate == own
            counted["nobody asked"] += nobody
            counted["for nobody"] += bool(rows)
    connection.close()
threads = [threading.Thread(target=ask, args=[number]) for number in range(%(clients)d)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps(counted))
"""


class Pooler:
    """PgBouncer, as a process that can be stopped and started."""

    def __init__(self, command):
        self.command, self.process = command, None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def restart(self):
        """It falls, with all its connections, and is started anew."""
        self.process.kill()
        self.process.wait(timeout=30)
        self.start()


@contextmanager
def pooled(tmp_path):
    """The project as the application's role, behind PgBouncer, with the demo in the database; the address of that for
    its superuser, past PgBouncer; and PgBouncer."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.fail("This takes the program pgbouncer; on Debian and Ubuntu: apt install pgbouncer")
    with postgresql() as address, TemporaryDirectory() as made:
        environment = os.environ | {"ALLIANCE_VAR": str(tmp_path), "DATABASE_URL": address}
        environment |= {"ALLIANCE_ROW_SECURITY": "yes"}
        owner = Project(environment)
        owner.manage("migrate", "--verbosity=0")
        owner.manage("sync_instruments")
        owner.manage("seed_demo", "--therapists=6", "--clients=36", "--sessions=4")
        with psycopg2.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {ROLE} LOGIN")
        connection.close()
        owner.manage("grant_application", ROLE)
        (socket,) = parse_qs(urlsplit(address).query)["host"]
        port = free_port()
        folder = Path(made)
        (folder / "users").write_text(f'"{ROLE}" ""\n')
        (folder / "pgbouncer.ini").write_text(
            "[databases]\n"
            f"* = host={socket} dbname={urlsplit(address).path[1:]} user={ROLE}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {folder / 'users'}\n"
            f"{OURS.replace('default_pool_size = 20', 'default_pool_size = 2')}\n"
            f"logfile = {folder / 'log'}\n"
        )
        command = [program, str(folder / "pgbouncer.ini")]
        if os.getuid() == 0:  # it refuses to run as root
            command[1:1] = ["-u", _given_to(socket, folder)]
        pooler = Pooler(command)
        pooler.start()
        try:
            url = f"postgres://{ROLE}@127.0.0.1:{port}/alliance"
            yield (
                Project(environment | {"DATABASE_URL": url, "ALLIANCE_POOLER": "yes"} | {"ALLIANCE_CONN_MAX_AGE": "0"}),
                address,
                pooler,
            )
        finally:
            pooler.stop()


def _given_to(socket, folder):
    """The name of whoever owns the socket, who owns the folder from now on."""
    owner = Path(socket).stat().st_uid or pwd.getpwnam("nobody").pw_uid
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner, -1)
    return pwd.getpwuid(owner).pw_name


def asked(project, file, *, for_the_session):
    code = ASK % {"clients": CLIENTS, "file": str(file), "for_the_session": for_the_session}
    return json.loads(project.python(code).splitlines()[-1])


def test_a_thousand_care_graphs(tmp_path, record_property):
    """Row security alone, and the predicate on top of it, show each of these people what the plain data say."""
    file = tmp_path / "people"
    with pooled(tmp_path) as (project, address, _pooler):
        owner = Project(project.environment | {"DATABASE_URL": address, "ALLIANCE_POOLER": ""})
        owner.python(STORE % {"first": FIRST, "graphs": GRAPHS, "file": str(file)})
        counted = asked(project, file, for_the_session=False)
        record_property("said with each statement", counted)
        leaking = asked(project, file, for_the_session=True)
        record_property("said to the session", leaking)
    assert counted["people"] > 3 * GRAPHS and counted["reading"] > GRAPHS and counted["nobody asked"] > GRAPHS
    assert counted["by the database"] == counted["by the predicate"] == counted["people"]
    assert counted["for nobody"] == 0
    assert leaking["for nobody"] > 0, "the control: what is said to the session goes on to the next who asks"
