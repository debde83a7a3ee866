"""The mark by which a browser is known again in which somebody has signed in before.

It opens nothing. Wrong passwords from such a browser are counted apart from those of all others, so that nobody who
guesses at an account from elsewhere keeps its owner out.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from alliance.crypto import keyed_hash

A_YEAR = 365 * 24 * 60 * 60
MOST = 5  # people who share a browser; convention of this app

_signer = signing.TimestampSigner(salt="alliance.known-device")


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Marks the browser as one in which this address has signed in."""
    found = _read(request)
    person = _person(email)
    number = found.pop(person, None) or secrets.token_urlsafe(12)
    kept = [[person, number], *([who, which] for who, which in found.items())][:MOST]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        _signer.sign_object(kept),
        max_age=A_YEAR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def known_device(request: HttpRequest, email: str) -> str:
    """The number of the browser, where this address has signed in with it; else empty."""
    return _read(request).get(_person(email), "")


def _read(request: HttpRequest) -> dict[str, str]:
    try:
        return dict(_signer.unsign_object(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), max_age=A_YEAR))
    except (signing.BadSignature, ValueError, TypeError):
        return {}


def _person(email: str) -> str:
    return keyed_hash("known device", email)[:32]
