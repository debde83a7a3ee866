"""The keys that seal texts, themselves wrapped."""

import uuid
from functools import cached_property

from cryptography.fernet import Fernet
from django.db import models
from django.utils import timezone

from alliance import crypto


class DataKey(models.Model):
    """The key that seals the texts of one client, or of one practice.

    It is stored wrapped by the keys of the installation.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wrapped = models.TextField(default=crypto.wrap_new_key)
    created_at = models.DateTimeField(default=timezone.now)

    @cached_property
    def fernet(self) -> Fernet:
        """What encrypts and decrypts, unwrapped."""
        return crypto.unwrap(self.wrapped)

    def __str__(self):
        return self.id.hex
