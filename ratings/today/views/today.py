"""The therapist's day; what is new is marked as seen; what became of a wish is said."""

from django.core.exceptions import BadRequest, ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from alliance import access, audit
from alliance.access import NotVisible, get_visible_or_404
from alliance.drafts.done import done_with
from alliance.models.episode import OF_EPISODE
from ratings.check_in.actions import settle_wish
from ratings.check_in.unseen import own_answers
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from ratings.today.actions import mark_news_seen
from ratings.today.day import day_of
from ratings.today.forms import WishOutcomeForm

WISHES = Rating.objects.current().filter(
    rater=Rater.CLIENT, bring_up__in=[Rating.BringUp.GENTLY, Rating.BringUp.MYSELF]
)


@require_safe
def today(request):
    membership = access.check_place(request.memberships, "therapist")[0]
    day = day_of(request.user)
    audit.record_code(audit.Verb.LISTED, "episode", by=membership, practice=membership.practice, count=day.cases_shown)
    return render(request, "ratings/today/today.html", {"today": day, "section": "today"})


@require_POST
def news_seen(request):
    """Of the answers that stood on the page: what came in meanwhile stays new."""
    memberships = access.check_role(request.user, "therapist")
    codes = {code.lower() for code in request.POST.getlist("rating")}
    try:
        ratings = list(own_answers(request.user).filter(code__in=codes).select_related("episode__client"))
    except ValidationError:  # not even a code
        raise NotVisible("rating", next(iter(codes))) from None
    mark_news_seen(ratings=ratings, memberships=memberships)
    done_with(request)
    return redirect("ratings:today")


@require_POST
def wish_settle(request, code):
    rating = get_visible_or_404(WISHES.select_related(*OF_EPISODE), request.user, code=code)
    editor = access.check_log(request.user, rating.episode)
    form = WishOutcomeForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such outcome of a wish")
    settle_wish(editor=editor, rating=rating, outcome=form.cleaned_data["outcome"])
    done_with(request)
    if form.cleaned_data["came_from"] == WishOutcomeForm.CameFrom.CASE:
        return redirect("ratings:case", rating.episode.code)
    return redirect("ratings:today")
