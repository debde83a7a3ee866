"""Binds every sealed text to its column and row: moved elsewhere it does not open any more.

It stands on the top floor, as it walks the tables of all three.
"""

from django.db import migrations

import alliance.crypto
from alliance.crypto import CannotOpen, Sealed, open_unbound, seal_unbound

COLUMNS = {
    ("alliance", "Membership"): ["name"],
    ("alliance", "Client"): ["name", "email", "phone"],
    ("alliance", "ImportDraft"): ["text"],
    ("alliance", "FormDraft"): ["fields"],
    ("alliance", "EmergencyAccess"): ["reason"],
    ("therapy", "TherapySession"): ["voided_reason"],
    ("therapy", "TherapySessionChange"): ["reason"],
    ("therapy", "Phase"): ["name"],
    ("therapy", "Goal"): ["text"],
    ("therapy", "GoalVersion"): ["text"],
    ("therapy", "Task"): ["activity", "why_it_helps", "adapted_why"],
    ("therapy", "TaskVersion"): ["activity", "why_it_helps", "adapted_why"],
    ("therapy", "PrivateNote"): ["text"],
    ("ratings", "Rating"): ["comment"],
    ("ratings", "Rupture"): ["named_line", "aside_reason", "rebased_reason"],
    ("ratings", "RepairStep"): ["words", "line"],
    ("ratings", "SetAside"): ["reason"],
    ("ratings", "OwnWords"): ["text"],
    ("ratings", "SupervisionQuestion"): ["text"],
    ("ratings", "SupervisionNote"): ["text"],
    ("ratings", "NextStep"): ["text"],
    ("ratings", "Meeting"): ["reflection"],
}
AT_ONCE = 500


class OldKey:
    """A data key, unwrapped once; one that no key of the installation opens stops the migration."""

    def __init__(self, row):
        self.pk, self.fernet = row.pk, alliance.crypto.unwrap(row.wrapped)


def forwards(apps, schema_editor):
    _each_text(apps, lambda sealed, key: Sealed(open_unbound(sealed.token, key), key))


def backwards(apps, schema_editor):
    _each_text(apps, lambda sealed, key: seal_unbound(sealed.open(key), key))


def _each_text(apps, change):
    """Changes every text in its row. One that cannot be opened stays as it is, for whoever can mend it."""
    for (app, name), columns in COLUMNS.items():
        model, last = apps.get_model(app, name), 0
        while rows := list(model._base_manager.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
            last = rows[-1].pk
            keys = _keys_of(apps, rows, columns)
            changed = [row for row in rows if _change_row(row, columns, keys, change)]
            model._base_manager.bulk_update(changed, columns)


def _keys_of(apps, rows, columns):
    """The keys that the texts name, by their hex."""
    texts = (getattr(row, column) for row in rows for column in columns)
    named = {text.token.split(".")[1] for text in texts if text is not None and text.token.count(".") == 2}
    hexes = [one for one in named if len(one) == 32 and set(one) <= set("0123456789abcdef")]
    return {row.pk.hex: OldKey(row) for row in apps.get_model("alliance", "DataKey").objects.filter(pk__in=hexes)}


def _change_row(row, columns, keys, change):
    """Whether a text of the row was changed."""
    done = False
    for column in columns:
        sealed = getattr(row, column)
        key = keys.get([*(sealed.token.split(".") if sealed else []), "", ""][1])
        if sealed is None or key is None:
            continue
        try:
            setattr(row, column, change(sealed, key))
        except CannotOpen:
            continue
        done = True
    return done


class Migration(migrations.Migration):
    dependencies = [
        ("ratings", "0020_supervision_meetings"),
        ("therapy", "0005_plan"),
        ("alliance", "0020_emergency_access"),
    ]

    operations = [
        migrations.AlterField(
            model_name="setaside",
            name="reason",
            field=alliance.crypto.SealedTextField(bound_to="rupture_id", null=True),
        ),
        migrations.RunPython(forwards, backwards),
    ]
