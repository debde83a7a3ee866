"""The page of what somebody is asked, and their answers: who reads along, and a place in another practice."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from alliance import audit
from alliance.access import get_visible_or_404
from alliance.models import Membership, Supervision
from alliance.people.asked import offers_to, requests_for
from alliance.people.case_offers import case_offers_for
from alliance.people.forms import OfferAnswerForm, SightAnswerForm
from alliance.people.places import answer_offer
from alliance.people.sight import answer_sight


@require_safe
def asked(request):
    requests = requests_for(request.user)
    cases = case_offers_for(request.user)
    context = {"requests": requests, "offers": offers_to(request.user), "cases": cases, "section": "asked"}
    audit.record_code(audit.Verb.LISTED, "supervision", by=request.user, count=len(requests))
    return render(request, "alliance/people/asked.html", context)


@require_POST
def sight_answer(request, code):
    supervision = get_visible_or_404(
        Supervision.objects.select_related("supervisor__practice"), request.user, code=code
    )
    form = SightAnswerForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such answer")
    answer_sight(supervision=supervision, answer=form.cleaned_data["answer"], user=request.user)
    messages.success(request, _("Saved."))
    return redirect("alliance:asked")


@require_POST
def offer_answer(request, code):
    membership = get_visible_or_404(Membership.objects.select_related("practice"), request.user, code=code)
    form = OfferAnswerForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such answer")
    answer_offer(membership=membership, user=request.user, accepts=form.accepts)
    messages.success(request, _("Saved."))
    return redirect("alliance:asked")
