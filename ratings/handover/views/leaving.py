"""A manager's pages: somebody leaves, and the cases without a therapist. By code and count alone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import access, audit
from alliance.accounts.step_up import check_fresh
from alliance.drafts.done import done_with
from alliance.models import Membership, Practice
from alliance.people.colleagues import colleagues_of
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.handover.actions import CaseOpened, leave, settle_cases
from ratings.handover.forms import LeavingForm, SettleForm
from ratings.handover.leaving import cases_of, cases_without_therapist, open_cases_of
from ratings.handover.outcome import outcome_of


@require_page_or_post
def member_end(request, code):
    managers = access.check_role(request.user, "manager")
    member = access.get_managed_or_404(Membership.objects.select_related("practice__data_key"), request.user, code=code)
    by = next(manager for manager in managers if manager.practice_id == member.practice_id)
    timezone.activate(ZoneInfo(member.practice.zone))
    has_ended = member.ends_at is not None and member.ends_at <= timezone.now()
    if has_ended:
        done_with(request)
    colleagues = _takers(member.practice, besides=member, by=by)
    form = LeavingForm(
        None if has_ended else posted(request),
        member=member,
        cases=cases_of(member) if member.is_therapist and not has_ended else [],
        colleagues=colleagues,
        initial=_coming_end(member),
    )
    is_look = "look" in request.POST
    if request.method == "POST" and not is_look:
        check_fresh(request)
    if form.is_valid() and not is_look and _leave(form, member, by):
        messages.success(request, _said(form, member))
        return redirect("alliance:home" if member == by else "alliance:people")
    audit.record(audit.Verb.READ, member, by=by)
    context = {
        "form": form,
        "member": member,
        "has_ended": has_ended,
        "outcome": _outcome(form, colleagues) if is_look and form.is_valid() else None,
        "section": "people",
    }
    return render(request, "ratings/handover/member_end.html", context, status=422 if form.errors else 200)


def _outcome(form, colleagues):
    """What becomes of the cases, of which nothing is written yet."""
    return outcome_of(
        cases=len(form.cases),
        choices=form.choices,
        colleagues=colleagues,
        open_now=open_cases_of([colleague.membership for colleague in colleagues]),
    )


def _coming_end(member):
    if member.ends_at is None:
        return {}
    return {"when": LeavingForm.LATER, "last_day": timezone.localdate(member.ends_at - timedelta(seconds=1))}


def _leave(form, member, by):
    """Whether it was done; else the form has an error."""
    try:
        leave(
            membership=member,
            by=by,
            choices=form.choices,
            at=form.ends_at,
            as_therapist_only=form.as_therapist_only,
        )
    except CaseOpened:
        form.add_error(None, _("A case was opened meanwhile. Nothing was saved; reload the page to see it."))
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return not form.errors


def _said(form, member):
    name = {"name": member.display_name}
    if form.as_therapist_only:
        return _("%(name)s is no longer a therapist here.") % name
    if form.ends_at:
        return _("Noted. %(name)s leaves after that day.") % name
    return _("%(name)s no longer has access.") % name


def _takers(practice, *, besides, by):
    """The colleagues among whom a manager chooses: not themselves, as no manager takes a case."""
    return [found for found in colleagues_of(practice, besides=besides) if found.membership.user_id != by.user_id]


@require_page_or_post
def cases_settle(request, code):
    managers = access.check_role(request.user, "manager")
    by = next((manager for manager in managers if manager.practice.code == code), None)
    if by is None:
        raise access.NotVisible("practice", code)
    if request.method == "POST":
        check_fresh(request)
    practice: Practice = by.practice
    timezone.activate(ZoneInfo(practice.zone))
    cases = cases_without_therapist(practice)
    form = SettleForm(posted(request), cases=cases, colleagues=_takers(practice, besides=by, by=by))
    if form.is_valid():
        try:
            settle_cases(by=by, choices=form.choices)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("ratings:cases-settle", practice.code)
    audit.record_code(audit.Verb.LISTED, "episode", by=by, practice=practice, count=len(cases))
    context = {"form": form, "practice": practice, "section": "people"}
    return render(request, "ratings/handover/cases_settle.html", context, status=422 if form.errors else 200)
