"""A manager's page: what is decided for the whole practice."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from alliance import access
from alliance.accounts.step_up import check_fresh
from alliance.models import Practice
from alliance.practice import actions
from alliance.practice.forms import PracticeForm
from alliance.requests import posted, require_page_or_post


@require_page_or_post
def practice_settings(request):
    """Of the practice that the address names, or of the only one."""
    managers = access.check_role(request.user, "manager")
    code = request.GET.get("practice", str(managers[0].practice.code))
    by = next((manager for manager in managers if str(manager.practice.code) == code), None)
    if by is None:
        raise access.NotVisible("practice", code)
    if request.method == "POST":
        check_fresh(request)
    practice = Practice.objects.get(pk=by.practice_id)  # what is typed must not reach the bar at the top of the page
    switches = {
        "is_live": practice.live_at is not None,
        "rates_first": practice.rates_first_since is not None,
        "sight_waits": practice.sight_at_once_from is None,
    }
    initial = {name: getattr(practice, name) for name in PracticeForm.base_fields if name not in switches}
    form = PracticeForm(posted(request), initial=initial | switches)
    if form.is_valid():
        actions.change_practice(practice=practice, by=by, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("alliance:people")
    context = {"form": form, "practice": by.practice, "section": "people"}
    return render(request, "alliance/practice/practice_settings.html", context, status=422 if form.errors else 200)
