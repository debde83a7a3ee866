"""The check-in as a client meets it. A link is a key to one thing: sending answers. It never shows what was sent."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance.requests import require_page_or_post
from ratings.check_in import actions
from ratings.check_in.answers import stored_answers
from ratings.check_in.forms import CheckInForm, Tampered
from ratings.check_in.guesses import count_guess, has_guesses_left
from ratings.check_in.links import TYPING_GRACE, live_link, may_be_asked
from ratings.check_in.receipt import COOKIE, COOKIE_LIVES, SALT, known_check_in
from ratings.check_in.views.link import key_in_address, link_gone
from ratings.models import ClientLink, Rating
from ratings.psychometrics.evidence import Rater

SAME_CLICK = timedelta(minutes=1)  # a second tap, a lost connection; convention of this app
MOST_DROPPED, DROPPED_AT_ONCE = 16 * 1024 * 1024, 64 * 1024  # bytes; convention of this app


@key_in_address
@require_page_or_post
def check_in(request, token):
    posted = request.method == "POST"
    link = live_link(token, ClientLink.LinkKind.CHECK_IN, grace=TYPING_GRACE if posted else timedelta())
    asked = link and link.check_in
    if asked is None or not may_be_asked(asked.episode.client):
        return link_gone(request)
    if not posted and not _is_open(
        asked, known=False
    ):  # only the browser that sent answers learns more than that the link is used
        return _to_sent() if known_check_in(request) == asked else link_gone(request)
    if not posted:
        return _form_page(request, asked, CheckInForm(text=asked.text))
    known = known_check_in(request, grace=TYPING_GRACE) == asked
    return _receive(request, asked, known=known, may_change=known_check_in(request) == asked, from_link=True)


@login_not_required
@require_page_or_post
def check_in_change(request):
    """The browser that sent the answers may change them, until the therapist has read them, at most for a day."""
    posted = request.method == "POST"
    asked = known_check_in(request, grace=TYPING_GRACE if posted else timedelta())
    rating = asked and _answers_to(asked)
    can_change = rating and actions.can_change(asked, rating)
    if not rating or not (posted or can_change) or not may_be_asked(asked.episode.client):
        return link_gone(request)
    if posted:  # what was typed into a form that was open is not lost, also where it comes too late
        return _receive(request, asked, known=True, may_change=can_change)
    return _form_page(request, asked, CheckInForm.of(stored_answers(rating), text=asked.text))


@login_not_required
@require_safe
def check_in_sent(request):
    asked = known_check_in(request)
    rating = asked and _answers_to(asked)
    if not rating:
        return link_gone(request)
    return _sent_page(request, asked, rating, can_change=actions.can_change(asked, rating))


def _receive(request, asked, *, known, may_change, from_link=False):
    """`known`: this browser has sent answers to this check-in before."""
    try:
        form = CheckInForm(request.POST, text=asked.text)
    except (RequestDataTooBig, Tampered) as wrong:
        return _unread(request, asked, known=known, too_long=isinstance(wrong, RequestDataTooBig))
    if not form.is_valid():
        if not _is_open(asked, known):
            return link_gone(request)  # as on GET: an empty form sent to it tells nothing
        return _form_page(request, asked, form, status=422)
    context = {"form": form, "practice": asked.episode.client.practice}
    if not (may_change or has_guesses_left(asked)):  # not even compared
        return render(request, "ratings/check_in/check_in_already.html", context, status=409)
    try:
        rating = actions.answer_check_in(
            check_in=asked, answers=form.client_answers, may_change=may_change, from_link=from_link
        )
    except actions.AlreadyAnswered:
        count_guess(asked)
        return render(request, "ratings/check_in/check_in_already.html", context, status=409)
    except actions.SessionVoided:
        return render(request, "ratings/check_in/check_in_already.html", context | {"voided": True}, status=409)
    response = _to_sent()
    # The same answers again get the same receipt. Whoever sends them later may have guessed; whoever sends those that
    # were changed since does not know what stands. A receipt, then, but not the right to see it and to change.
    late = rating.received_at < timezone.now() - SAME_CLICK
    if not may_change and (late or stored_answers(rating) != form.client_answers):
        return _sent_page(request, asked, rating, can_change=False)
    response.set_signed_cookie(
        COOKIE,
        str(asked.code),
        salt=SALT,
        max_age=COOKIE_LIVES,
        path="/c/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _to_sent():
    response = redirect("links:check-in-sent")
    response.status_code = 303
    return response


def _sent_page(request, asked, rating, *, can_change):
    with timezone.override(ZoneInfo(asked.episode.zone)):
        context = {
            "practice": asked.episode.client.practice,
            "rating": rating,
            "skipped": len(asked.text.instrument.definition["items"]) - rating.items_answered,
            "read": asked.read_at is not None and known_check_in(request) == asked,
            "can_change": can_change,
            "change_until": rating.received_at + actions.CHANGE_WINDOW,
        }
        return render(request, "ratings/check_in/check_in_sent.html", context)


def _unread(request, asked, *, known, too_long):
    """A form that is too large, or not ours. A used link says no more of it than that it cannot be used."""
    if too_long:
        _drop_the_rest(request)
    if not _is_open(asked, known):
        return link_gone(request)
    context = {"practice": asked.episode.client.practice, "too_long": too_long}
    return render(request, "ratings/check_in/check_in_unread.html", context, status=413 if too_long else 400)


def _drop_the_rest(request):
    """Closing a connection on unread data loses the answer on its way: the sentence would never be seen."""
    for _read in range(MOST_DROPPED // DROPPED_AT_ONCE):
        if not request.read(DROPPED_AT_ONCE):
            return


def _form_page(request, asked, form, status=200):
    with timezone.override(ZoneInfo(asked.episode.zone)):  # the client's own clock, as in the message
        context = {
            "form": form,
            "therapy_session": asked.therapy_session,
            "practice": asked.episode.client.practice,
            "last_was_read": _last_was_read(request, asked),
        }
        return render(request, "ratings/check_in/check_in.html", context, status=status)


def _last_was_read(request, asked):
    """Whether the last answers came from this browser, and the therapist has read them since."""
    known = known_check_in(request, within=COOKIE_LIVES)
    if known is None or known == asked or known.read_at is None:
        return False
    last = Rating.objects.current().filter(episode=asked.episode, rater=Rater.CLIENT).order_by("-received_at").first()
    return last is not None and last.check_in_id == known.pk


def _answers_to(asked):
    rows = Rating.objects.filter(therapy_session=asked.therapy_session, rater=Rater.CLIENT)
    return rows.filter(replaced_at__isnull=True).first()  # also of a session that was voided while somebody typed


def _is_open(asked, known):
    """Whoever has the key may answer: nothing was sent yet, or only typed from paper, or it was sent from here."""
    if asked.therapy_session.voided_at:
        return False
    rating = _answers_to(asked)
    return known or rating is None or rating.mode == Rating.Mode.PAPER
