"""Lists of cases: the supervisor's caseload, worst first, and the therapist's own."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings import queries, words
from ratings.delivery.queries import latest_unanswered

MOST_TO_TALK_ABOUT = 5
MISSING_IN_A_ROW = 3


@require_safe
def caseload(request):
    access.check_role(request.user, "supervisor")
    rows = queries.case_rows(access.supervised_episodes(request.user))
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
        "too_little": words.too_little_to_say(few, len(others)),
        "assigned": bool(open_rows) or access.live_assignments(request.user).exists(),
        "section": "caseload",
    }
    return _listed(request, "ratings/caseload.html", rows, context)


@require_safe
def cases(request):
    access.check_role(request.user, "therapist")
    return _listed(
        request, "ratings/cases.html", queries.case_rows(access.own_episodes(request.user)), {"section": "cases"}
    )


def _listed(request, template, rows, context):
    audit.record_code(audit.Verb.LISTED, "episode", by=request.user, count=len(rows))
    ended = sorted((row for row in rows if row.ended_at), key=lambda row: row.ended_at, reverse=True)
    context |= {"rows": [row for row in rows if not row.ended_at], "ended": ended, "now": timezone.localtime()}
    return render(request, template, context)
