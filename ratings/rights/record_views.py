"""A manager's pages: a client's record is erased. By code and counts alone."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.accounts.mail import send_message
from alliance.accounts.step_up import check_fresh
from alliance.drafts.done import done_with
from alliance.keeping import check_keep, clients_by_code, erasures_told_to
from alliance.models import ErasureRequest
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.rights.forms import EraseForm, FindForm, RequestAnswer, RequestAnswerForm
from ratings.rights.mail import erasure_messages, whom_to_tell
from ratings.rights.records import certificates, record_of, waiting_erasures
from ratings.rights.requests import agree_to_erase, ask_to_erase, take_request_back

ASKED = _("Asked for. Those who look after the client, and the other managers, were told by e-mail.")
NOT_TOLD = _("Asked for, but the e-mails could not be sent. Tell the therapist and the other managers yourself.")
SHOWN = 50  # certificates; convention of this app


@require_page_or_post
def records(request):
    managers = access.check_role(request.user, "manager")
    timezone.activate(ZoneInfo(managers[0].practice.zone))
    form = FindForm(posted(request))
    if form.is_valid():
        found = clients_by_code([manager.practice_id for manager in managers], form.cleaned_data["code"])
        if len(found) == 1:
            done_with(request)
            return redirect("ratings:record-erase", found[0])
        form.add_error("code", _("Two begin like this. Write more of the code.") if found else _("No case has it."))
    waiting = waiting_erasures(managers)
    erased = certificates(list(erasures_told_to(request.user).order_by("-pk")[:SHOWN]), managers)
    audit.record_code(audit.Verb.LISTED, "erasurerequest", by=request.user, count=len(waiting))
    practices = [manager.practice for manager in managers]
    context = {"form": form, "waiting": waiting, "erased": erased, "practices": practices, "section": "people"}
    return render(request, "ratings/rights/records.html", context, status=422 if form.errors else 200)


@require_page_or_post
def record_erase(request, code):
    keeper = check_keep(request.user, code)
    timezone.activate(ZoneInfo(keeper.client.practice.zone))
    check_fresh(request)
    record = record_of(keeper)
    form = EraseForm(posted(request), short_code=record.short_code)
    if form.is_valid():
        try:
            asked = ask_to_erase(keeper=keeper, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            _tell(request, asked)
            return redirect("ratings:records")
    audit.record(audit.Verb.READ, keeper.client, by=keeper.membership)
    context = {"form": form, "record": record, "practice": keeper.client.practice, "section": "people"}
    return render(request, "ratings/rights/record_erase.html", context, status=422 if form.errors else 200)


def _tell(request, asked):
    try:
        address = settings.BASE_URL + reverse("ratings:records")
        for message in erasure_messages(asked, whom_to_tell(asked), address=address):
            send_message(message=message)
    except OSError:
        messages.warning(request, NOT_TOLD)
    else:
        messages.success(request, ASKED)


@require_POST
def record_answer(request, code):
    """A second manager agrees to a request, or any of them takes it back."""
    keeper = check_keep(request.user, code)
    form = RequestAnswerForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such answer")
    check_fresh(request)
    asked = ErasureRequest.objects.waiting().filter(client=keeper.client).first()
    answer = agree_to_erase if form.cleaned_data["answer"] == RequestAnswer.AGREE else take_request_back
    try:
        if asked is None:
            raise Refused(_("Nothing is asked for any more."))
        answer(keeper=keeper, request=asked)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("ratings:records")


@require_safe
def erasure(request, code):
    """The certificate."""
    managers = access.check_place(request.memberships, "manager")
    found = erasures_told_to(request.user).filter(code=code).first()
    if found is None:
        raise access.NotVisible("erasure", code)
    by = next(manager for manager in managers if str(manager.practice.code) == found.practice_code)
    timezone.activate(ZoneInfo(by.practice.zone))
    audit.record(audit.Verb.READ, found, by=by)
    (certificate,) = certificates([found], managers)
    return render(request, "ratings/rights/erasure.html", {"certificate": certificate, "section": "people"})
