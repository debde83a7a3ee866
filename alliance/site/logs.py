"""Filters of the log."""

import logging
import re

from django.core.exceptions import PermissionDenied

# All that follows: the key may be the second part of the path.
TOKEN_PATH = re.compile(r"/c/[^\s?\"']+")


class NoTraceOfDenials(logging.Filter):
    """Drops the traceback of a denial, which is no fault; the audit has who asked."""

    def filter(self, record):
        if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
            record.exc_info = None
        return True


class MaskTokens(logging.Filter):
    """Replaces the key in a client's path, so that no log line opens anything."""

    def filter(self, record):
        record.msg = TOKEN_PATH.sub("/c/…", record.getMessage())
        record.args = ()
        return True
