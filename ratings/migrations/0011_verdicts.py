"""Verdicts are only added, and may be about a session that was drawn; a draw is a row."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alliance", "0012_repair_within_sessions"),
        ("ratings", "0010_repair"),
        ("therapy", "0005_plan"),
    ]

    operations = [
        migrations.RenameModel("Verdict", "UsefulVerdict"),
        migrations.AddField(
            model_name="strainverdict",
            name="stated",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="strainverdict",
            name="version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ratings.detectorversion"
            ),
        ),
        migrations.AlterField(
            model_name="strainverdict",
            name="rupture",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="strain_verdicts",
                to="ratings.rupture",
            ),
        ),
        migrations.AlterField(
            model_name="usefulverdict",
            name="answer",
            field=models.CharField(
                choices=[("useful", "Useful"), ("known", "I knew already"), ("not_useful", "Not useful")], max_length=12
            ),
        ),
        migrations.AlterField(
            model_name="usefulverdict",
            name="episode",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="useful_verdicts", to="alliance.episode"
            ),
        ),
        migrations.AlterField(
            model_name="usefulverdict",
            name="rupture",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="useful_verdicts", to="ratings.rupture"
            ),
        ),
        migrations.CreateModel(
            name="Draw",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_drawn", models.BooleanField()),
                ("chance", models.FloatField()),
                ("stated", models.FloatField(null=True)),
                ("drawn_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="draws", to="alliance.episode"
                    ),
                ),
                (
                    "therapy_session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="draw", to="therapy.therapysession"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ratings.detectorversion"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="strainverdict",
            name="draw",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="strain_verdicts",
                to="ratings.draw",
            ),
        ),
        migrations.AddConstraint(
            model_name="strainverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("draw__isnull", True), ("rupture__isnull", False)),
                    models.Q(("draw__isnull", False), ("rupture__isnull", True)),
                    _connector="OR",
                ),
                name="strain_verdict_about_one",
            ),
        ),
        migrations.AddIndex(
            model_name="draw",
            index=models.Index(
                condition=models.Q(("is_drawn", True)), fields=["episode"], name="draw_asked_by_episode"
            ),
        ),
        migrations.AddConstraint(
            model_name="draw",
            constraint=models.CheckConstraint(
                condition=models.Q(("chance__gt", 0), ("chance__lte", 1)), name="draw_chance_above_none"
            ),
        ),
    ]
