"""The page of the own account. allauth has the pages of signing in.

Their templates are ours: `templates/account/` and `templates/mfa/`.
"""

from allauth.mfa.utils import is_mfa_enabled
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from alliance.accounts.keys import has_keys, set_keys


@require_safe
def you(request):
    context = {
        "memberships": request.memberships,
        "two_steps": is_mfa_enabled(request.user),
        "has_keys": has_keys(request),
        "section": "you",
    }
    return render(request, "alliance/accounts/you.html", context)


@require_POST
def keys_switch(request):
    """Switches the keys of this browser on or off."""
    response = redirect("alliance:you")
    set_keys(response, on=request.POST.get("keys") == "on")
    return response
