"""Whether single keys do something in this browser: they can be switched off, for those who speak to their computer.

Success criterion 2.1.4 of WCAG asks for it.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

A_YEAR = 365 * 24 * 60 * 60


def has_keys(request: HttpRequest) -> bool:
    """Whether they are switched on, as they are at first."""
    return request.COOKIES.get(settings.KEYS_COOKIE_NAME) != "off"


def set_keys(response: HttpResponse, on: bool) -> None:
    """Keeps the choice in this browser; it is no secret and belongs to no account."""
    name, secure = settings.KEYS_COOKIE_NAME, settings.SESSION_COOKIE_SECURE
    if on:
        response.delete_cookie(name, samesite="Lax")
    else:
        response.set_cookie(name, "off", max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")
