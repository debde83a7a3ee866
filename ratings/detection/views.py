"""A manager's page of how flags are made."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from alliance import access
from alliance.drafts.done import done_with
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.detection.actions import set_detector
from ratings.detection.forms import DetectionForm
from ratings.detection.proposal import Choice, preview, proposed
from ratings.detection.stored import as_version, current_version
from ratings.psychometrics.evidence import EDITION
from ratings.psychometrics.population import FEWEST_EPISODES


@require_page_or_post
def detection_settings(request):
    manager = access.check_role(request.user, "manager")[0]
    version = current_version(manager.practice)
    initial = {name: getattr(version, name) for name in ("criterion", "budget", "use", "clear_only", "shadow")}
    initial["shown_version"] = version.code
    form = DetectionForm(posted(request), initial=initial)
    seen = None
    if form.is_valid() and "see" in request.POST and not version.shadow:  # in shadow mode nothing counts flags
        version_then = proposed(manager.practice, Choice(**form.cleaned_data))
        seen = preview(manager.practice, version_then or as_version(version))
    elif form.is_valid() and "see" not in request.POST and _used(request, manager, form, version):
        return redirect("ratings:detection-settings")
    context = {
        "form": form,
        "version": version,
        "seen": seen,
        "is_old": version.edition < EDITION,
        "practice": manager.practice,
        "fewest": FEWEST_EPISODES,
        "section": "people",
    }
    return render(request, "ratings/detection/detection_settings.html", context, status=422 if form.errors else 200)


def _used(request, manager, form, shown):
    """Whether the choice is in force now; if it is not, the form says why."""
    try:
        changed = set_detector(practice=manager.practice, by=manager, shown=shown, **form.cleaned_data)
    except Refused as refusal:
        form.initial["shown_version"] = current_version(manager.practice).code
        form.refuse(str(refusal))
        return False
    if changed:
        said = _("From now on flags are made this way. Closed flags stay as they were; open ones are reassessed.")
        messages.success(request, said)
    else:
        messages.info(request, _("Nothing was changed. All flags stay as they are."))
    done_with(request)
    return True
