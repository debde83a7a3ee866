"""A manager's page: what is missing or odd in the records of a practice."""

from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings.gaps.gaps import record_gaps


@require_safe
def gaps(request):
    manager = access.check_place(request.memberships, "manager")[0]
    timezone.activate(ZoneInfo(manager.practice.zone))
    page = record_gaps(manager.practice)
    audit.record_code(audit.Verb.LISTED, "practice", by=manager, practice=manager.practice, count=len(page.therapists))
    return render(request, "ratings/gaps/gaps.html", {"page": page, "section": "people"})
