"""A practice can have clients read by name who reads their case; off until a manager switches it on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliance", "0039_supervision_not_before"),
    ]

    operations = [
        migrations.AddField(
            model_name="practice",
            name="names_readers",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
