"""A manager's page of the audit."""

from django.core.exceptions import BadRequest
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.people.audit_page import audit_of


@require_safe
def audit_page(request):
    """Of the practice that the address names, or of the only one."""
    managers = access.check_place(request.memberships, "manager")
    code = request.GET.get("practice", str(managers[0].practice.code))
    by = next((manager for manager in managers if str(manager.practice.code) == code), None)
    if by is None:
        raise access.NotVisible("practice", code)
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise BadRequest("This is no place in the audit")
    page = audit_of(by.practice, int(before) if before else None)
    audit.record_code(audit.Verb.LISTED, "auditevent", by=by, practice=by.practice, count=len(page.events))
    context = {"page": page, "practice": by.practice, "section": "people"}
    return render(request, "alliance/people/audit.html", context)
