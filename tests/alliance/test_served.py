"""A served installation behind a proxy: whose attempts to sign in are counted, and by whom."""

import json
import os
import secrets
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

TRY = """
import json, sys
import django
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # not collected
django.setup()
from django.core.management import call_command
from django.test import Client
start, browser = int(sys.argv[1]), sys.argv[2]
if not start:
    call_command("migrate", verbosity=0)
http, refused = Client(), []
for number in range(start, start + 6):  # ten a minute may go wrong from one address
    page = http.post(
        "/accounts/login/",
        {"login": f"nobody{number}@millrace.test", "password": "wrong"},
        headers={
            "host": "alliance.example.org",
            "x-forwarded-proto": "https",
            "x-forwarded-for": f"198.51.100.{number}, {browser}",  # the first is what the browser made up
        },
        REMOTE_ADDR="10.0.0.1",
    )
    refused.append("Too many failed login attempts" in page.text)
print(json.dumps(refused))
"""


@pytest.fixture
def attempts(tmp_path):
    """`attempts(start, browser)`: six wrong ones, in a process of their own."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "DJANGO_SETTINGS_MODULE": "alliance.settings",
        "ALLIANCE_VAR": str(tmp_path),
        "ALLIANCE_SECRET_KEY": secrets.token_urlsafe(64),
        "ALLIANCE_DATA_KEYS": Fernet.generate_key().decode(),
        "ALLIANCE_HASH_KEY": secrets.token_urlsafe(32),
        "ALLIANCE_ALLOWED_HOSTS": "alliance.example.org",
        "ALLIANCE_BASE_URL": "https://alliance.example.org",
        "ALLIANCE_BEHIND_PROXY": "yes",
    }

    def attempts(start, browser):
        command = [sys.executable, "-c", TRY, str(start), browser]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return attempts


def test_two_workers_count_the_attempts_of_one_browser_together(attempts):
    assert attempts(0, "203.0.113.1") == [False] * 6
    assert attempts(6, "203.0.113.1") == [False] * 4 + [True] * 2
    assert attempts(12, "203.0.113.2") == [False] * 6  # somebody else behind the same proxy
