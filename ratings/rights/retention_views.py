"""A manager's pages: for how long records are kept, and which one is kept for longer."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from alliance import access, audit
from alliance.accounts.mail import send_message
from alliance.accounts.step_up import check_fresh
from alliance.keeping import check_keep
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.rights.forms import HoldForm, RequestAnswer, RetentionForm, RuleAnswerForm
from ratings.rights.holds import lift_hold, place_hold
from ratings.rights.kept import record_kept, retention_of
from ratings.rights.mail import rule_messages
from ratings.rights.retention import agree_to_rule, end_rule, set_rule

SAVED = _("Saved, and everybody here was told by e-mail. The list below says what it erases once it is in force.")
NOT_TOLD = _("Saved, but the e-mails could not be sent. Tell the others yourself.")


@require_page_or_post
def record_hold(request, code):
    """Places a legal hold on a record; or, where one stands, shows it."""
    keeper = check_keep(request.user, code)
    timezone.activate(ZoneInfo(keeper.client.practice.zone))
    check_fresh(request)
    form = HoldForm(posted(request))
    if form.is_valid():
        try:
            place_hold(keeper=keeper, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The record is kept until the hold is lifted."))
            return redirect("ratings:record-erase", code)
    audit.record(audit.Verb.READ, keeper.client, by=keeper.membership)
    context = {"form": form, "kept": record_kept(keeper.client), "client": keeper.client, "section": "people"}
    return render(request, "ratings/rights/record_hold.html", context, status=422 if form.errors else 200)


@require_POST
def record_hold_lift(request, code):
    keeper = check_keep(request.user, code)
    check_fresh(request)
    try:
        lift_hold(keeper=keeper)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The hold is lifted."))
    return redirect("ratings:record-erase", code)


@require_page_or_post
def retention(request, code):
    """The rule of a practice; and what one of so many years would erase now, without erasing it."""
    by = _manager(request, code)
    timezone.activate(ZoneInfo(by.practice.zone))
    check_fresh(request)
    looked_for = request.GET if "years" in request.GET else None
    form = RetentionForm(request.POST if request.method == "POST" else looked_for)
    is_right = form.is_valid()
    if request.method == "POST" and is_right:
        _tell(request, set_rule(by=by, years=form.cleaned_data["years"]))
        return redirect("ratings:retention", code)
    page = retention_of(by, form.cleaned_data["years"] if is_right else None)
    audit.record_code(audit.Verb.LISTED, "client", by=by, practice=by.practice, count=len(page.due))
    context = {"form": form, "page": page, "practice": by.practice, "section": "people"}
    return render(request, "ratings/rights/retention.html", context, status=422 if form.errors else 200)


def _tell(request, rule):
    try:
        address = settings.BASE_URL + reverse("ratings:retention", args=[rule.practice.code])
        for message in rule_messages(rule, address=address):
            send_message(message=message)
    except OSError:
        messages.warning(request, NOT_TOLD)
    else:
        messages.success(request, SAVED)


@require_POST
def retention_answer(request, code):
    """A second manager agrees to the rule that stands, or any of them ends it."""
    by = _manager(request, code)
    form = RuleAnswerForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such answer")
    check_fresh(request)
    answer = agree_to_rule if form.cleaned_data["answer"] == RequestAnswer.AGREE else end_rule
    try:
        answer(by=by, code=form.cleaned_data["shown_rule"])
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("ratings:retention", code)


def _manager(request, code):
    managers = access.check_role(request.user, "manager")
    by = next((manager for manager in managers if manager.practice.code == code), None)
    if by is None:
        raise access.NotVisible("practice", code)
    return by
