"""What a form says about itself: to whom its page was shown, where, and which time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from django.core import signing
from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from alliance.crypto import keyed_hash

FIELD = "shown_form"  # the hidden field of every form on a staff page
CHOSEN = "draft"  # which of several drafts a page is to show
STAFF = ("alliance", "ratings")
LONGEST_ADDRESS = 500
ASKED_AGAIN = "asks_again"  # a mark on a response: nothing was done, the password comes first
OWN_ROUTES = ("draft-keep", "draft-discard")
# Not what somebody typed, or not ours to keep.
NEVER_KEPT = ("csrfmiddlewaretoken", FIELD, "password")

_signer = signing.Signer(salt="alliance.drafts")

Fields = dict[str, list[str]]


@dataclass(frozen=True)
class ShownForm:
    """One showing of one page to one user. Signed, so that nobody can leave a draft for somebody else."""

    user: UUID
    shown: UUID
    page: str

    @classmethod
    def read(cls, token: str) -> Self | None:
        """The one that this token was made of, or None where it is none of ours."""
        try:
            user, shown, page = _signer.unsign_object(token)
        except (signing.BadSignature, ValueError):
            return None
        return cls(UUID(user), UUID(shown), page)

    @property
    def token(self) -> str:
        return _signer.sign_object([self.user.hex, self.shown.hex, self.page], compress=True)

    def at(self, shown: UUID) -> Self:
        """The same page at the time when a draft was typed into it."""
        return replace(self, shown=shown)


def sent_form(request: HttpRequest) -> ShownForm | None:
    """What the form of a POST says about itself, or None where it says nothing, or nothing true."""
    if request.method != "POST":
        return None
    return ShownForm.read(request.POST.get(FIELD, ""))


def shown_form(request: Any) -> ShownForm | None:
    """What the forms of the page being shown now are to say: the same for all, None where nobody is signed in.

    A page that answers a form stays the one that the form stood on, as its own address may be none to go back to.
    """
    if not (is_staff_page(request) and request.user.is_authenticated):
        return None
    if not hasattr(request, "_shown_form"):
        sent = sent_form(request)
        if sent is None or sent.user != request.user.code:
            sent = ShownForm(request.user.code, uuid4(), page_address(request))
        request._shown_form = sent
    shown: ShownForm = request._shown_form
    return shown


def is_staff_page(request: HttpRequest) -> bool:
    """Whether the page belongs to staff; the sign-in pages do not."""
    match = request.resolver_match
    return match is not None and match.namespace in STAFF


def is_staff_address(path: str) -> bool:
    """Whether a form of staff can be sent there."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return len(path) <= LONGEST_ADDRESS and match.namespace in STAFF and match.url_name not in OWN_ROUTES


def page_address(request: Any) -> str:
    """The address of the page on screen, without the choice of a draft."""
    if request.htmx and request.htmx.current_url:
        parts = urlsplit(request.htmx.current_url)
        path, query = parts.path, QueryDict(parts.query, mutable=True)
    else:
        path, query = request.path, request.GET.copy()
    query.pop(CHOSEN, None)
    full = f"{path}?{urlencode(sorted(query.lists()), doseq=True)}" if query else path
    return full if len(full) <= LONGEST_ADDRESS else path


def typed_fields(posted: QueryDict) -> Fields:
    """The fields that somebody filled in; files, passwords and tokens are left out."""
    return {name: [str(value) for value in values] for name, values in posted.lists() if not _is_never_kept(name)}


def _is_never_kept(name: str) -> bool:
    return any(word in name.lower() for word in NEVER_KEPT)


def drafts_key(request: Any) -> dict[str, str]:
    """Template context: the key for what waits in the browser, on the person's own pages only.

    It is the same at every sign-in, and no other person's page has it.
    """
    if not (hasattr(request, "user") and is_staff_page(request) and request.user.is_authenticated):
        return {}
    return {"drafts_key": keyed_hash("draft in a browser", request.user.code.hex)}
