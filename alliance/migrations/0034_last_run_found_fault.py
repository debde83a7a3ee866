"""The last run of a job says whether it found something wrong; the new job itself changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alliance", "0033_what_a_join_carried")]

    operations = [
        migrations.AddField("lastrun", "found_fault", models.BooleanField(db_default=False, default=False)),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "lastrun",
                    "job",
                    models.CharField(
                        choices=[("sender", "send_due"), ("backup", "backup"), ("audit", "verify_audit")],
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                    ),
                )
            ]
        ),
    ]
