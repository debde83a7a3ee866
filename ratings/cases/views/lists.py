"""Lists of cases: the supervisor's caseload and the therapist's own."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from alliance import access, audit
from alliance.accounts.keys import has_keys
from alliance.drafts.done import done_with
from alliance.page_scripts import takes_parts
from alliance.requests import posted, require_page_or_post
from ratings.cases.attention import caseload_of
from ratings.cases.forms import CaseListForm, CaseloadForm, FindCaseForm, RegisterForm
from ratings.cases.own import Sort, own_cases
from ratings.cases.register import register


@require_safe
def caseload(request):
    """What needs attention."""
    places = access.check_place(request.memberships, "supervisor")
    page = caseload_of(request.user, places, CaseloadForm(request.GET).chosen)
    audit.record_code(audit.Verb.LISTED, "episode", by=request.user, count=page.cases_shown)
    context = {
        "caseload": page,
        "filter": CaseloadForm(request.GET, therapists=page.therapists),
        "now": timezone.localtime(),
        "section": "caseload",
    }
    return render(request, "ratings/cases/caseload.html", context)


@require_page_or_post
@takes_parts
@vary_on_headers("HX-Request")
def caseload_all(request):
    """All cases, a page at a time. A name that is looked for is posted and stands in no address."""
    places = access.check_place(request.memberships, "supervisor")
    find = FindCaseForm(posted(request))
    done_with(request)
    name = find.cleaned_data["name"] if find.is_valid() else ""
    page = register(request.user, places, RegisterForm(request.GET).asked, name)
    audit.record_code(audit.Verb.LISTED, "episode", by=request.user, count=len(page.rows))
    context = {
        "page": page,
        "filter": RegisterForm(request.GET, therapists=page.therapists, states=page.states),
        "form": find,
        "sought": name,
        "has_keys": has_keys(request),
        "section": "caseload",
    }
    template = "ratings/cases/_register.html" if request.htmx else "ratings/cases/caseload_all.html"
    return render(request, template, context, status=422 if find.errors else 200)


@require_page_or_post
@takes_parts
@vary_on_headers("HX-Request")
def cases(request):
    """The own cases, a page at a time. A name that is looked for is posted: in the address it would stay in logs."""
    access.check_place(request.memberships, "therapist")
    find = FindCaseForm(posted(request))
    done_with(request)
    name = find.cleaned_data["name"] if find.is_valid() else ""
    asked = CaseListForm(request.GET).asked
    page = own_cases(request.user, asked, name)
    audit.record_code(audit.Verb.LISTED, "episode", by=request.user, count=len(page.rows))
    context = {
        "page": page,
        "form": find if page.has_many else None,
        "sorts": Sort,
        "only": asked.only,
        "sort": asked.sort,
        "has_keys": has_keys(request),
        "section": "cases",
    }
    template = "ratings/cases/_found.html" if request.htmx else "ratings/cases/cases.html"
    return render(request, template, context, status=422 if find.errors else 200)
