"""Pages of a list of clients: the file, its preview, and the import itself."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.drafts.done import done_with
from alliance.requests import posted, require_page_or_post
from ratings.cells.days import DateOrder
from ratings.importing.actions import DRAFTS, NotAllGood, keep_draft
from ratings.importing.clients import actions
from ratings.importing.clients.forms import ClientListForm
from ratings.importing.forms import DateOrderForm
from ratings.importing.receiver import therapist_labels
from ratings.importing.turns import takes_a_turn

MOST_SHOWN = 100  # of the clients, and of the faults; convention of this app


@require_page_or_post
@takes_a_turn
def client_list_upload(request):
    memberships = access.check_import(request.user)
    form = ClientListForm(posted(request), request.FILES or None, memberships=memberships)
    if form.is_valid():
        draft = keep_draft(text=form.cleaned_data["file"], by=form.by, therapist=form.receiver)
        done_with(request)
        return redirect("ratings:client-list-preview", draft.code)
    context = {"form": form, "section": "people" if "therapist" in form.fields else "cases"}
    return render(request, "ratings/importing/client_list_upload.html", context, status=422 if form.errors else 200)


@require_page_or_post
@takes_a_turn
def client_list_preview(request, code):
    access.check_import(request.user)
    draft = get_visible_or_404(DRAFTS, request.user, code=code)
    order = DateOrderForm(request.GET).order
    if request.method != "POST":
        return _preview(request, draft, actions.preview_of(draft, order), 200)
    try:
        batch = actions.import_clients(draft=draft, order=order, only_good="only_good" in request.POST)
    except NotAllGood as refusal:
        return _preview(request, draft, refusal.preview, 422)
    messages.success(request, _imported_sentence(batch))
    return redirect("alliance:people" if draft.sent_by.is_manager else "ratings:cases")


def _preview(request, draft, preview, status):
    # It says which of the clients in the list are here: whoever asks that is on record.
    audit.record_code(audit.Verb.LISTED, "client", by=draft.sent_by, practice=draft.practice, count=len(preview.known))
    labels = therapist_labels(draft.practice)
    all_to = preview.receiver.all_to
    context = {
        "preview": preview,
        "orders": DateOrder if preview.listed.dates.is_asked else None,
        "receiver": labels.get(all_to.pk) if all_to and draft.sent_by.is_manager else None,
        # Whose case it becomes is said once where it is the same for all.
        "new": [(new.listed, None if all_to else labels.get(new.therapist.pk)) for new in preview.new[:MOST_SHOWN]],
        "more_new": len(preview.new[MOST_SHOWN:]),
        "known": [(listed, None) for listed in preview.known[:MOST_SHOWN]],
        "more_known": len(preview.known[MOST_SHOWN:]),
        "repeated": ", ".join(str(listed.line) for listed in preview.repeated[:MOST_SHOWN]),
        "not_read": ", ".join(preview.listed.not_read[:MOST_SHOWN]),
        "faults": preview.faults[:MOST_SHOWN],
        "more_faults": len(preview.faults[MOST_SHOWN:]),
        "section": "people" if draft.sent_by.is_manager else "cases",
    }
    return render(request, "ratings/importing/client_list_preview.html", context, status=status)


def _imported_sentence(batch):
    if batch is None:
        return _("All clients of this list are here already. Nothing was changed.")
    n = batch.counts["clients"]["new"]
    return ngettext("Imported one client.", "Imported %(n)s clients.", n) % {"n": n}
