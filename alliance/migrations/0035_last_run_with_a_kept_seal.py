"""The last reading of the audit with a kept seal is a job of its own; it changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alliance", "0034_last_run_found_fault")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "lastrun",
                    "job",
                    models.CharField(
                        choices=[
                            ("sender", "send_due"),
                            ("backup", "backup"),
                            ("audit", "verify_audit"),
                            ("audit_head", "verify_audit --head"),
                        ],
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                    ),
                )
            ]
        ),
    ]
