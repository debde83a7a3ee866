"""The command that wraps all keys anew, before an old wrapping key is taken out."""

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from alliance.crypto import rewrap
from alliance.models import DataKey

BATCH_SIZE = 500  # rows locked together; convention of this app
# Of two-step sign-in: what the app on a phone holds, what recovery codes come from, and what a passkey is called.
SECRET_NAMES = ("secret", "seed", "name")


class Command(BaseCommand):
    help = "Wraps every data key anew with the first of ALLIANCE_DATA_KEYS, so that the others can be taken out."

    def handle(self, **options):
        n_failed = _rewrap_all(DataKey, _rewrap_data_key, "wrapped")
        n_failed += _rewrap_all(Authenticator, _rewrap_secrets, "data")
        if n_failed:
            raise CommandError(f"{n_failed} keys cannot be opened by any of ALLIANCE_DATA_KEYS. Take no key out.")
        self.stdout.write(f"{DataKey.objects.count()} data keys are wrapped with the first key. The others can go.")


def _rewrap_all(model, rewrap_row, column):
    """Rewraps the column of every row; returns how many could not be opened.

    Some rows at a time, so that others write meanwhile. Stopped in the middle, it can be run again.
    """
    keys, n_failed = sorted(model.objects.values_list("pk", flat=True)), 0
    for first in range(0, len(keys), BATCH_SIZE):
        with transaction.atomic():
            rows = list(model.objects.select_for_update(no_key=True).filter(pk__in=keys[first : first + BATCH_SIZE]))
            rewrapped = [row for row in rows if _is_rewrapped(rewrap_row, row)]
            model.objects.bulk_update(rewrapped, [column])
        n_failed += len(rows) - len(rewrapped)
    return n_failed


def _is_rewrapped(rewrap_row, row):
    """Rewraps the row in memory; False where no key opens it."""
    try:
        rewrap_row(row)
    except InvalidToken:
        return False
    return True


def _rewrap_data_key(row):
    row.wrapped = rewrap(row.wrapped)


def _rewrap_secrets(row):
    row.data |= {name: rewrap(row.data[name]) for name in SECRET_NAMES if name in row.data}
