"""What a browser sends while somebody types; a draft thrown away; the answer to a form whose token is stale."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.csrf import csrf_failure as page_of_csrf_failure
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from alliance.access import get_visible_or_404
from alliance.drafts.actions import discard_draft, keep_while_typing
from alliance.drafts.shown import is_staff_address, sent_form, typed_fields
from alliance.models import FormDraft

STALE = "has_stale_token"  # a mark on a response, for the middleware


# The signed field is the authority: what is typed is kept also after the sign-in ended, and nothing is given back.
@csrf_exempt
@login_not_required
@require_POST
def draft_keep(request):
    form, action = sent_form(request), request.headers.get("X-Form-Action", "")
    if form is None or not is_staff_address(action):
        raise BadRequest("This form says of nobody that it was shown to them")
    keep_while_typing(form=form, action=action, fields=typed_fields(request.POST))
    return HttpResponse(status=204)


@require_POST
def draft_discard(request, code):
    draft = get_visible_or_404(FormDraft.objects.all(), request.user, code=code)
    discard_draft(draft=draft)
    return redirect(draft.page)


def csrf_failure(request, reason=""):
    response = page_of_csrf_failure(request, reason)
    setattr(response, STALE, True)
    return response
