"""Puts the demo's guide away for this sign-in, and shows it again.

Outside the demo there is no such page.
"""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from alliance.drafts.done import done_with
from ratings.demo.guide import PUT_AWAY, demo_of


@require_POST
def guide_put_away(request):
    return _set_put_away(request, True, _("The guide is put away. Help has it again."))


@require_POST
def guide_show(request):
    return _set_put_away(request, False, _("The guide stands at the top of the page again."))


def _set_put_away(request, put_away, sentence):
    if demo_of(request) is None:
        raise Http404
    request.session[PUT_AWAY] = put_away
    messages.info(request, sentence)
    done_with(request)
    back = request.POST.get("back", "")
    is_own_page = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = redirect(back if is_own_page else "alliance:home")
    response.status_code = 303
    return response
