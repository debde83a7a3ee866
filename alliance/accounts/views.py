"""The page of the own account. allauth has the pages of signing in.

Their templates are ours: `templates/account/` and `templates/mfa/`.
"""

from allauth.mfa.utils import is_mfa_enabled
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def you(request):
    context = {"memberships": request.memberships, "two_steps": is_mfa_enabled(request.user), "section": "you"}
    return render(request, "alliance/accounts/you.html", context)
