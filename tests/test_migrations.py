"""Migrations keep every row, forward and back; and the program before runs on the tables of the one after."""

import json

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from tests.alliance.installation.test_backup import filled as filled  # a fixture

# --- The program before ----------------------------------------------------------------------------------------------

# Of each floor the newest migration that had this rule to come after it.
RULE_AFTER = {"alliance": "0027_digest", "therapy": "0005_plan", "ratings": "0024_read_by"}
# Taken out in a second step: the version before does not read it any more. Each with a word on which version that was.
NOT_READ_ANY_MORE: dict[tuple[str, str], str] = {
    ("ratings", "0025_fewer_indexes"): "its columns stay as they are; it takes indexes away",
}
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def is_left_empty(field):
    """Whether a row can be written by a program that does not know this column."""
    return field.null or field.many_to_many or field.db_default is not NOT_PROVIDED


def breaks_the_program_before(operations):
    """What the version before could not live with: it writes rows without the new column, and reads the old ones."""
    made = {operation.name.lower() for operation in operations if isinstance(operation, migrations.CreateModel)}
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from breaks_the_program_before(operation.database_operations)
        elif getattr(operation, "model_name", "").lower() in made:
            continue
        elif isinstance(operation, migrations.AddField) and not is_left_empty(operation.field):
            yield f"{operation.model_name}.{operation.name}: give it a db_default, or null=True"
        elif isinstance(operation, migrations.AlterField) and not is_left_empty(operation.field):
            yield f"{operation.model_name}.{operation.name}: a change leaves it a db_default or null=True"
        elif isinstance(operation, TAKES_AWAY):
            yield f"{operation.describe()}: first a version that does not read it, then one without it"


def new_migrations():
    """Those of ours to which the rule applies, in any order."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [
        migration
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in RULE_AFTER and name > RULE_AFTER[app]
    ]


@pytest.mark.sqlite
def test_the_program_before_runs_on_the_tables_of_this_one():
    """An upgrade migrates while it still runs, and the way back starts it on these tables."""
    found = {
        (migration.app_label, migration.name): list(breaks_the_program_before(migration.operations))
        for migration in new_migrations()
    }
    assert {key: said for key, said in found.items() if said and key not in NOT_READ_ANY_MORE} == {}
    assert set(NOT_READ_ANY_MORE) <= set(found)


@pytest.mark.sqlite
def test_what_it_could_not_live_with_would_be_found():
    plain, empty = models.CharField(max_length=9, default="x"), models.CharField(max_length=9, null=True)
    kept = models.CharField(max_length=9, default="x", db_default="x")
    new = migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])
    for operation, broken in [
        (migrations.AddField("client", "mood", plain), True),
        (migrations.AddField("client", "mood", empty), False),
        (migrations.AddField("client", "mood", kept), False),
        (migrations.AlterField("client", "mood", plain), True),
        (migrations.RemoveField("client", "mood"), True),
        (migrations.RenameField("client", "mood", "tone"), True),
        (migrations.DeleteModel("Client"), True),
        (migrations.SeparateDatabaseAndState(database_operations=[migrations.DeleteModel("Client")]), True),
        (migrations.AddField("new", "mood", plain), False),
    ]:
        assert bool(list(breaks_the_program_before([new, operation]))) == broken, operation.describe()


# --- Forward, back, forward ------------------------------------------------------------------------------------------

# Back by one migration after another to the first of each floor, then all the way forward. What is printed: the steps,
# those that refused with a sentence, each table that had another number of rows after a step that did not make it, and
# what it took.
WALK = """
import json
import time
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor


def counts():
    with connection.cursor() as cursor:
        found = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = cursor.fetchone()[0]
        return {name: rows for name, rows in found.items() if name != "django_migrations"}


def step(name, targets):
    before, began = counts(), time.monotonic()
    MigrationExecutor(connection).migrate(targets)
    seconds[name] = time.monotonic() - began
    after = counts()
    if found := {name: [rows, after[name]] for name, rows in before.items() if after.get(name, rows) != rows}:
        differences[name] = found


loader = MigrationExecutor(connection).loader
plan = MigrationExecutor(connection).migration_plan(loader.graph.leaf_nodes(), clean_start=True)
order = [(m.app_label, m.name) for m, _back in plan if m.app_label in ("alliance", "therapy", "ratings")]
start, differences, refused, seconds, steps = counts(), {}, {}, {}, 0
for app, name in reversed(order):
    earlier = [other for its_app, other in order if its_app == app and other < name]
    if not earlier:
        continue
    try:
        step(name, [(app, earlier[-1])])
    except IrreversibleError as refusal:
        refused[name] = str(refusal)
        with connection.cursor() as cursor:
            cursor.execute(FREE[name])
        step(name, [(app, earlier[-1])])
    steps += 1
kept = counts()
step("forward", loader.graph.leaf_nodes())
forward = seconds.pop("forward")
slowest = sorted(seconds, key=seconds.get, reverse=True)[:3]
print(json.dumps({"steps": steps, "refused": refused, "differences": differences, "rows": sum(start.values()),
    "filled": sum(rows > 0 for rows in start.values()), "kept": sum(kept.values()), "forward": round(forward, 1),
    "back": round(sum(seconds.values()), 1), "slowest": {name: round(seconds[name], 1) for name in slowest}}))
"""
# What holds a step back, and so says that it does: the rows that the tables before have no place for.
FREE = {"0012_verdicts_taken_along": "DELETE FROM ratings_strainverdict WHERE rupture_id IS NULL"}


def walked(project):
    return json.loads(project.python(f"FREE = {FREE!r}\n{WALK}").splitlines()[-1])


@pytest.mark.process
@pytest.mark.sqlite  # it brings both databases
def test_back_and_forward_keeps_the_rows_of_every_table(filled):
    found = walked(filled)
    assert found["steps"] >= 50 and found["kept"] > 500
    assert set(found["refused"]) == set(FREE)
    assert all("bring back the backup" in sentence for sentence in found["refused"].values())
    assert found["differences"] == {}
