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
from alliance.accounts.browser_sessions import end_by_time
from alliance.models import BrowserSession

LONGEST = 200
SEEN_EVERY = timedelta(minutes=1)  # a write for each page would be too many; convention of this app
OF_THE_IDLE_TIME = 10  # and no seldomer than a tenth of it, which may be a minute
log = logging.getLogger(__name__)


class SessionStore(db.SessionStore):
    """`session_key` is what the browser has; the table holds its hash.

    Of the asynchronous methods none is used here, and what they would look up is not in the table.
    """

    row: BrowserSession | None = None
    browser = ""  # as it names itself; set by a sign-in
    is_watched = False  # only asked how long it lasts, which is no deed; set by a middleware

    @classmethod
    def get_model_class(cls):
        return BrowserSession

    def _get_session_from_db(self):
        self.row = BrowserSession.objects.filter(session_key=crypto.token_hash(self.session_key)).first()
        if self.row and self.row.expire_date <= timezone.now():
            end_by_time(self.row)
            self.row = None
        if self.row is None:
            self._session_key = None
        elif not self.is_watched:
            _see(self.row)
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
            expire_date=_end(kept.started_at, now),
            code=kept.code,
            user_id=data.get(USER_ID),
            started_at=kept.started_at,
            seen_at=now,
            browser=self.browser[:LONGEST] or kept.browser,
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


def _see(row):
    """Somebody is there: the idle time begins anew."""
    now = timezone.now()
    if now - row.seen_at >= min(SEEN_EVERY, timedelta(seconds=settings.SESSION_IDLE_SECONDS) / OF_THE_IDLE_TIME):
        row.seen_at, row.expire_date = now, _end(row.started_at, now)
        # Not `save`: one that was ended meanwhile stays ended.
        BrowserSession.objects.filter(pk=row.pk).update(seen_at=row.seen_at, expire_date=row.expire_date)


def _end(started_at, seen_at):
    """After an idle time, or a day's work after signing in, which nothing moves."""
    return min(
        started_at + timedelta(seconds=settings.SESSION_COOKIE_AGE),
        seen_at + timedelta(seconds=settings.SESSION_IDLE_SECONDS),
    )
