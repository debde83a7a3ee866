"""What all pages under a link share: the token is the authority.

A token that opens nothing tells nothing.
"""

from collections.abc import Callable
from typing import ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from alliance.models import Practice

P = ParamSpec("P")


def key_in_address(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Decorates a view under a link, which needs no sign-in and no CSRF token.

    The token in the address is the authority; `alliance.site.middleware` keeps it out of the referrer.
    """
    return login_not_required(csrf_exempt(view))


@login_not_required
@require_safe
def privacy(request):
    """What is stored, who sees it, how to stop: the same page for everybody."""
    return render(request, "ratings/check_in/privacy.html", {"practice": _only_practice()})


@key_in_address
def link_gone(request: HttpRequest) -> HttpResponse:
    """The nameless page for a link that is unknown, used, expired or malformed."""
    return render(request, "ratings/check_in/link_gone.html", {"practice": _only_practice()}, status=404)


def _only_practice():
    """The practice, where there is only one: then its crisis line gives nothing away."""
    first_two = Practice.objects.all()[:2]
    return first_two[0] if len(first_two) == 1 else None
