"""The drill: PostgreSQL is lost with its disk, and comes back as it was at an instant."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from django.conf import settings

from tests.servers import Project, free_port

pytestmark = pytest.mark.evidence
TOOLS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/none"))  # of Debian, for which the scripts are
SCRIPTS = settings.BASE_DIR / "deploy" / "postgresql"
WRITE = """
from alliance.models import AuditEvent
AuditEvent.objects.bulk_create([AuditEvent(subject_type="drill", verb="read") for _n in range(500)])
"""


@pytest.fixture
def folder():
    """Not under pytest's own, which is closed to the user of PostgreSQL."""
    made = Path(tempfile.mkdtemp(prefix="alliance-drill-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


class Drill:
    """A server that archives by our file, and our two scripts run as its user."""

    def __init__(self, folder):
        assert (TOOLS / "pg_verifybackup").exists(), "This takes PostgreSQL itself: apt-get install postgresql"
        self.home, self.kept, self.port = folder / "home", folder / "kept", free_port()
        (self.kept / "wal").mkdir(parents=True)
        if os.getuid() == 0:  # it refuses to be root
            for place in (folder, self.kept, self.kept / "wal"):
                shutil.chown(place, "postgres")
        self.run(TOOLS / "initdb", f"--pgdata={self.home}", "--username=postgres", "--auth=trust")
        archive = (SCRIPTS / "archive.conf").read_text().replace("/var/backups/alliance-postgresql", str(self.kept))
        with (self.home / "postgresql.conf").open("a") as conf:
            conf.write(f"\n{archive}\nlisten_addresses = ''\nport = {self.port}\n")
            conf.write(f"unix_socket_directories = '{folder}'\n")
        self.run(TOOLS / "pg_ctl", f"--pgdata={self.home}", f"--log={folder}/log", "--wait", "start")
        self.address = f"postgres://postgres@{quote(str(folder), safe='')}:{self.port}/postgres"

    def run(self, *command, ok=True, **more):
        as_user = {"user": "postgres"} if os.getuid() == 0 else {}
        environment = {"PATH": f"{TOOLS}:/usr/bin:/bin", "PGHOST": str(self.home.parent), "PGUSER": "postgres"}
        environment |= {"PGPORT": str(self.port)} | more
        done = subprocess.run(
            list(map(str, command)), env=environment, cwd="/", capture_output=True, text=True, timeout=300, **as_user
        )
        assert done.returncode == 0 or not ok, done.stdout + done.stderr
        return done

    def stop(self, home, mode="immediate"):
        self.run(TOOLS / "pg_ctl", f"--pgdata={home}", f"--mode={mode}", "stop", ok=False)


def ask(address, question):
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0] if cursor.description else None


def counts(address):
    tables = (
        "SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return {name: ask(address, f'SELECT count(*) FROM "{name}"') for name in sorted(ask(address, tables).split())}


def test_a_lost_server_comes_back_as_of_an_instant(folder, record_property):
    drill = Drill(folder)
    restored = [folder / name for name in ("restored", "without-log")]
    try:
        project = Project(os.environ | {"ALLIANCE_VAR": str(folder), "DATABASE_URL": drill.address})
        project.manage("migrate", "--verbosity=0")
        project.python(WRITE)
        said = drill.run(SCRIPTS / "base-backup", drill.kept, 14).stdout
        assert "is verified" in said
        time.sleep(1.1)  # the name of a base backup has seconds
        project.python(WRITE)
        wanted, instant = counts(drill.address), ask(drill.address, "SELECT now()::text")
        time.sleep(1.1)
        ask(drill.address, "DROP TABLE ratings_rating CASCADE")  # what somebody did by mistake
        project.python(WRITE)
        ask(drill.address, "SELECT pg_switch_wal()")
        deadline = time.monotonic() + 60
        while not re.search(r"^[0-9A-F]{24}\.gz$", "\n".join(os.listdir(drill.kept / "wal")), re.MULTILINE) or ask(
            drill.address, "SELECT last_archived_wal < pg_walfile_name(pg_current_wal_lsn() - 1) FROM pg_stat_archiver"
        ):
            assert time.monotonic() < deadline, os.listdir(drill.kept / "wal")
            time.sleep(0.2)
        drill.stop(drill.home)
        shutil.rmtree(drill.home)  # and the disk is gone

        start, port = time.monotonic(), free_port()
        drill.run(SCRIPTS / "restore-to", drill.kept, restored[0], instant, port)
        address = f"host={restored[0]} port={port} user=postgres dbname=postgres"
        found = counts(address)
        assert found == wanted
        record_property("tables, each with the rows of that instant", len(found))
        record_property("seconds to restore", round(time.monotonic() - start, 1))

        (drill.kept / "wal").rename(
            drill.kept / "away"
        )  # the control: without the log what came after the base is lost
        (drill.kept / "wal").mkdir()
        drill.run(SCRIPTS / "restore-to", drill.kept, restored[1], instant, free_port(), ok=False)
        log = (restored[1] / "restore.log").read_text()
        assert "recovery ended before configured recovery target was reached" in log
        (drill.kept / "wal").rmdir()
        (drill.kept / "away").rename(drill.kept / "wal")

        # So many days: an old one goes with the log before the next, and the newest stays.
        old = drill.kept / "base" / "20200101T000000Z"
        drill.run("cp", "-a", next((drill.kept / "base").iterdir()), old)
        os.utime(old, (0, 0))
        ours = {"PGHOST": str(restored[0]), "PGPORT": str(port)}
        drill.run(SCRIPTS / "base-backup", drill.kept, 14, **ours)
        assert not old.exists() and len(list((drill.kept / "base").iterdir())) == 2
        oldest = min((drill.kept / "base").iterdir()) / "backup_label"
        first = re.search(r"\(file (\w+)\)", oldest.read_text())[1]
        kept = [file.name for file in (drill.kept / "wal").iterdir() if re.match(r"[0-9A-F]{24}\.gz", file.name)]
        assert min(kept) == f"{first}.gz"
    finally:
        for home in (drill.home, *restored):
            drill.stop(home)
