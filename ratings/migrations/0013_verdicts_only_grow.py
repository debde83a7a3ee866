"""The database keeps what was said and drawn: verdicts can't be changed, removed or truncated, draws not changed.

A draw goes with its session, if ever one is deleted. Who erases a client with verdicts lifts these triggers by name
(`backwards`), as the tests do between two of them. SQLite makes a table anew to alter it, and drops its triggers: a
later migration that alters one of these tables puts them back.
"""

from django.db import migrations

KEPT = {  # trigger: what it refuses, on which table
    "strain_verdict_kept": ("UPDATE", "ratings_strainverdict"),
    "strain_verdict_stays": ("DELETE", "ratings_strainverdict"),
    "useful_verdict_kept": ("UPDATE", "ratings_usefulverdict"),
    "useful_verdict_stays": ("DELETE", "ratings_usefulverdict"),
    "draw_kept": ("UPDATE", "ratings_draw"),
}
WHOLE = {  # PostgreSQL can empty a table at once
    "strain_verdict_whole": ("TRUNCATE", "ratings_strainverdict"),
    "useful_verdict_whole": ("TRUNCATE", "ratings_usefulverdict"),
}
REFUSAL = "draws and verdicts are kept as they are"


def _sqlite():
    for name, (deed, table) in KEPT.items():
        yield f"CREATE TRIGGER {name} BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"


def _postgresql():
    yield (
        "CREATE FUNCTION verdicts_are_kept() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for kind, triggers in (("ROW", KEPT), ("STATEMENT", WHOLE)):
        for name, (deed, table) in triggers.items():
            yield (
                f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH {kind} EXECUTE FUNCTION verdicts_are_kept()"
            )


def forwards(apps, schema_editor):
    for statement in _sqlite() if schema_editor.connection.vendor == "sqlite" else _postgresql():
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in KEPT:
            schema_editor.execute(f"DROP TRIGGER {name}")
        return
    for name, (_deed, table) in (KEPT | WHOLE).items():
        schema_editor.execute(f"DROP TRIGGER {name} ON {table}")
    schema_editor.execute("DROP FUNCTION verdicts_are_kept()")


class Migration(migrations.Migration):
    dependencies = [("ratings", "0012_verdicts_taken_along")]

    operations = [migrations.RunPython(forwards, backwards)]
