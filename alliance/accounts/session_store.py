"""Django's sessions in the database, with the hash of each key in place of the key: `settings.SESSION_ENGINE`."""

import json
import logging
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth import SESSION_KEY as USER_ID
from django.contrib.sessions.backends import db
from django.utils import timezone

from alliance import crypto
from alliance.models import BrowserSession

log = logging.getLogger(__name__)


class SessionStore(db.SessionStore):
    """`session_key` is what the browser has; the table holds its hash.

    Of the asynchronous methods none is used here, and what they would look up is not in the table.
    """

    row: BrowserSession | None = None

    @classmethod
    def get_model_class(cls):
        return BrowserSession

    def _get_session_from_db(self):
        rows = BrowserSession.objects.filter(session_key=crypto.token_hash(self.session_key))
        self.row = rows.filter(expire_date__gt=timezone.now()).first()
        if self.row is None:
            self._session_key = None
        return self.row

    def exists(self, session_key):
        return super().exists(crypto.token_hash(session_key))

    def delete(self, session_key=None):
        if session_key or self.session_key:
            super().delete(crypto.token_hash(session_key or self.session_key))

    def create(self):
        self.row = None  # another key is another visit, with a beginning of its own
        super().create()

    def create_model_instance(self, data):
        now = timezone.now()
        kept = self.row or BrowserSession(started_at=now)
        self.row = BrowserSession(
            session_key=crypto.token_hash(self._get_or_create_session_key()),
            session_data=self.encode(data),
            # Not moved by what is done meanwhile.
            expire_date=kept.started_at + timedelta(seconds=settings.SESSION_COOKIE_AGE),
            code=kept.code,
            user_id=data.get(USER_ID),
            started_at=kept.started_at,
            seen_at=now,
            browser=kept.browser,
        )
        return self.row

    def encode(self, session_dict):
        return crypto.seal_for_installation(json.dumps(session_dict))

    def decode(self, session_data):
        try:
            return json.loads(crypto.open_for_installation(session_data))
        except InvalidToken:
            log.warning("A session could not be opened with the keys of this installation, so it has ended.")
            return {}
