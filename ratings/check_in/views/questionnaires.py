"""A manager's page: the questionnaires that there are, and which are in use."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from alliance import access, audit
from ratings.check_in.questionnaires import questionnaires_page


@require_safe
def questionnaires(request):
    manager = access.check_place(request.memberships, "manager")[0]
    page = questionnaires_page(manager.practice)
    shown = len(page.questionnaires)
    audit.record_code(audit.Verb.LISTED, "instrument", by=manager, practice=manager.practice, count=shown)
    context = {"page": page, "section": "people"}
    return render(request, "ratings/check_in/questionnaires.html", context)
