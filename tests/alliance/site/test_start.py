"""A served installation with weak settings does not start, and says in one sentence why."""

import secrets
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from alliance.installation import file_system
from alliance.installation.local_keys import local_keys
from alliance.models import DataKey
from alliance.site.start import refuse_weak_start
from tests.alliance.installation.test_checks import FIT
from tests.alliance.test_settings import SERVED
from tests.alliance.test_settings import read as read  # a fixture


@pytest.fixture
def served(settings, db, tmp_path):
    """`served(NAME=value)`: the settings of a served installation, but for these."""

    def change(**changes):
        for name, value in (FIT | {"VAR_DIR": tmp_path} | changes).items():
            setattr(settings, name, value)

    return change


KEY = Fernet.generate_key().decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DEBUG": True}, "DEBUG is on"),
        ({"SECRET_KEY": "change-me-" * 6}, "ALLIANCE_SECRET_KEY can be guessed"),
        ({"HASH_KEY": "short"}, "ALLIANCE_HASH_KEY is too short"),
        ({"ALLOWED_HOSTS": []}, "ALLIANCE_ALLOWED_HOSTS does not have the host"),
        ({"ALLOWED_HOSTS": ["alliance.example.org", "*"]}, "name each"),
        ({"ALLOWED_HOSTS": [".example.org"]}, "name each"),
        ({"BASE_URL": "http://alliance.example.org"}, "has to begin with https://"),
        ({"DATA_KEYS": [KEY, "no key"]}, "key 2 is no Fernet key"),
        ({"DATA_KEYS": [KEY, KEY]}, "One key stands in two places"),
        ({"MAIL_SERVER_IS_NAMED": False}, "ALLIANCE_SMTP_HOST names no mail server"),
    ],
)
def test_each_weakness_stops_the_start(served, changes, sentence):
    served()
    refuse_weak_start()
    served(**changes)
    with pytest.raises(ImproperlyConfigured, match=sentence) as refused:
        refuse_weak_start()
    assert "\n" not in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.sqlite
def test_a_database_that_several_machines_can_have_stops_it(served, monkeypatch, tmp_path):
    """On SQLite it would be lost or torn: its locks, and the log that it writes ahead, are of one machine."""
    served()
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(file_system, "MOUNTS", mounts)
    mounts.write_text("disk / ext4 rw 0 0\n")
    refuse_weak_start()
    mounts.write_text("server:/export / nfs4 rw 0 0\n")
    with pytest.raises(ImproperlyConfigured, match="several machines can have it"):
        refuse_weak_start()


@pytest.mark.parametrize("name", ["ALLIANCE_ALLOWED_HOSTS", "ALLIANCE_DATA_KEYS", "ALLIANCE_BASE_URL"])
def test_what_is_missing_stops_it_in_the_settings_already(read, name):
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not set"):
        read(**SERVED | {name: ""})


def test_a_short_secret_too(read):
    with pytest.raises(ImproperlyConfigured, match="too short"):
        read(**SERVED | {"ALLIANCE_SECRET_KEY": secrets.token_urlsafe(20)})


def test_the_key_of_the_demo_stops_it(served, tmp_path):
    keys = local_keys(tmp_path)
    for changes in ({"SECRET_KEY": keys.secret_key}, {"HASH_KEY": keys.hash_key}, {"DATA_KEYS": keys.data_keys}):
        served(**changes)
        with pytest.raises(ImproperlyConfigured, match="that of the demo"):
            refuse_weak_start()


def test_a_data_key_that_is_not_the_one_of_the_database_stops_it(served):
    served()
    DataKey.objects.create()
    refuse_weak_start()
    other = Fernet.generate_key().decode()
    served(DATA_KEYS=[other, *FIT["DATA_KEYS"]])
    refuse_weak_start()
    served(DATA_KEYS=[other])
    with pytest.raises(ImproperlyConfigured, match="do not open what this database holds"):
        refuse_weak_start()


@pytest.mark.process
@pytest.mark.sqlite
def test_the_web_server_asks(tmp_path):
    environment = SERVED | {"ALLIANCE_VAR": str(tmp_path), "PATH": ""}  # and no mail server
    command = [sys.executable, "-c", "import alliance.wsgi"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "ALLIANCE_SMTP_HOST names no mail server: nobody would get an invitation, a new password or a check-in."
    )
    fit = environment | {"ALLIANCE_SMTP_HOST": "mail.example.org"}
    done = subprocess.run(command, env=fit, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
