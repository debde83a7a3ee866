"""What the settings make of the environment: nothing is guessed where it is served, and no key is ever shown."""

import json
import os
import runpy
import secrets
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.cache import cache, caches
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone

SERVED = {
    "ALLIANCE_SECRET_KEY": secrets.token_urlsafe(50),
    "ALLIANCE_DATA_KEYS": f"{Fernet.generate_key().decode()}, {Fernet.generate_key().decode()}",
    "ALLIANCE_HASH_KEY": secrets.token_urlsafe(32),
    "ALLIANCE_ALLOWED_HOSTS": "alliance.example.org, www.example.org",
    "ALLIANCE_BASE_URL": "https://alliance.example.org/",
}


@pytest.fixture
def read(monkeypatch, tmp_path):
    """`read(NAME="value")`: the settings under these variables and no others of ours."""

    def run(**environment):
        for name in list(os.environ):
            if name.startswith(("ALLIANCE_", "DATABASE_URL", "PORT")):
                monkeypatch.delenv(name)
        for name, value in {"ALLIANCE_VAR": str(tmp_path), **environment}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(settings.BASE_DIR / "alliance" / "settings.py"))

    return run


def test_without_a_variable_it_is_local(read, tmp_path):
    found = read()
    assert found["LOCAL"] is True
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "alliance.sqlite3")
    assert read()["SECRET_KEY"] == found["SECRET_KEY"]


def test_with_the_secret_key_it_is_served(read):
    found = read(**SERVED)
    assert (found["LOCAL"], found["DEBUG"]) == (False, False)
    assert len(found["DATA_KEYS"]) == 2
    assert found["ALLOWED_HOSTS"] == ["alliance.example.org", "www.example.org"]
    assert found["BASE_URL"] == "https://alliance.example.org"
    assert found["SESSION_COOKIE_SECURE"] and found["SECURE_SSL_REDIRECT"]


@pytest.mark.parametrize("name", [name for name in SERVED if name != "ALLIANCE_SECRET_KEY"])
def test_where_it_is_served_nothing_is_guessed(read, name):
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not set: .*See docs/reference/settings.md"):
        read(**{**SERVED, name: " "})
    with pytest.raises(ImproperlyConfigured, match=f"{name} is set but ALLIANCE_SECRET_KEY is not"):
        read(**{name: SERVED[name]})


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ALLIANCE_SECRET_KEY": "hunter2" * 7}, "ALLIANCE_SECRET_KEY is too short"),
        ({"ALLIANCE_BEHIND_PROXY": "perhaps"}, "ALLIANCE_BEHIND_PROXY is 'perhaps'; write yes or no."),
        ({"ALLIANCE_MONITOR_TOKEN": "hunter2"}, "ALLIANCE_MONITOR_TOKEN is too short"),
        ({"ALLIANCE_DATABASE_SECONDS": "0"}, "ALLIANCE_DATABASE_SECONDS is how long a request waits"),
        ({"ALLIANCE_SMTP_PORT": "smtp"}, "ALLIANCE_SMTP_PORT is 'smtp'; write a whole number."),
        ({"ALLIANCE_HASH_KEY_FILE": "/nowhere/hash"}, "ALLIANCE_HASH_KEY and ALLIANCE_HASH_KEY_FILE are both set"),
        ({"ALLIANCE_SMTP_PASSWORD_FILE": "/dev/null"}, "/dev/null, which is empty, or no text."),
        ({"ALLIANCE_SMTP_PASSWORD_FILE": "/nowhere/smtp"}, "/nowhere/smtp, which cannot be read: No such file"),
    ],
)
def test_what_cannot_be_right_stops_with_a_sentence(read, variables, sentence):
    with pytest.raises(ImproperlyConfigured) as refused:
        read(**SERVED | variables)
    assert sentence in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert not any(SERVED[name] in str(refused.value) for name in ("ALLIANCE_DATA_KEYS", "ALLIANCE_HASH_KEY"))


def test_a_connection_to_postgresql_has_its_limits(read):
    database = read(DATABASE_URL="postgres://a@b/c?sslmode=require", ALLIANCE_DATABASE_SECONDS="5")["DATABASES"][
        "default"
    ]
    assert database["OPTIONS"]["sslmode"] == "require"
    assert (database["OPTIONS"]["connect_timeout"], database["OPTIONS"]["tcp_user_timeout"]) == (5, 5000)
    assert "lock_timeout=5s" in database["OPTIONS"]["options"]


def test_what_an_address_tells_the_server_comes_after_the_limits_and_in_place_of_none(read):
    """PostgreSQL takes the last of two: the address has the last word on what it names."""
    address = "postgres://a@b/c?options=-c%20lock_timeout%3D3s"
    options = read(DATABASE_URL=address)["DATABASES"]["default"]["OPTIONS"]["options"]
    assert "idle_in_transaction_session_timeout=" in options
    assert options.rindex("lock_timeout=3s") > options.index("lock_timeout=8s")


