"""The table of the cache in `settings.CACHES`: it has no model, so a migration makes it where Django's command would."""

from django.core.management import call_command
from django.db import migrations

TABLE = "alliance_cache"


def forwards(apps, schema_editor):
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


def backwards(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("alliance", "0005_first_seen")]

    operations = [migrations.RunPython(forwards, backwards)]
