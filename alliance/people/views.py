"""A manager's pages: who is a member of the practice, and who supervises whom."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.accounts.mail import send_message
from alliance.accounts.step_up import check_fresh
from alliance.dates import DateFormat, written
from alliance.drafts.done import done_with
from alliance.installation.mail import mail_is_printed
from alliance.models import Membership, Supervision
from alliance.people import actions, queries
from alliance.people.factor_reset import factor_message, reset_second_factor
from alliance.people.forms import AssignForm, CaseSupervisorForm, EndForm, InviteForm, RolesForm
from alliance.people.mail import roles_message, sight_messages
from alliance.people.role_actions import HasOpenCases, change_roles
from alliance.people.sight import Days, assign_supervision
from alliance.people.supervisors import open_cases_with_supervisors, readers_without
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from alliance.scopes import live_therapists

# The same sentence whether or not the address was known to this installation.
INVITED = _("%(name)s has been invited. If a password is needed, we e-mailed a link to set one.")
INVITED_HERE = _(
    "%(name)s has been invited. A link to set a password, if one is needed, is printed in the terminal "
    "where this program runs."
)
NOT_SENT = _(
    "%(name)s can sign in, but the e-mail could not be sent. "
    "Ask them to use “Forgot your password?” on the sign-in page."
)

ROLES_CHANGED = _("The roles of %(name)s are changed. We told them by e-mail.")
ROLES_CHANGED_HERE = _(
    "The roles of %(name)s are changed. The message to them is printed in the terminal where this program runs."
)
ROLES_NOT_TOLD = _("The roles of %(name)s are changed, but the e-mail could not be sent. Tell them yourself.")


SIGHT_ASKED = _("Asked for. Both were told. Nothing is open before the supervisor has accepted.")
CASE_SIGHT_ASKED = _("Asked for. All of them were told. Nothing changes before the supervisor has accepted.")
SIGHT_NOT_TOLD = _("Asked for, but the e-mails could not be sent. Both see it when they sign in.")
CASE_SIGHT_NOT_TOLD = _("Asked for, but the e-mails could not be sent. Tell them yourself.")


@require_safe
def people(request):
    managers = access.check_place(request.memberships, "manager")
    context = {"staffs": _audited_staffs(request, managers), "section": "people"}
    return render(request, "alliance/people/people.html", context)


@require_page_or_post
def member_invite(request):
    managers = access.check_role(request.user, "manager")
    check_fresh(request)
    form = InviteForm(posted(request), managers=managers)
    if form.is_valid():
        try:
            actions.invite_member(
                practice=form.by.practice,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                roles=form.cleaned_data["roles"],
                by=form.by,
                request=request,
            )
        except Refused as refusal:
            form.add_error("email", str(refusal))
        except OSError:
            messages.warning(request, NOT_SENT % form.cleaned_data)
            return redirect("alliance:people")
        else:
            messages.success(request, (INVITED_HERE if mail_is_printed() else INVITED) % form.cleaned_data)
            return redirect("alliance:people")
    context = {"form": form, "section": "people"}
    return render(request, "alliance/people/member_invite.html", context, status=422 if form.errors else 200)


@require_page_or_post
def member(request, code):
    managers = access.check_role(request.user, "manager")
    membership = access.get_managed_or_404(
        Membership.objects.select_related("practice__data_key", "user"), request.user, code=code
    )
    by = _manager_of(membership.practice_id, managers)
    staff = queries.staff_of(by.practice)
    found = next((member for member in staff.members if member.code == membership.code), None)
    if found is None:  # their place has ended, and that page says so
        done_with(request)
        return redirect("ratings:member-end", code)
    if request.method == "POST":
        check_fresh(request)
    form = RolesForm(posted(request), initial={"roles": found.roles})
    has_cases = False
    if form.is_valid():
        try:
            return _with_roles(request, membership, form.cleaned_data["roles"], by)
        except Refused as refusal:
            form.add_error("roles", str(refusal))
            has_cases = isinstance(refusal, HasOpenCases)
    audit.record(audit.Verb.READ, membership, by=by)
    context = {
        "member": found,
        "form": form,
        "has_cases": has_cases,
        "given": [row for row in staff.assignments if row.supervisor_code == found.code],
        "received": [row for row in staff.assignments if row.therapist_code == found.code],
        "section": "people",
    }
    return render(request, "alliance/people/member.html", context, status=422 if form.errors else 200)


@require_page_or_post
def factor_reset(request, code):
    managers = access.check_role(request.user, "manager")
    places = Membership.objects.select_related("practice__data_key", "user")
    membership = access.get_managed_or_404(places, request.user, code=code)
    check_fresh(request)
    by = _manager_of(membership.practice_id, managers)
    if request.method == "POST":
        _take_factor(request, membership, by)
        return redirect("alliance:member", code)
    audit.record(audit.Verb.READ, membership, by=by)
    return render(request, "alliance/people/factor_reset.html", {"member": membership, "section": "people"})


def _take_factor(request, membership, by):
    try:
        is_taken = reset_second_factor(membership=membership, by=by)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return
    name = {"name": membership.display_name}
    if not is_taken:
        messages.info(request, _("%(name)s has no two-step sign-in.") % name)
        return
    try:
        address = settings.BASE_URL + reverse("account_reset_password")
        send_message(message=factor_message(membership, by=by, address=address))
    except OSError:
        messages.warning(request, _("Two-step sign-in of %(name)s is off, but the e-mail could not be sent.") % name)
    else:
        messages.success(request, _("Two-step sign-in of %(name)s is off. We told them by e-mail.") % name)


def _with_roles(request, membership, roles, by):
    """Changes the roles of a member and tells them; the answer."""
    is_changed = change_roles(membership=membership, roles=roles, by=by)
    name = {"name": membership.display_name}
    if not is_changed:
        messages.info(request, _("Nothing was changed."))
        done_with(request)
    elif membership == by:
        messages.success(request, _("Your roles are changed."))
        return redirect("alliance:home")
    else:
        try:
            address = settings.BASE_URL + reverse("alliance:home")
            send_message(message=roles_message(membership, by=by, address=address))
        except OSError:
            messages.warning(request, ROLES_NOT_TOLD % name)
        else:
            messages.success(request, (ROLES_CHANGED_HERE if mail_is_printed() else ROLES_CHANGED) % name)
    return redirect("alliance:people")


@require_page_or_post
def supervision_assign(request):
    managers = access.check_role(request.user, "manager")
    check_fresh(request)
    staffs = _audited_staffs(request, managers)
    form = AssignForm(posted(request), staffs=staffs)
    timezone.activate(form.zone)
    if form.is_valid():
        members = {
            role: access.get_managed_or_404(Membership.objects, request.user, code=code)
            for role, code in form.codes.items()
        }
        by = _manager_of(members["supervisor"].practice_id, managers)
        try:
            supervision = assign_supervision(**members, by=by, days=form.days)
        except Refused as refusal:
            form.add_error("supervisor", str(refusal))
        else:
            _tell_of_sight(request, supervision)
            return redirect("alliance:people")
    context = {"form": form, "section": "people"}
    return render(request, "alliance/people/supervision_assign.html", context, status=422 if form.errors else 200)


@require_page_or_post
def case_supervise(request, code):
    managers = access.check_role(request.user, "manager")
    members = Membership.objects.filter(pk__in=live_therapists()).select_related("practice__data_key")
    therapist = access.get_managed_or_404(members, request.user, code=code)
    check_fresh(request)
    by = _manager_of(therapist.practice_id, managers)
    timezone.activate(ZoneInfo(therapist.practice.zone))
    cases = open_cases_with_supervisors(therapist)
    staff = queries.staff_of(therapist.practice)
    form = CaseSupervisorForm(posted(request), cases=cases, staff=staff, therapist=therapist)
    if form.is_valid():
        try:
            supervision = assign_supervision(**form.chosen, by=by)
        except Refused as refusal:
            form.add_error("supervisor", str(refusal))
        else:
            _tell_of_sight(request, supervision)
            return redirect("alliance:member", code)
    audit.record_code(audit.Verb.LISTED, "episode", by=by, practice=by.practice, count=len(cases))
    context = {"form": form, "therapist": next(m for m in staff.members if m.code == therapist.code)}
    context |= {"cases": cases, "section": "people"}
    return render(request, "alliance/people/case_supervise.html", context, status=422 if form.errors else 200)


@require_page_or_post
def supervision_end(request, code):
    managers = access.check_role(request.user, "manager")
    rows = Supervision.objects.select_related("supervisor", "therapist", "episode__therapist")
    supervision = access.get_managed_or_404(rows, request.user, code=code)
    by = _manager_of(supervision.supervisor.practice_id, managers)
    timezone.activate(ZoneInfo(supervision.supervisor.practice.zone))
    if request.method == "POST":
        check_fresh(request)
    form = EndForm(posted(request))
    if form.is_valid():
        try:
            return _with_end(request, supervision, form.cleaned_data["last_day"], by)
        except Refused as refusal:
            form.add_error("last_day", str(refusal))
    audit.record(audit.Verb.READ, supervision, by=by)
    then = readers_without(supervision) if supervision.episode else []
    has_ended = supervision.ends_at is not None and supervision.ends_at <= timezone.now()
    context = {"supervision": supervision, "form": form, "has_ended": has_ended, "readers_then": then}
    if supervision.ends_at:
        context["last_day"] = timezone.localdate(supervision.ends_at - timedelta(seconds=1))
    status = 422 if form.errors else 200
    return render(request, "alliance/people/supervision_end.html", context | {"section": "people"}, status=status)


def _with_end(request, supervision, last_day, by):
    """Ends an assignment, now or after a coming day; the answer."""
    _now, at = Days(last=last_day).instants(supervision.supervisor.practice)
    actions.end_assignment(supervision=supervision, by=by, at=at)
    if last_day:
        messages.success(
            request, _("The assignment ends after %(day)s.") % {"day": written(last_day, DateFormat.DAY_YEAR)}
        )
    else:
        messages.success(request, _("The assignment has ended."))
    return redirect("alliance:people")


def _tell_of_sight(request, supervision):
    """Tells the two whom an assignment concerns, by e-mail too; their pages say it in any case."""
    try:
        for message in sight_messages(supervision, address=settings.BASE_URL + reverse("alliance:asked")):
            send_message(message=message)
    except OSError:
        messages.warning(request, CASE_SIGHT_NOT_TOLD if supervision.episode else SIGHT_NOT_TOLD)
    else:
        messages.success(request, CASE_SIGHT_ASKED if supervision.episode else SIGHT_ASKED)


def _manager_of(practice_id, managers):
    """The acting membership: the manager's own in this practice."""
    return next(manager for manager in managers if manager.practice_id == practice_id)


def _audited_staffs(request, managers):
    """The staff of each practice of the managers; the audit records the reading."""
    staffs = [queries.staff_of(manager.practice) for manager in managers]
    for manager, staff in zip(managers, staffs, strict=True):
        n = len(staff.members)
        audit.record_code(audit.Verb.LISTED, "membership", by=request.user, practice=manager.practice, count=n)
    return staffs
