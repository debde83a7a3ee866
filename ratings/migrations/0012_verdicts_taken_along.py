"""Every verdict stays: with the version of its flag and what that stated, and with a value that says what it means."""

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError
from django.db.models import OuterRef, Subquery


def forwards(apps, schema_editor):
    apps.get_model("ratings", "UsefulVerdict").objects.filter(answer="false").update(answer="not_useful")
    verdicts = apps.get_model("ratings", "StrainVerdict").objects
    flags = apps.get_model("ratings", "Rupture").objects.filter(pk=OuterRef("rupture"))
    verdicts.update(version=Subquery(flags.values("version")[:1]))
    for verdict in verdicts.filter(rupture__isnull=False).select_related("rupture").iterator():
        verdict.stated = verdict.rupture.evidence.get("probability")
        verdict.save(update_fields=["stated"])


def backwards(apps, schema_editor):
    without_flag = apps.get_model("ratings", "StrainVerdict").objects.filter(rupture__isnull=True).count()
    if without_flag:
        raise IrreversibleError(
            f"{without_flag} verdicts are about drawn sessions, which the tables before cannot hold. Nothing was changed: "
            "bring back the backup of that version instead."
        )
    apps.get_model("ratings", "UsefulVerdict").objects.filter(answer="not_useful").update(answer="false")


class Migration(migrations.Migration):
    dependencies = [("ratings", "0011_verdicts")]

    operations = [migrations.RunPython(forwards, backwards)]
