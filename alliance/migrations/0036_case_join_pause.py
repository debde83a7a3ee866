"""What a joining brought of a pause, so that parting gives it back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alliance", "0035_last_run_with_a_kept_seal")]

    operations = [
        migrations.AddField("casejoin", "paused_until", models.DateTimeField(null=True)),
        migrations.AddField("casejoin", "brought_pause", models.DateTimeField(null=True)),
    ]
