"""The therapist's day: what to bring up, what to log, what has not come back."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings.today.day import day_of


@require_safe
def today(request):
    membership = access.check_role(request.user, "therapist")[0]
    day = day_of(request.user)
    audit.record_code(audit.Verb.LISTED, "episode", by=membership, practice=membership.practice, count=len(day.entries))
    return render(request, "ratings/today/today.html", {"today": day, "section": "today"})
