"""Reads the environment: a value that cannot be right stops the start with a sentence."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def env_text(name, default=""):
    """The variable without outer spaces, or the default where it is not set."""
    return os.environ.get(name, default).strip()


def env_bool(name, default):
    """The variable as yes or no, or the default where it is empty."""
    value = env_text(name).lower()
    if value in ("", "yes", "true", "1"):
        return bool(value) or default
    if value in ("no", "false", "0"):
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write yes or no.")


def env_int(name, default):
    """The variable as a whole number, or the default where it is empty."""
    value = env_text(name)
    try:
        return int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number.") from None


def env_secret(name):
    """The value of the variable, or of the file that NAME_FILE names.

    Service managers hand over secrets in files.
    """
    path = env_text(f"{name}_FILE")
    if not path:
        return env_text(name)
    if env_text(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them.")
    try:
        value = Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE is {path}, which cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        value = ""
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE is {path}, which is empty, or no text.")
    return value


def env_required(name, what, read=env_text):
    """The variable, which a served installation cannot do without."""
    value = read(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {what}. See docs/reference/settings.md.")
    return value


def comma_separated(text):
    """The parts of a list in one variable."""
    return [part.strip() for part in text.split(",") if part.strip()]
