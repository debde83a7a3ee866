"""An assignment can be asked for from a coming day on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliance", "0038_kept_look"),
    ]

    operations = [
        migrations.AddField(
            model_name="supervision",
            name="not_before",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
