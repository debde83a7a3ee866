"""The therapist's day: what to bring up, what to log, what has not come back."""

from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings.cases import today as cases_today
from ratings.delivery.queries import unanswered


@require_safe
def today(request):
    memberships = access.check_role(request.user, "therapist")
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    entries = cases_today.day_entries(request.user, start, start + timedelta(days=1))
    wishes = cases_today.wishes(access.own_episodes(request.user))
    wished = {wish.case_code for wish in wishes}
    waiting = cases_today.waiting_check_ins(request.user)
    audit.record_code(
        audit.Verb.LISTED, "episode", by=memberships[0], practice=memberships[0].practice, count=len(entries)
    )
    context = {
        "now": timezone.localtime(),
        "entries": entries,
        "has_cases": bool(entries) or access.own_episodes(request.user).exists(),
        "wishes": wishes,
        "to_bring_up": sum(entry.case.standing.rupture is not None or entry.case.code in wished for entry in entries),
        "waiting": waiting,
        "not_back": unanswered(request.user).count(),
        "section": "today",
    }
    return render(request, "ratings/cases/today.html", context)
