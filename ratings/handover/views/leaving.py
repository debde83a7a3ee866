"""A manager's pages: somebody leaves, and the cases without a therapist. By code and count alone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from alliance import access, audit
from alliance.accounts.mail import send_message
from alliance.accounts.step_up import check_fresh
from alliance.drafts.done import done_with
from alliance.models import Membership, Practice, SightAnswer
from alliance.people.case_offers import answer_case_offer
from alliance.people.colleagues import colleagues_of
from alliance.people.mail import offer_messages
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post, status_of
from alliance.taking import get_offer_or_404
from ratings.handover.actions import CaseOpened, leave, settle_cases, take_case
from ratings.handover.forms import LeavingForm, SettleForm, TakeForm
from ratings.handover.leaving import cases_of, cases_without_therapist, new_cases_of, open_cases_of
from ratings.handover.outcome import outcome_of
from sessions.schedule.clashes import NeedsYes

OFFERED = gettext_lazy("The colleagues were asked. A case is theirs once they accept it, after a day or a second yes.")
OFFERS_NOT_TOLD = gettext_lazy("The colleagues are asked, but the e-mails could not be sent. They see it in Alliance.")


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
    offers = _leave(form, member, by) if form.is_valid() and not is_look else None
    if offers is not None:
        messages.success(request, _said(form, member))
        _tell(request, offers)
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
    """What becomes of the open cases, of which nothing is written yet."""
    codes = {case.code for case in form.open_cases}
    return outcome_of(
        cases=len(codes),
        choices=[choice for choice in form.choices if choice.case_code in codes],
        colleagues=colleagues,
        open_now=open_cases_of([colleague.membership for colleague in colleagues]),
    )


def _coming_end(member):
    if member.ends_at is None:
        return {}
    return {"when": LeavingForm.LATER, "last_day": timezone.localdate(member.ends_at - timedelta(seconds=1))}


def _leave(form, member, by):
    """What is offered to colleagues; None with an error in the form where nothing was done."""
    try:
        return leave(
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
    return None


def _tell(request, offers):
    """Tells those whom an offer concerns, by e-mail too; their pages say it in any case."""
    if not offers:
        return
    try:
        for message in offer_messages(offers, address=settings.BASE_URL + reverse("alliance:asked")):
            send_message(message=message)
    except OSError:
        messages.warning(request, OFFERS_NOT_TOLD)
    else:
        messages.success(request, OFFERED)


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
    form = SettleForm(posted(request), cases=cases, colleagues=_takers(practice, besides=by, by=by), by=by)
    if form.is_valid():
        try:
            offers = settle_cases(by=by, choices=form.choices)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            for new in new_cases_of(by, [choice.case_code for choice in form.choices]):
                messages.success(request, _link_to(new))
            _tell(request, offers)
            return redirect("ratings:cases-settle", practice.code)
    audit.record_code(audit.Verb.LISTED, "episode", by=by, practice=practice, count=len(cases))
    context = {"form": form, "practice": practice, "section": "people"}
    return render(request, "ratings/handover/cases_settle.html", context, status=422 if form.errors else 200)


def _link_to(episode):
    """A link to what waited in the case before this one, by its code, as this page names cases."""
    said = _("Read what waits in case %(code)s") % {"code": episode.previous.short_code}
    return format_html('<a href="{}">{}</a>', reverse("ratings:case-earlier", args=[episode.code]), said)


@require_POST
def case_offer_answer(request, code):
    """A colleague accepts a case or declines it; its therapist or a second manager agrees, or the therapist objects."""
    offer = get_offer_or_404(request.user, code)
    form = TakeForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such answer")
    if form.cleaned_data["answer"] != SightAnswer.ACCEPT:
        answer_case_offer(offer=offer, answer=form.cleaned_data["answer"], user=request.user)
        messages.success(request, _("Saved."))
        return redirect("alliance:asked")
    timezone.activate(ZoneInfo(offer.to.practice.zone))
    try:
        episode = take_case(offer=offer, user=request.user, accepted=form.cleaned_data["accepted"])
    except NeedsYes as asked:
        form.warn(asked.warnings)
        context = {"form": form, "offer": offer, "section": "asked"}
        return render(request, "ratings/handover/case_take.html", context, status=status_of(form))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("alliance:asked")
    messages.success(request, _("You have taken the case on."))
    return redirect("ratings:case", episode.code)
