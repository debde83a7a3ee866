"""Ground-floor pages: the way home, the health check, help, the own account, and a manager's people."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from alliance import access, actions, audit, queries
from alliance.forms import AssignForm, EndForm, InviteForm, PracticeForm
from alliance.models import Membership, Practice, Supervision
from alliance.navigation import home_of, mail_is_printed
from alliance.refusal import Refused

require_page_or_post = require_http_methods(["GET", "HEAD", "POST"])

# The same sentence whether or not the address was known to this installation.
INVITED = _("The place is there. A link to set a password is on its way, if one is needed.")
INVITED_HERE = _(
    "The place is there. A link to set a password, if one is needed, is printed in the terminal "
    "where this program runs."
)
NOT_SENT = _(
    "The place is there, but the e-mail could not be sent. Ask them to use “Forgot your password?” on the sign-in page."
)


@require_safe
def home(request):
    return redirect(home_of(request.user))


@login_not_required
@require_safe
def healthz(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def help_page(request):
    return render(request, "alliance/help.html", {"section": "help"})


@require_safe
def you(request):
    context = {"memberships": request.memberships, "two_steps": is_mfa_enabled(request.user), "section": "you"}
    return render(request, "alliance/you.html", context)


@require_safe
def no_place(request):
    """Signed in, but without a live membership in any practice."""
    return render(request, "alliance/no_place.html")


# --- /people/ ---------------------------------------------------------------------------------------------------------


@require_safe
def people(request):
    managers = access.check_role(request.user, "manager")
    return render(request, "alliance/people.html", {"staffs": _listed(request, managers), "section": "people"})


@require_page_or_post
def member_invite(request):
    managers = access.check_role(request.user, "manager")
    form = InviteForm(request.POST if request.method == "POST" else None, managers=managers)
    if form.is_valid():
        try:
            actions.invite_member(**form.member, by=form.by, practice=form.by.practice, request=request)
        except Refused as refusal:
            form.add_error("email", str(refusal))
        except OSError:
            messages.warning(request, NOT_SENT)
            return redirect("alliance:people")
        else:
            messages.success(request, INVITED_HERE if mail_is_printed() else INVITED)
            return redirect("alliance:people")
    context = {"form": form, "section": "people"}
    return render(request, "alliance/member_invite.html", context, status=422 if form.errors else 200)


@require_page_or_post
def member_end(request, code):
    managers = access.check_role(request.user, "manager")
    member = access.get_managed_or_404(Membership.objects.select_related("practice__data_key"), request.user, code=code)
    by, form = _acting(managers, member.practice_id), EndForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.end_membership(membership=member, by=by)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The place of %(name)s has ended.") % {"name": member.display_name})
            return redirect("alliance:home" if member == by else "alliance:people")
    audit.record(audit.Verb.READ, member, by=by)
    cases = member.episodes.filter(access.live()).count()
    context = {"form": form, "member": member, "cases": cases, "section": "people"}
    return render(request, "alliance/member_end.html", context)


@require_page_or_post
def supervision_assign(request):
    managers = access.check_role(request.user, "manager")
    form = AssignForm(request.POST if request.method == "POST" else None, staffs=_listed(request, managers))
    if form.is_valid():
        chosen = {
            role: access.get_managed_or_404(Membership.objects, request.user, code=code)
            for role, code in form.cleaned_data.items()
        }
        try:
            actions.assign_supervision(**chosen, by=_acting(managers, chosen["supervisor"].practice_id))
        except Refused as refusal:
            form.add_error("supervisor", str(refusal))
        else:
            messages.success(request, _("Assigned, from now on."))
            return redirect("alliance:people")
    context = {"form": form, "section": "people"}
    return render(request, "alliance/supervision_assign.html", context, status=422 if form.errors else 200)


@require_page_or_post
def supervision_end(request, code):
    managers = access.check_role(request.user, "manager")
    supervision = access.get_managed_or_404(Supervision.objects.select_related("supervisor"), request.user, code=code)
    by = _acting(managers, supervision.supervisor.practice_id)
    if request.method == "POST":
        actions.end_supervision(supervision=supervision, by=by)
        messages.success(request, _("The assignment has ended."))
        return redirect("alliance:people")
    audit.record(audit.Verb.READ, supervision, by=by)
    return render(request, "alliance/supervision_end.html", {"supervision": supervision, "section": "people"})


@require_page_or_post
def practice_settings(request):
    """Of the practice that the address names, or of the only one."""
    managers = access.check_role(request.user, "manager")
    code = request.GET.get("practice", str(managers[0].practice.code))
    by = next((manager for manager in managers if str(manager.practice.code) == code), None)
    if by is None:
        raise access.NotVisible("practice", code)
    practice = Practice.objects.get(pk=by.practice_id)  # what is typed must not reach the bar at the top of the page
    initial = {name: getattr(practice, name) for name in PracticeForm.base_fields if name != "is_live"}
    form = PracticeForm(
        request.POST if request.method == "POST" else None, initial=initial | {"is_live": practice.live_at is not None}
    )
    if request.method == "POST" and form.is_valid():
        actions.change_practice(practice=practice, by=by, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("alliance:people")
    context = {"form": form, "practice": by.practice, "section": "people"}
    return render(request, "alliance/practice_settings.html", context, status=422 if form.errors else 200)


def _acting(managers, practice_id):
    return next(manager for manager in managers if manager.practice_id == practice_id)


def _listed(request, managers):
    """The people of each practice that the person manages, once their being read is on record."""
    staffs = [queries.staff_of(manager.practice) for manager in managers]
    for manager, staff in zip(managers, staffs, strict=True):
        n = len(staff.members)
        audit.record_code(audit.Verb.LISTED, "membership", by=request.user, practice=manager.practice, count=n)
    return staffs
