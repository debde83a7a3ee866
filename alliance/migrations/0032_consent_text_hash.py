"""A consent keeps the hash of the wording it was given to; those there were are of the first wording of their purpose."""

from hashlib import sha256

from django.db import migrations, models

# As the forms said it until now.
FIRST = {
    "check_in": "The client agreed to answer check-ins.",
    "email": "The client agreed to receive e-mail.",
    "history": "The client agreed to see their own past answers through a link.",
    "study": "The client agreed that their scores go into a study, without their name.",
}


def fill(apps, schema_editor):
    consents = apps.get_model("alliance", "Consent").objects.using(schema_editor.connection.alias)
    for purpose, text in FIRST.items():
        consents.filter(purpose=purpose, text_hash="").update(text_hash=sha256(text.encode()).hexdigest())


class Migration(migrations.Migration):
    dependencies = [("alliance", "0031_case_join")]

    operations = [
        migrations.AddField(
            "consent",
            "text_hash",
            models.CharField("SHA-256 of the wording", db_default="", default="", max_length=64),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
