"""What a line of the log says: when, how bad, what; one record a line, without what opens anything."""

import logging
import re
from datetime import UTC, datetime

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousFileOperation, SuspiciousOperation
from django.http.multipartparser import MultiPartParserError

from alliance.site.trouble import trouble_with_database

# Addresses that hold a key; all that follows goes, as the key may be the second part of the path.
KEY_PATH = re.compile(r"/(c|accounts/confirm-email|accounts/password/reset/key)/[^\s?\"']+")

REFUSALS = (BadRequest, MultiPartParserError, PermissionDenied, SuspiciousOperation)


class OneLine(logging.Formatter):
    """Time (UTC), level, logger, message; and a trace in the same line, so that a failed request is one record."""

    def __init__(self):
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatTime(self, record, datefmt=None):
        return f"{datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"

    def format(self, record):
        return " ⏎ ".join(line.strip() for line in super().format(record).splitlines() if line.strip())


class QuietRefusals(logging.Filter):
    """Makes one line, a warning at most, of what the request alone has brought about.

    A denial: the audit has who asked. A request that no browser makes, such as one for another host: machines on the
    net send them all day. A sign-in that was ended elsewhere while the request ran. The name of a file is of our own
    making, so a wrong one is a fault and keeps its level and its trace.
    """

    def filter(self, record):
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, REFUSALS) and not isinstance(error, SuspiciousFileOperation):
            record.exc_info = record.exc_text = None
            if record.levelno > logging.WARNING:
                record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class NoTraceOfOutages(logging.Filter):
    """Says what is the matter with the database in place of the traceback: every request has the same, and no fault."""

    def filter(self, record):
        error = record.exc_info and record.exc_info[1]
        trouble = trouble_with_database(error) if error else None
        if trouble:
            record.msg = f"{record.getMessage()} (the database is {trouble}: {type(error.__cause__).__name__})"
            record.args, record.exc_info = (), None
        return True


class MaskTokens(logging.Filter):
    """Replaces the key in the address of a link, so that no log line opens anything."""

    def filter(self, record):
        record.msg = KEY_PATH.sub(r"/\1/…", record.getMessage())
        record.args = ()
        return True
