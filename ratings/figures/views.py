"""How well flags work here: for managers and supervisors."""

from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings.figures.flags import flags_page
from ratings.figures.measures import by_grade, by_settings, lead, main_measures, stated_holds


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
        "holds": stated_holds(page.quality),
        "is_manager": member.is_manager,
        "section": "people" if member.is_manager else "caseload",
    }
    return render(request, "ratings/figures/flags_work.html", context)
