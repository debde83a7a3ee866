"""Pages of an export: what to take out and why, then its files."""

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from alliance.access import get_visible_or_404
from alliance.accounts.step_up import check_fresh
from alliance.drafts.done import done_with
from alliance.exporting import check_export
from alliance.models import DataExport
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.exchange import actions
from ratings.exchange.forms import ExportForm

EXPORTS = DataExport.objects.select_related("practice__data_key", "made_by__practice__data_key", "made_by__user")
MOST_SHOWN = 50  # of earlier ones; convention of this app


@require_page_or_post
def export_make(request):
    memberships = check_export(request.user)
    check_fresh(request)
    form = ExportForm(posted(request), memberships=memberships)
    if form.is_valid():
        offer = form.offer
        export = actions.make_export(by=offer.by, extent=offer.extent, reason=form.cleaned_data["reason"], **form.form)
        done_with(request)
        return redirect("ratings:export", export.code)
    is_manager = any(membership.is_manager for membership in memberships)
    context = {
        "form": form,
        "made": EXPORTS.managed_by(request.user).order_by("-pk")[:MOST_SHOWN],
        "is_manager": is_manager,
        "section": "people" if is_manager else "cases",
    }
    return render(request, "ratings/exchange/export_make.html", context, status=422 if form.errors else 200)


@require_safe
def export(request, code):
    check_export(request.user)
    made = get_visible_or_404(EXPORTS, request.user, code=code)
    is_own = made.extent == DataExport.Extent.OWN
    context = {
        "export": made,
        "is_own": is_own,
        "cases": actions.count_cases(made),
        "waiting": len(actions.waiting_in(made.made_by)),
        "section": "cases" if is_own else "people",
    }
    return render(request, "ratings/exchange/export.html", context)


@require_safe
def export_archive(request, code):
    check_export(request.user)
    made = get_visible_or_404(EXPORTS, request.user, code=code)
    check_fresh(request)
    try:
        file = actions.take_archive(export=made)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("ratings:export", made.code)
    return FileResponse(file, as_attachment=True, filename=f"alliance-{made.code.hex[:8]}.zip")


@require_safe
def export_key(request, code):
    """The key, apart from the archive; nobody gets one to cases that are not their own."""
    check_export(request.user)
    made = get_visible_or_404(EXPORTS, request.user, code=code)
    check_fresh(request)
    text = actions.write_key(export=made)
    name = f"key-{made.code.hex[:8]}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
