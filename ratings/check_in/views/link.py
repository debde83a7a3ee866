"""What every page under a link shares: the key is the authority, and one that opens nothing tells nothing."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from alliance.models import Practice


def key_in_address(view):
    """The token in the address is the authority; `alliance.site.middleware` keeps it out of the referrer."""
    return login_not_required(csrf_exempt(view))


@login_not_required
@require_safe
def privacy(request):
    """What is stored, who sees it, how to stop: the same for everybody, as nobody is known here."""
    return render(request, "ratings/check_in/privacy.html", {"practice": _only_practice()})


@key_in_address
def link_gone(request):
    """Unknown, used, expired, malformed: one page, one status, no name."""
    return render(request, "ratings/check_in/link_gone.html", {"practice": _only_practice()}, status=404)


def _only_practice():
    """Where there is one alone, its crisis line gives nothing away."""
    first_two = Practice.objects.all()[:2]
    return first_two[0] if len(first_two) == 1 else None
