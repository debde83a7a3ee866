"""Deployment checks: what a served installation should not be.

`manage.py check --deploy` runs them, and so does `create_practice`: errors and warnings, Django's own too, stop it, and
an info is printed. The program does not start with an error among them: `alliance.site.start`.
"""

from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, Info
from django.db import connection
from django.http.request import validate_host

from alliance.installation.file_system import lies_on_a_network
from alliance.installation.local_keys import is_local_key

SHORTEST_HASH_KEY = 32
FEWEST_CHARACTERS = 8  # different ones in a key; convention of this app. 32 random hex digits have fewer by rare chance
PLACEHOLDERS = ("change", "secret", "placeholder", "example", "insecure", "replace", "random", "password", "your-key")


def check_keys(app_configs, **kwargs):
    """Errors about keys; they name the variable, never the key."""
    if settings.LOCAL:
        return
    if len(settings.HASH_KEY) < SHORTEST_HASH_KEY:
        text = f"ALLIANCE_HASH_KEY is too short: give it at least {SHORTEST_HASH_KEY} random characters."
        yield Error(text, id="alliance.E001")
    for number, key in enumerate(settings.DATA_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            text = (
                f"ALLIANCE_DATA_KEYS: key {number} is no Fernet key. docs/reference/settings.md says how to make one."
            )
            yield Error(text, id="alliance.E002")
    keys_of = {"ALLIANCE_SECRET_KEY": [settings.SECRET_KEY], "ALLIANCE_HASH_KEY": [settings.HASH_KEY]}
    keys_of["ALLIANCE_DATA_KEYS"] = settings.DATA_KEYS
    for name, keys in keys_of.items():
        if any(is_guessable(key) for key in keys):
            yield Error(f"{name} can be guessed: make it as docs/reference/settings.md says.", id="alliance.E003")
    if len({settings.SECRET_KEY, settings.HASH_KEY, *settings.DATA_KEYS}) < 2 + len(settings.DATA_KEYS):
        yield Error("One key stands in two places: make each by itself.", id="alliance.E004")
    if is_local_key(settings.VAR_DIR, [settings.SECRET_KEY, settings.HASH_KEY, *settings.DATA_KEYS]):
        text = "A key is that of the demo or a try-out here: docs/reference/settings.md says how to make one."
        yield Error(text, id="alliance.E010")


def is_guessable(key):
    """Whether a key has few different characters, or a word of an example."""
    return len(set(key)) < FEWEST_CHARACTERS or any(word in key.lower() for word in PLACEHOLDERS)


def check_address(app_configs, **kwargs):
    """Errors about the address in links, and the hosts that are answered."""
    if settings.LOCAL:
        return
    address = urlsplit(settings.BASE_URL)
    if address.scheme != "https" or not address.hostname:
        text = "ALLIANCE_BASE_URL has to begin with https:// and a host name: answers and passwords travel there."
        yield Error(text, id="alliance.E005")
    elif not validate_host(address.hostname, settings.ALLOWED_HOSTS):
        text = "ALLIANCE_ALLOWED_HOSTS does not have the host of ALLIANCE_BASE_URL: no link would work."
        yield Error(text, id="alliance.E006")
    if any(host == "*" or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        text = "ALLIANCE_ALLOWED_HOSTS has * or a name that begins with a dot, which stand for many: name each host."
        yield Error(text, id="alliance.E007")
    if settings.DEBUG:
        yield Error("DEBUG is on: an error page would show settings and what people typed.", id="alliance.E008")


def check_database_and_mail(app_configs, **kwargs):
    """What will not work with this database or mail server."""
    if settings.LOCAL:
        return
    if not settings.MAIL_SERVER_IS_NAMED:
        text = "ALLIANCE_SMTP_HOST names no mail server: nobody would get an invitation, a new password or a check-in."
        yield Error(text, id="alliance.E009")
    if connection.vendor == "sqlite" and lies_on_a_network(Path(connection.settings_dict["NAME"])):
        text = (
            "The SQLite file lies on a network file system, where several machines can have it: what one writes the "
            "others overwrite or do not see. Keep it on a disk of this machine, or take PostgreSQL."
        )
        yield Error(text, id="alliance.E014")
    elif connection.vendor == "sqlite":
        text = (
            "The database is SQLite, which serves one practice on one machine. For more there is PostgreSQL: "
            "docs/how-to/deploy.md."
        )
        yield Info(text, id="alliance.I001")
    if settings.MAIL_SERVER_IS_NAMED and settings.EMAIL_HOST == "localhost":
        text = (
            "ALLIANCE_SMTP_HOST names no mail server but this machine. If it sends no mail, then nobody gets an "
            "invitation, a link to a new password, or a check-in."
        )
        yield Info(text, id="alliance.I002")
    elif settings.MAIL_SERVER_IS_NAMED and not settings.EMAIL_USE_TLS:
        text = "ALLIANCE_SMTP_TLS is no: mails, with the links in them, travel to the mail server unencrypted."
        yield Info(text, id="alliance.I003")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        text = "ALLIANCE_FROM_EMAIL is not set: most mail servers refuse a sender at localhost."
        yield Info(text, id="alliance.I004")
