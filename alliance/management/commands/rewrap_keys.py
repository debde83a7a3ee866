from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from alliance.crypto import rewrap
from alliance.models import DataKey

AT_ONCE = 500  # rows locked together; convention of this app
SECRETS = ("secret", "seed")  # of two-step sign-in: what the app on a phone holds, and what recovery codes come from


class Command(BaseCommand):
    help = "Wraps every data key anew with the first of ALLIANCE_DATA_KEYS, so that the others can be taken out."

    def handle(self, **options):
        lost = _rewrap_all(DataKey, _rewrap_data_key, "wrapped") + _rewrap_all(Authenticator, _rewrap_secrets, "data")
        if lost:
            raise CommandError(f"{lost} keys cannot be opened by any of ALLIANCE_DATA_KEYS. Take no key out.")
        self.stdout.write(f"{DataKey.objects.count()} data keys are wrapped with the first key. The others can go.")


def _rewrap_all(model, rewrap_row, column):
    """Some rows at a time, so that others write meanwhile; returns how many could not be opened. Stopped in the middle
    it can be run again."""
    keys, lost = sorted(model.objects.values_list("pk", flat=True)), 0
    for first in range(0, len(keys), AT_ONCE):
        with transaction.atomic():
            rows = list(model.objects.select_for_update(no_key=True).filter(pk__in=keys[first : first + AT_ONCE]))
            opened = [row for row in rows if _is_rewrapped(rewrap_row, row)]
            model.objects.bulk_update(opened, [column])
        lost += len(rows) - len(opened)
    return lost


def _is_rewrapped(rewrap_row, row):
    try:
        rewrap_row(row)
    except InvalidToken:
        return False
    return True


def _rewrap_data_key(row):
    row.wrapped = rewrap(row.wrapped)


def _rewrap_secrets(row):
    row.data |= {name: rewrap(row.data[name]) for name in SECRETS if name in row.data}
