"""The page of the own account. allauth has the pages of signing in.

Their templates are ours: `templates/account/` and `templates/mfa/`.
"""

from dataclasses import asdict

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alliance.accounts.browser_sessions import browsers_of, check_browser, end_browser, end_other_browsers
from alliance.accounts.digests import choose_digest, rhythm_of
from alliance.accounts.forms import DigestForm
from alliance.accounts.idle import time_left
from alliance.accounts.keys import has_keys, set_keys
from alliance.drafts.done import done_with
from alliance.requests import require_page_or_post


@require_safe
def you(request):
    context = {
        "memberships": request.memberships,
        "two_steps": is_mfa_enabled(request.user),
        "has_keys": has_keys(request),
        "digest": DigestForm(initial={"rhythm": rhythm_of(request.user)}),
        "section": "you",
    }
    return render(request, "alliance/accounts/you.html", context)


@login_not_required
@require_page_or_post
def idle(request):
    """How long the sign-in lasts; a POST is what somebody does, and it lasts anew."""
    return JsonResponse(asdict(time_left(request)))


@require_POST
def digest_choose(request):
    form = DigestForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such choice")
    choose_digest(user=request.user, rhythm=form.cleaned_data["rhythm"])
    messages.success(request, _("Saved."))
    return redirect("alliance:you")


@require_POST
def keys_switch(request):
    """Switches the keys of this browser on or off."""
    response = redirect("alliance:you")
    done_with(request)
    set_keys(response, on=request.POST.get("keys") == "on")
    return response


@require_safe
def browsers(request):
    context = {"browsers": browsers_of(request.user, this=request.session), "section": "you"}
    return render(request, "alliance/accounts/browsers.html", context)


@require_POST
def browser_end(request, code):
    if check_browser(request.user, code, this=request.session):
        get_adapter().logout(request)
        return redirect("account_login")
    end_browser(user=request.user, code=code)
    messages.success(request, _("Signed out there."))
    return redirect("alliance:browsers")


@require_POST
def browsers_end(request):
    """Ends all but this one."""
    end_other_browsers(user=request.user, but=request.session)
    messages.success(request, _("Signed out everywhere else."))
    return redirect("alliance:browsers")
