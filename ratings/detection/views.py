"""A manager's pages of how flags are made: the settings, what they would change, and the way back."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import access, audit
from alliance.accounts.step_up import check_fresh
from alliance.drafts.done import done_with
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.detection.actions import NOTHING_BEFORE, go_back, set_detector
from ratings.detection.forms import BackForm, DetectionForm
from ratings.detection.preview import preview
from ratings.detection.proposal import proposed
from ratings.detection.settings_beside import settings_beside
from ratings.detection.stored import as_version, current_version, version_before
from ratings.findings import names
from ratings.psychometrics.evidence import EDITION
from ratings.psychometrics.population import FEWEST_EPISODES


@require_page_or_post
def detection_settings(request):
    """The settings. What they would change is shown first; the same choice, sent once more, takes hold."""
    manager = access.check_role(request.user, "manager")[0]
    timezone.activate(ZoneInfo(manager.practice.zone))
    version = current_version(manager.practice)
    initial = {name: getattr(version, name) for name in ("criterion", "budget", "use", "clear_only", "shadow")}
    initial["shown_version"] = version.code
    form = DetectionForm(posted(request), initial=initial)
    shown = None
    if form.is_valid():
        chosen = proposed(manager.practice, form.choice)
        if chosen is None:
            messages.info(request, _("Nothing was changed. All flags stay as they are."))
            done_with(request)
            return redirect("ratings:detection-settings")
        if not form.was_shown:
            shown = _shown(manager, chosen)
            form.show()
        elif _takes_hold(request, manager, form, version):
            return redirect("ratings:detection-settings")
    context = {
        "form": form,
        "version": version,
        "budget": names.budget(version.budget),
        "before": version_before(version),
        "shown": shown,
        "is_old": version.edition < EDITION,
        "practice": manager.practice,
        "fewest": FEWEST_EPISODES,
        "section": "people",
    }
    return render(request, "ratings/detection/detection_settings.html", context, status=422 if form.errors else 200)


def _shown(manager, version, restores=None):
    """What a version would change, on record where it names a case."""
    found = preview(manager, version, restores=restores)
    if found and found.named:
        audit.record_code(audit.Verb.LISTED, "episode", by=manager, practice=manager.practice, count=len(found.named))
    return {"preview": found, "hides": version.shadow}


def _takes_hold(request, manager, form, version):
    """Whether the choice is in force now; if it is not, the form says why."""
    check_fresh(request)
    try:
        set_detector(practice=manager.practice, by=manager, shown=version, **form.cleaned_choice)
    except Refused as refusal:
        form.initial["shown_version"] = current_version(manager.practice).code
        form.refuse(str(refusal))
        return False
    said = _("From now on flags are made this way. Closed flags stay as they were; open ones are reassessed.")
    messages.success(request, said)
    return True


@require_page_or_post
def detection_back(request):
    """What it would change to go back to the settings before, and the way there."""
    manager = access.check_role(request.user, "manager")[0]
    timezone.activate(ZoneInfo(manager.practice.zone))
    version = current_version(manager.practice)
    before = version_before(version)
    if before is None:
        messages.info(request, NOTHING_BEFORE)
        return redirect("ratings:detection-settings")
    form = BackForm(posted(request), initial={"shown_version": version.code})
    if form.is_valid() and _went_back(request, manager, form, version):
        return redirect("ratings:detection-settings")
    context = {
        "form": form,
        "rows": settings_beside(version, before),
        "shown": _shown(manager, as_version(before), restores=before),
        "practice": manager.practice,
        "section": "people",
    }
    return render(request, "ratings/detection/detection_back.html", context, status=422 if form.errors else 200)


def _went_back(request, manager, form, version):
    """Whether the settings before are in force again; if they are not, the form says why."""
    check_fresh(request)
    try:
        go_back(practice=manager.practice, by=manager, shown=version)
    except Refused as refusal:
        form.refuse(str(refusal), current_version(manager.practice).code)
        return False
    messages.success(request, _("Flags are made as before again. What the change closed is open again."))
    return True
