import secrets

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as actual
from django.core.checks import run_checks

from alliance.installation import checks

FIT = {
    "LOCAL": False,
    "SECRET_KEY": secrets.token_urlsafe(50),
    "HASH_KEY": secrets.token_urlsafe(32),
    "DATA_KEYS": [Fernet.generate_key().decode(), Fernet.generate_key().decode()],
    "BASE_URL": "https://alliance.example.org",
    "ALLOWED_HOSTS": ["alliance.example.org"],
    "MAIL_SERVER_IS_NAMED": True,
    "EMAIL_HOST": "mail.example.org",
    "EMAIL_USE_TLS": True,
    "DEFAULT_FROM_EMAIL": "Alder Street <check-ins@alder.test>",
}
ZEROS = "A" * 43 + "="  # a Fernet key in form
EVERY = (checks.check_keys, checks.check_address, checks.check_database_and_mail)
SQLITE = ["alliance.I001"] if "sqlite" in actual.DATABASES["default"]["ENGINE"] else []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"HASH_KEY": secrets.token_urlsafe(12)}, ["alliance.E001"]),
        ({"DATA_KEYS": [FIT["DATA_KEYS"][0], "not a key"]}, ["alliance.E002"]),
        ({"DATA_KEYS": [ZEROS]}, ["alliance.E003"]),
        ({"SECRET_KEY": "change-me-" * 6}, ["alliance.E003"]),
        ({"SECRET_KEY": "0123" * 20}, ["alliance.E003"]),
        ({"HASH_KEY": "put your secret words here, at least 32"}, ["alliance.E003"]),
        ({"HASH_KEY": FIT["SECRET_KEY"]}, ["alliance.E004"]),
        ({"DATA_KEYS": FIT["DATA_KEYS"][:1] * 2}, ["alliance.E004"]),
        ({"BASE_URL": "http://alliance.example.org"}, ["alliance.E005"]),
        ({"BASE_URL": "alliance.example.org"}, ["alliance.E005"]),
        ({"BASE_URL": "https://elsewhere.example.org"}, ["alliance.E006"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["alliance.E007"]),
        ({"ALLOWED_HOSTS": [".example.org"]}, ["alliance.E007"]),
        ({"DEBUG": True}, ["alliance.E008"]),
        ({"MAIL_SERVER_IS_NAMED": False, "EMAIL_HOST": "localhost"}, ["alliance.E009"]),
        ({"EMAIL_HOST": "localhost", "EMAIL_USE_TLS": False}, ["alliance.I002"]),
        ({"EMAIL_USE_TLS": False}, ["alliance.I003"]),
        ({"DEFAULT_FROM_EMAIL": "alliance@localhost"}, ["alliance.I004"]),
    ],
)
def test_each_weakness_is_found_and_no_key_is_shown(changes, found, settings):
    for name, value in (FIT | changes).items():
        setattr(settings, name, value)
    messages = [message for check in EVERY for message in check(None)]
    assert sorted(message.id for message in messages) == sorted(found + SQLITE)
    for key in (settings.SECRET_KEY, settings.HASH_KEY, *settings.DATA_KEYS):
        assert key not in str(messages)


def test_they_are_among_the_deployment_checks_and_silent_on_a_local_installation(settings, db):
    settings.LOCAL, settings.BASE_URL = False, "http://alliance.example.org"
    assert "alliance.E005" in {message.id for message in run_checks(include_deployment_checks=True)}
    settings.LOCAL = True
    assert [message for check in EVERY for message in check(None)] == []