def test_postgresql_is_told_that_a_look_up_costs_little(read):
    database = read(DATABASE_URL="postgres://a@b/c")["DATABASES"]["default"]
    assert "-c random_page_cost=1.1" in database["OPTIONS"]["options"]


def test_what_a_lost_machine_has_locked_is_free_before_who_waits_gives_up(read):
    options = read(DATABASE_URL="postgres://a@b/c", ALLIANCE_DATABASE_SECONDS="8")["DATABASES"]["default"]["OPTIONS"]
    told = dict(one.split("=") for one in options["options"].split() if "=" in one)
    waits = int(told["tcp_keepalives_idle"]) + int(told["tcp_keepalives_interval"]) * int(told["tcp_keepalives_count"])
    assert waits < 8 and int(told["tcp_user_timeout"].removesuffix("ms")) < 8000 and told["lock_timeout"] == "8s"


@pytest.mark.parametrize("url", ["postgres://a@b,c/d", "postgres://a@/d?host=b,c&port=5433,5434"])
def test_of_several_machines_the_one_is_asked_that_can_be_written_to(read, url):
    options = read(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]
    assert options["target_session_attrs"] == "read-write" and callable(options["connection_factory"])
    assert "connection_factory" not in read(DATABASE_URL="postgres://a@b/d")["DATABASES"]["default"]["OPTIONS"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://a:hunter2@one:5432,two:5433/d", "cannot be read"),
        ("postgres://a:hunter2@/d?host=b,c,d&port=5433,5434", "one for each host, or one for all"),
    ],
)
def test_an_address_of_several_machines_that_cannot_be_right_is_refused_with_a_sentence(read, url, said):
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        read(DATABASE_URL=url)
    assert "hunter2" not in str(refused.value)


def test_behind_a_pooler_nothing_is_set_on_a_connection_that_others_use_too(read):
    database = read(DATABASE_URL="postgres://a@b/c", ALLIANCE_POOLER="yes")["DATABASES"]["default"]
    assert "options" not in database["OPTIONS"] and database["DISABLE_SERVER_SIDE_CURSORS"]


def test_a_secret_may_stand_in_a_file(read, tmp_path):
    files = {}
    kept = {"DATABASE_URL": "postgres://ada:hunter2@localhost/alliance", "ALLIANCE_SMTP_PASSWORD": "hunter3"}
    for name, value in {**SERVED, **kept}.items():
        if name in ("ALLIANCE_ALLOWED_HOSTS", "ALLIANCE_BASE_URL"):
            files[name] = value
        else:
            path = tmp_path / name
            path.write_text(f"{value}\n")
            files[f"{name}_FILE"] = str(path)
    found, plain = read(**files), read(**SERVED, **kept)
    for name in ("LOCAL", "SECRET_KEY", "DATA_KEYS", "HASH_KEY", "DATABASES", "EMAIL_HOST_PASSWORD"):
        assert found[name] == plain[name]
    assert found["DATABASES"]["default"]["PASSWORD"] == "hunter2"
    with pytest.raises(ImproperlyConfigured, match="ALLIANCE_HASH_KEY is set but ALLIANCE_SECRET_KEY is not"):
        read(ALLIANCE_HASH_KEY_FILE=files["ALLIANCE_HASH_KEY_FILE"])


# --- Served behind a proxy: whose attempts to sign in are counted, and by whom ----------------------------------------

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
for number in range(start, start + 12):  # twenty a minute may go wrong from one address
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
    refused.append("Too many tries with a wrong password" in page.text)
print(json.dumps(refused))
"""


@pytest.fixture
def attempts(tmp_path):
    """`attempts(start, browser)`: twelve wrong ones, in a process of their own."""
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


@pytest.mark.process
@pytest.mark.sqlite
def test_two_workers_count_the_attempts_of_one_browser_together(attempts):
    assert attempts(0, "203.0.113.1") == [False] * 12
    assert attempts(12, "203.0.113.1") == [False] * 8 + [True] * 4
    assert attempts(24, "203.0.113.2") == [False] * 12  # somebody else behind the same proxy


def test_a_full_cache_drops_what_has_expired_and_keeps_what_counts(db, monkeypatch):
    monkeypatch.setattr(caches["default"], "_max_entries", 3)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for name in "abc":
            cache.set(name, "expires soon", timeout=60)
        cache.set("attempts", [1.0], timeout=3600)
        clock.shift(timedelta(minutes=2))
        cache.set("d", "one more", timeout=60)
        assert cache.get("attempts") == [1.0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM alliance_cache")
        assert cursor.fetchone() == (2,)
