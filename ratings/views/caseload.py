"""Lists of cases: the supervisor's caseload, worst first, and the therapist's own."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings import queries

MOST_TO_TALK_ABOUT = 5
MISSING_IN_A_ROW = 3


@require_safe
def caseload(request):
    access.check_role(request.user, "supervisor")
    rows = queries.case_rows(access.supervised_episodes(request.user).filter(ends_at__isnull=True))
    flagged = [row for row in rows if row.standing.rupture]
    return _listed(
        request,
        "ratings/caseload.html",
        rows,
        {
            "flagged": flagged,
            "first": flagged[:MOST_TO_TALK_ABOUT],
            "gaps": [row for row in rows if row.standing.missing_in_a_row >= MISSING_IN_A_ROW],
            "unremarkable": len(rows) - len(flagged),
            "section": "caseload",
        },
    )


@require_safe
def cases(request):
    access.check_role(request.user, "therapist")
    rows = queries.case_rows(access.own_episodes(request.user))
    open_rows = [row for row in rows if not row.ended]
    return _listed(
        request,
        "ratings/cases.html",
        open_rows,
        {"ended": [row for row in rows if row.ended], "section": "cases"},
    )


def _listed(request, template, rows, context):
    audit.record_code(audit.Verb.LISTED, "episode", by=request.user, count=len(rows))
    return render(request, template, context | {"rows": rows, "now": timezone.localtime()})
