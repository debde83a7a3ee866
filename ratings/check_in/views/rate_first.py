"""The page that stands in place of a case while the client's answers wait for the therapist's own rating."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from alliance import access
from alliance.access import get_visible_or_404
from alliance.drafts.done import done_with
from alliance.models.episode import OF_EPISODE
from ratings.check_in.rate_first import RatesFirst, show_without_rating
from ratings.models import CheckIn


class AskForRatingFirst:
    """A middleware: the page that asks for the own rating, wherever `check_rated` stopped a page or a deed."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, RatesFirst):
            return None
        timezone.activate(ZoneInfo(exception.episode.client.practice.zone))
        context = {"episode": exception.episode, "waiting": exception.waiting, "section": "cases"}
        # What was sent is kept as a draft: nothing was done with it.
        status = 200 if request.method in ("GET", "HEAD") else 409
        return render(request, "ratings/check_in/rate_first.html", context, status=status)


@require_POST
def check_in_show(request, code):
    check_in = get_visible_or_404(CheckIn.objects.select_related(*OF_EPISODE), request.user, code=code)
    show_without_rating(editor=access.check_edit(request.user, check_in.episode), check_in=check_in)
    messages.info(request, _("Shown without your own rating."))
    done_with(request)
    return redirect("ratings:case", check_in.episode.code)
