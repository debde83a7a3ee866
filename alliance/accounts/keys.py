"""Whether single keys do something in this browser: they can be switched off, for those who speak to their computer.

Success criterion 2.1.4 of WCAG asks for it.
"""

from django.http import HttpRequest, HttpResponse

COOKIE = "keys"
A_YEAR = 365 * 24 * 60 * 60


def has_keys(request: HttpRequest) -> bool:
    """Whether they are switched on, as they are at first."""
    return request.COOKIES.get(COOKIE) != "off"


def set_keys(response: HttpResponse, on: bool) -> None:
    """Keeps the choice in this browser; it is no secret and belongs to no account."""
    if on:
        response.delete_cookie(COOKIE)
    else:
        response.set_cookie(COOKIE, "off", max_age=A_YEAR, httponly=True, samesite="Lax")
