"""A database of the version before, with standings as that one drew them, is right after the one command."""

import json
import re
import subprocess

import pytest
from django.db import migrations

from alliance.installation.upgrade import CannotUpgrade, plan
from tests.alliance.installation.test_backup import filled as filled  # a fixture
from tests.alliance.installation.test_backup import folder as folder  # a fixture
from tests.servers import Project

STORED = """
import json
from django.core.serializers.json import DjangoJSONEncoder
from ratings.models import Rupture, Standing
rows = [list(model.objects.order_by("pk").values(*names)) for model, names in (
    (Standing, ["episode", "sessions_held", "check_ins_answered", "words", "spark", "notes", "rupture", "attention"]),
    (Rupture, ["code", "episode", "state", "kind"]),
)]
print(json.dumps(rows, cls=DjangoJSONEncoder, sort_keys=True))
"""
AS_BEFORE = """
from ratings.models import Standing
Standing.objects.update(attention=0, words={}, spark={}, rupture=None, sessions_held=1)
"""


def upgraded(project, folder):
    """What the command ended with and said."""
    process = project.start("upgrade", str(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said, _nothing = process.communicate(timeout=300)
    return process.returncode, said


def with_key(project, folder):
    """The project with a key for its backups."""
    said = project.manage("backup", "--new-key", str(folder / "private-key"))
    name, _equals, key = said.strip().partition("=")
    return Project(project.environment | {name: key})


@pytest.mark.process
@pytest.mark.sqlite
def test_a_database_of_the_version_before_is_right_after_it(filled, folder):
    right = json.loads(filled.python(STORED))
    filled.python(AS_BEFORE)
    assert json.loads(filled.python(STORED)) != right
    filled.manage("migrate", "--verbosity=0", "alliance", "0026")
    status, said = upgraded(filled, folder)
    assert status == 1 and "ALLIANCE_BACKUP_KEY is not set" in said
    assert "[ ] 0027_digest" in filled.manage("showmigrations", "alliance"), "without a backup nothing is changed"
    status, said = upgraded(with_key(filled, folder), folder)
    assert status == 0, said
    assert json.loads(filled.python(STORED)) == right
    filled.manage("migrate", "--check")
    assert "Tables: alliance 0027_digest" in said
    (made,) = folder.glob("*.backup")
    assert f"restore {made}" in said
    # The way back that it printed leads there.
    back = re.findall(r"^  manage\.py (migrate .*)$", said, re.MULTILINE)
    assert back
    for command in back:
        filled.manage(*command.split(), "--verbosity=0")
    assert "[ ] 0027_digest" in filled.manage("showmigrations", "alliance")


@pytest.mark.django_db
def test_a_database_of_a_newer_version_is_refused():
    assert plan().steps == ()
    recorder = migrations.recorder.MigrationRecorder.Migration.objects
    recorder.create(app="alliance", name="0999_of_the_year_after")
    with pytest.raises(CannotUpgrade, match="of a newer version than this program: alliance 0999_of_the_year_after"):
        plan()


@pytest.mark.django_db
def test_what_cannot_be_undone_is_said(monkeypatch):
    applied = migrations.recorder.MigrationRecorder.Migration.objects.filter(app="ratings")
    before, newest = sorted(applied.values_list("name", flat=True))[-2:]  # of the top floor, as no other waits for it
    applied.filter(name=newest).delete()
    found = plan()
    assert (found.steps, found.back, found.for_good) == ((("ratings", newest),), (("ratings", before),), ())
    for_good = migrations.RunPython(migrations.RunPython.noop)
    monkeypatch.setattr(f"ratings.migrations.{newest}.Migration.operations", [for_good])
    assert plan().for_good == (("ratings", newest),)
