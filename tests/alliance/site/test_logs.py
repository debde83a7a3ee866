"""What a log line says of a request: enough to look for a fault, and no more."""

import logging
import sys

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.module_loading import import_string

from alliance.access import Denied


def logged_with(error):
    """What the terminal shows, filters of the console included."""
    try:
        raise error
    except Exception:
        record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Forbidden", (), sys.exc_info())
    for name in settings.LOGGING["handlers"]["console"]["filters"]:
        assert import_string(settings.LOGGING["filters"][name]["()"])().filter(record)
    return logging.Formatter().format(record)


def test_a_denial_is_one_line_and_a_fault_keeps_its_trace():
    for denial in (PermissionDenied(), Denied("episode", "1")):
        assert logged_with(denial) == "Forbidden"
    assert "Traceback" in logged_with(ValueError("a fault"))
