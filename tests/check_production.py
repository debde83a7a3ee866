"""Runs `manage.py check --deploy` on production settings with fresh secrets: `python -m tests.check_production`."""

import os
import secrets
import tempfile

from cryptography.fernet import Fernet
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="alliance.settings",
            ALLIANCE_VAR=folder,
            ALLIANCE_SECRET_KEY=secrets.token_urlsafe(64),
            ALLIANCE_DATA_KEYS=Fernet.generate_key().decode(),
            ALLIANCE_HASH_KEY=secrets.token_urlsafe(32),
            ALLIANCE_ALLOWED_HOSTS="alliance.example.org",
            ALLIANCE_BASE_URL="https://alliance.example.org",
            ALLIANCE_SMTP_HOST="mail.example.org",
        )
        execute_from_command_line(["manage.py", "check", "--deploy", "--fail-level", "WARNING"])
