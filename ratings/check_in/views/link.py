"""What all pages under a link share: the token is the authority.

A token that opens nothing tells nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from alliance.access import NotVisible
from alliance.models import Practice

P = ParamSpec("P")


def key_in_address(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Decorates a view under a link, which needs no sign-in and no CSRF token.

    The token in the address is the authority; `alliance.site.middleware` keeps it out of the referrer. Where what it
    opens was erased since it was looked up, it opens nothing.
    """

    @wraps(view)
    def opened(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except NotVisible:
            return _nothing_opened(cast(HttpRequest, args[0]))

    return login_not_required(csrf_exempt(opened))


@login_not_required
@require_safe
def privacy(request):
    """What is stored, who sees it, how to stop: the same page for everybody."""
    return render(request, "ratings/check_in/privacy.html", {"practice": lines_of_all()})


@key_in_address
def link_gone(request: HttpRequest) -> HttpResponse:
    """The nameless page for a link that is unknown, used, expired or malformed."""
    return _nothing_opened(request)


def _nothing_opened(request: HttpRequest) -> HttpResponse:
    return render(request, "ratings/check_in/link_gone.html", {"practice": lines_of_all()}, status=404)


@dataclass(frozen=True)
class CrisisLines:
    """Whom to call, where nobody can say whose page it is."""

    crisis_phone: str
    emergency_phone: str


def lines_of_all() -> CrisisLines:
    """The lines that all practices have in common: then none is wrong, and none tells whose page it is."""
    pairs = set(Practice.objects.values_list("crisis_phone", "emergency_phone"))
    return CrisisLines(_same(crisis for crisis, _any in pairs), _same(emergency for _any, emergency in pairs))


def _same(phones: Iterable[str]) -> str:
    found = {"".join(phone.split()): phone for phone in sorted(phones)}
    return found.popitem()[1] if len(found) == 1 else ""
