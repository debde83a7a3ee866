"""Who looked at a case while it was one with another, once that one is erased."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliance", "0037_manager_since"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_key", models.BigIntegerField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="alliance.episode"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("episode", "event_key"), name="kept_look_once")],
            },
        ),
    ]
