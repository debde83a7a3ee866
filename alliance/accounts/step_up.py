"""Before what reaches far, the question who it is, unless that was answered a moment ago.

A view calls `check_fresh` once it knows that the user may do it. allauth would ask too, and then send what was typed by
itself, unseen; here it waits on the page that it was typed into.
"""

from __future__ import annotations

import time
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from alliance.drafts.shown import ASKED_AGAIN, sent_form


class NotFresh(Exception):
    """The password or the factor was given too long ago; `ask_again` makes the answer."""


def check_fresh(request: HttpRequest) -> None:
    """Raises `NotFresh` unless a password or a factor was given within five minutes, at the sign-in or since."""
    found = get_authentication_records(request, request.user)
    given = [record["at"] for record in found if record.get("method") in app_settings.REAUTHENTICATION_METHODS]
    if not given or time.time() - max(given) >= app_settings.REAUTHENTICATION_TIMEOUT:
        raise NotFresh


def ask_again(request: HttpRequest) -> HttpResponse:
    """The way to the question, and from there back to the page, with what was typed."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied
    form = sent_form(request)
    page = form.page if form else request.get_full_path()
    response = redirect(f"{methods[0]['url']}?{urlencode({'next': page})}")
    setattr(response, ASKED_AGAIN, True)
    return response
