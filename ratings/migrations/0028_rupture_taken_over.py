"""Under which version a report took a rupture over from the detector, so that the settings before give it back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ratings", "0027_tension_strength_words")]

    operations = [
        migrations.AddField(
            model_name="rupture",
            name="taken_over",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ratings.detectorversion",
            ),
        ),
    ]
