"""The page of a rupture; the verdict on its flag, and setting it aside."""

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from ratings.detection.verdicts import give_verdict
from ratings.models import Rupture, Verdict
from ratings.ruptures.actions import RuptureOver, set_rupture_aside
from ratings.ruptures.forms import SetAsideForm, VerdictForm
from ratings.ruptures.rupture import rupture_page

RUPTURES = Rupture.objects.select_related(
    "opened_session",
    "closed_session",
    "version",
    "verdict",
    "episode__client__data_key",
    "episode__client__practice",
    "episode__therapist__practice",
)
OVER = gettext_lazy(
    "This is over already: %(state)s. It was not set aside, and your reason was not kept: “%(reason)s”."
)


@require_safe
def rupture(request, code):
    rupture = get_visible_or_404(RUPTURES, request.user, code=code)
    return _answer(request, rupture, SetAsideForm())


@require_POST
def rupture_verdict(request, code):
    rupture = get_visible_or_404(RUPTURES, request.user, code=code)
    editor = access.check_edit(request.user, rupture.episode)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        raise SuspiciousOperation("There is no such verdict.")
    give_verdict(editor=editor, rupture=rupture, answer=form.cleaned_data["answer"])
    messages.success(request, _("Counted. Thank you."))
    return redirect("ratings:rupture", rupture.code)


@require_POST
def rupture_set_aside(request, code):
    rupture = get_visible_or_404(RUPTURES, request.user, code=code)
    editor = access.check_edit(request.user, rupture.episode)
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return _answer(request, rupture, form, status=422)
    try:
        set_rupture_aside(editor=editor, rupture=rupture, reason=form.cleaned_data["reason"])
    except RuptureOver:
        form.add_error(None, OVER % {"state": rupture.get_state_display(), "reason": form.cleaned_data["reason"]})
        return _answer(request, rupture, form, status=409)
    messages.success(request, _("Set aside. It stays on the case's record."))
    return redirect("ratings:case", rupture.episode.code)


def _answer(request, rupture, form, status=200):
    audit.record(audit.Verb.READ, rupture, by=request.user, practice=rupture.episode.client.practice)
    page = rupture_page(rupture, request.user)
    section = "cases" if page.reader_is_therapist else "caseload"
    context = {"page": page, "verdicts": Verdict.Answer, "form": form, "section": section}
    return render(request, "ratings/ruptures/rupture.html", context, status=status)
