"""A flag, as a colleague would put it; the therapist says whether it was useful, or sets it aside."""

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from ratings.detection.stored import evidence_of
from ratings.detection.verdicts import give_verdict
from ratings.findings.flag import Seen, remark
from ratings.findings.phrases import day, seen_at
from ratings.models import Rating, Rupture, Verdict
from ratings.ruptures.actions import RuptureOver, set_rupture_aside
from ratings.ruptures.forms import SetAsideForm, VerdictForm

RUPTURES = Rupture.objects.select_related(
    "opened_session",
    "closed_session",
    "version",
    "verdict",
    "episode__client__data_key",
    "episode__client__practice",
    "episode__therapist__practice",
)
OVER = _lazy("This is over already: %(state)s. It was not set aside, and your reason was not kept: “%(reason)s”.")


@require_safe
def rupture(request, code):
    found = get_visible_or_404(RUPTURES, request.user, code=code)
    return _page(request, found, SetAsideForm())


@require_POST
def rupture_verdict(request, code):
    found = get_visible_or_404(RUPTURES, request.user, code=code)
    editor = access.check_edit(request.user, found.episode)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        raise SuspiciousOperation("There is no such verdict.")
    give_verdict(editor=editor, rupture=found, answer=form.cleaned_data["answer"])
    messages.success(request, _("Counted. Thank you."))
    return redirect("ratings:rupture", found.code)


@require_POST
def rupture_set_aside(request, code):
    found = get_visible_or_404(RUPTURES, request.user, code=code)
    editor = access.check_edit(request.user, found.episode)
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        set_rupture_aside(editor=editor, rupture=found, reason=form.cleaned_data["reason"])
    except RuptureOver:
        form.add_error(None, OVER % {"state": found.get_state_display(), "reason": form.cleaned_data["reason"]})
        return _page(request, found, form, status=409)
    messages.success(request, _("Set aside. It stays on the case's record."))
    return redirect("ratings:case", found.episode.code)


def _page(request, found, form, status=200):
    episode = found.episode
    own = access.can_edit(request.user, episode)
    audit.record(audit.Verb.READ, found, by=request.user, practice=episode.client.practice)
    name = episode.client.display_name
    evidence = evidence_of(found)
    context = {
        "rupture": found,
        "episode": episode,
        "name": name,
        "own": own,
        "remark": evidence and remark(evidence, name, found.evidence.get("for_sessions", 1), _known(found, own)),
        "number": found.evidence.get("number") if evidence else None,
        "seen_at": seen_at(found),
        "worded": _worded(episode),
        "verdict": Verdict.objects.filter(rupture=found).first(),
        "answers": Verdict.Answer,
        "aside_reason": found.aside_reason.open(episode.client.data_key) if found.aside_reason else "",
        "form": form,
        "section": "cases" if own else "caseload",
    }
    return render(request, "ratings/ruptures/rupture.html", context, status=status)


def _known(found, own):
    before = found.evidence.get("straight_before")
    return Seen(
        over=not found.is_active,
        recovering=found.state == Rupture.RuptureState.RECOVERING,
        own=own,
        since=day(found.opened_session.starts_at, "j F"),
        hurried=tuple(found.evidence.get("hurried", ())),
        straight_before=tuple(before) if before else None,
        weighs_behaviour=found.version.use == "all",
        worded=_worded(found.episode),
    )


def _worded(episode):
    """Whether a score has words that may be printed, as on the case page: not where a questionnaire came without."""
    return not Rating.objects.filter(episode=episode, rater="client", text__isnull=True).current().exists()
