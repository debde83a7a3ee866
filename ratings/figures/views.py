"""Figures of a practice and of its flags, for managers and supervisors; what flags state, for managers."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.accounts.step_up import check_fresh
from alliance.drafts.done import done_with
from alliance.page_scripts import draws_charts
from alliance.refusal import Refused
from alliance.requests import require_page_or_post
from ratings.detection.recalibrate import state_by
from ratings.detection.stored import current_version
from ratings.figures.flags import flags_page
from ratings.figures.forms import RecalibrationForm
from ratings.figures.measures import by_grade, by_settings, lead, main_measures, stated_holds
from ratings.figures.over_time import practice_over_time
from ratings.figures.practice import practice_counts
from ratings.figures.practice_measures import is_enough, practice_lead, practice_tables
from ratings.figures.recalibration import recalibration_page
from ratings.findings import names
from ratings.psychometrics.recalibration import FEWEST
from ratings.psychometrics.small_cells import FEWEST_PEOPLE, WHOLE_FROM


@require_safe
@draws_charts
def practice_figures(request):
    """What happened in the last twelve whole months."""
    member = access.check_figures(request.user)[0]
    timezone.activate(ZoneInfo(member.practice.zone))
    counts = practice_counts(member.practice)
    # Without a count: the page tells them in fives, and two exact ones would tell what lies between.
    audit.record_code(audit.Verb.LISTED, "practice", by=member, practice=member.practice)
    context = {
        "counts": counts,
        "tables": practice_tables(counts) if is_enough(counts) else [],
        "over_time": practice_over_time(counts.months) if is_enough(counts) else [],
        "lead": practice_lead(counts),
        "fewest": FEWEST_PEOPLE,
        "whole_from": WHOLE_FROM,
        "section": "people" if member.is_manager else "caseload",
    }
    return render(request, "ratings/figures/practice_figures.html", context)


@require_safe
def flags_work(request):
    member = access.check_figures(request.user)[0]
    timezone.activate(ZoneInfo(member.practice.zone))
    page = flags_page(member.practice)
    answers = page.quality.answered + page.quality.drawn_answered
    audit.record_code(audit.Verb.LISTED, "strainverdict", by=member, practice=member.practice, count=answers)
    context = {
        "page": page,
        "quality": page.quality,
        "lead": lead(page.quality),
        "measures": main_measures(page.quality),
        "grades": by_grade(page.quality),
        "versions": by_settings(page),
        "budget": names.budget(current_version(member.practice).budget),
        "holds": stated_holds(page.quality),
        "is_manager": member.is_manager,
        "section": "people" if member.is_manager else "caseload",
    }
    return render(request, "ratings/figures/flags_work.html", context)


@require_page_or_post
def recalibration(request):
    """What flags state, by the practice's answers: seen first, then used, and taken back."""
    manager = access.check_role(request.user, "manager")[0]
    timezone.activate(ZoneInfo(manager.practice.zone))
    page = recalibration_page(manager.practice)
    if request.method == "POST":
        check_fresh(request)
        return _state_by(request, manager, page)
    audit.record_code(audit.Verb.LISTED, "strainverdict", by=manager, practice=manager.practice, count=page.answered)
    context = {"page": page, "fewest": FEWEST, "section": "people"}
    return render(request, "ratings/figures/recalibration.html", context)


def _state_by(request, manager, page):
    form = RecalibrationForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such deed")
    wants_use = form.cleaned_data["deed"] == RecalibrationForm.Deed.USE
    if wants_use and page.is_news and form.cleaned_data["shown"] != page.shown:
        messages.error(request, _("Answers came in meanwhile, so this has changed. Look once more."))
    elif wants_use and not page.is_news:
        messages.info(request, _("Nothing was changed. All flags stay as they are."))
    else:
        _put_in_force(request, manager, page.proposed if wants_use else None)
    done_with(request)  # nothing is typed here
    return redirect("ratings:recalibration")


def _put_in_force(request, manager, line):
    try:
        changed = state_by(practice=manager.practice, recalibration=line, by=manager)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return
    if changed:
        messages.success(request, _("From now on flags state it this way. Closed flags stay as they were."))
    else:
        messages.info(request, _("Nothing was changed. All flags stay as they are."))
