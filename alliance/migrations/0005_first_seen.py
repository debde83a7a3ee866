from django.db import migrations, models
from django.db.models import F


def fill(apps, schema_editor):
    """Who had a place before this was noted is taken to have come."""
    apps.get_model("alliance", "Membership").objects.update(first_seen_at=F("starts_at"))


class Migration(migrations.Migration):
    dependencies = [("alliance", "0004_delivery_settings")]

    operations = [
        migrations.AddField("membership", "first_seen_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
