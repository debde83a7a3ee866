"""Lists of cases: the supervisor's caseload, worst first, and the therapist's own."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from alliance import access, audit
from ratings.cases.forms import FindCaseForm
from ratings.cases.lists import case_rows
from ratings.delivery.queries import latest_unanswered
from ratings.findings import phrases

MOST_TO_TALK_ABOUT = 5
MISSING_IN_A_ROW = 3


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def caseload(request):
    access.check_role(request.user, "supervisor")
    rows = case_rows(access.supervised_episodes(request.user))
    open_rows = [row for row in rows if not row.ended_at]
    flagged = [row for row in open_rows if row.standing.rupture]
    gaps = [row for row in open_rows if row.standing.missing_in_a_row >= MISSING_IN_A_ROW]
    unanswered = latest_unanswered([row.code for row in gaps])
    others = [row for row in open_rows if not row.standing.rupture and row.aside is None]
    few = sum(row.standing.words.get("overall", "few") == "few" for row in others)
    context = {
        "flagged": flagged,
        "first": flagged[:MOST_TO_TALK_ABOUT],
        "gaps": [(row, unanswered.get(row.code)) for row in gaps],
        "aside": [row for row in open_rows if row.aside is not None],
        "others": len(others),
        "too_little": phrases.too_little_to_say(few, len(others)),
        "with_therapist": True,
        "assigned": bool(open_rows) or access.live_assignments(request.user).exists(),
        "section": "caseload",
    }
    above = [*context["first"], *gaps, *context["aside"]]
    return _listed(request, "ratings/cases/caseload.html", rows, context, above)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def cases(request):
    access.check_role(request.user, "therapist")
    rows = case_rows(access.own_episodes(request.user))
    return _listed(request, "ratings/cases/cases.html", rows, {"section": "cases"})


def _listed(request, template, rows, context, above=()):
    """The page, or for htmx the part of it that a search narrows. `above`: rows that stand elsewhere on the page.

    A search is posted and changes nothing: in the address, a name would stay in the browser and in a proxy's log.
    """
    form = FindCaseForm(request.POST if request.method == "POST" else None, rows=rows)
    found = form.found(rows)
    shown = {row.code for row in (found if request.htmx else [*above, *found])}
    audit.record_code(audit.Verb.LISTED, "episode", by=request.user, count=len(shown))
    context |= {
        "rows": [row for row in rows if not row.ended_at],
        "found": [row for row in found if not row.ended_at],
        "ended": sorted((row for row in found if row.ended_at), key=lambda row: row.ended_at, reverse=True),
        "narrowed_to": len(found) if len(found) < len(rows) else None,
        "form": form if len(rows) > 1 else None,
        "now": timezone.localtime(),
    }
    page = "ratings/cases/_found.html" if request.htmx else template
    return render(request, page, context, status=422 if form.errors else 200)
