"""What the server remembers of one browser: Django's session, as this project stores it."""

import uuid

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from alliance.models.people import User


class BrowserSession(AbstractBaseSession):
    """One browser, and who is signed in there.

    The browser has the key and the table its hash, so that whoever reads the table cannot be signed in by it. The data
    are encrypted: a form that waits for a password, or the secret of a second step, stands there for a while.
    """

    session_key = models.CharField(max_length=64, primary_key=True)  # the hash of it; Django wants this name
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions", null=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    browser = models.CharField(max_length=200, blank=True)  # as it names itself

    class Meta:
        pass

    def __str__(self):
        return str(self.code)

    @classmethod
    def get_session_store_class(cls):
        raise NotImplementedError("A row does not know the key, so there is no way from it to its session.")
