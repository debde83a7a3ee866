"""A client's pages of a check-in.

A link is good for sending answers and for nothing else: it never shows what was sent.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alliance.access import NotVisible
from alliance.dates import DateFormat, written
from alliance.requests import require_page_or_post
from ratings.check_in import actions
from ratings.check_in.answers import stored_answers
from ratings.check_in.asked_by import asked_by
from ratings.check_in.blank import Own, Said, blank_page
from ratings.check_in.forms import CheckInForm, EmptyPlanForm, Tampered
from ratings.check_in.guesses import count_guess, has_guesses_left
from ratings.check_in.links import TYPING_GRACE, check_in_of_link, is_covered, is_unanswered
from ratings.check_in.receipt import check_in_of_cookie, forget, has_sent, is_own, last_sent, own_check_in, remember
from ratings.check_in.responsible import responsible_now
from ratings.check_in.views.link import key_in_address, lines_of_all, link_gone
from ratings.check_in.views.who_reads import way_to_who_reads
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater

SAME_CLICK = timedelta(minutes=1)  # a second tap, a lost connection; convention of this app
MOST_READ, READ_AT_ONCE = 16 * 1024 * 1024, 64 * 1024  # bytes; convention of this app


@key_in_address
@require_page_or_post
def check_in(request, token):
    """The form that a link opens."""
    is_post = request.method == "POST"
    check_in = check_in_of_link(token, grace=TYPING_GRACE if is_post else timedelta())
    if check_in is None or not check_in.agrees:
        return link_gone(request)
    if is_post:
        is_sender = has_sent(request, check_in, grace=TYPING_GRACE)
        may_change = has_sent(request, check_in) and is_own(request)
        return _receive(request, check_in, is_sender=is_sender, may_change=may_change, from_link=True)
    if _is_open(check_in, is_sender=False):
        if not check_in.is_in_hands:
            return _unread_for_good(request, check_in)
        return _form_page(request, check_in, None)
    # Only the browser that sent answers learns more than that the link is used.
    return _redirect_to_sent() if has_sent(request, check_in) else link_gone(request)


@login_not_required
@require_page_or_post
def check_in_change(request):
    """The form with what was sent from this device, for as long as its owner may change it."""
    is_post = request.method == "POST"
    check_in = own_check_in(request, grace=TYPING_GRACE if is_post else timedelta())
    rating = check_in and _client_rating(check_in)
    can_change = rating and actions.can_change(check_in, rating)
    if not rating or not (is_post or can_change) or not check_in.agrees:
        return link_gone(request)
    if is_post:  # what was typed into a form that was open is not lost, also where it comes too late
        return _receive(request, check_in, is_sender=True, may_change=can_change)
    if not check_in.is_in_hands:
        return _unread_for_good(request, check_in)
    return _form_page(request, check_in, CheckInForm.of(stored_answers(rating), check_in=check_in))


@login_not_required
@require_safe
def check_in_sent(request):
    """What this browser has sent."""
    check_in = check_in_of_cookie(request)
    rating = check_in and _client_rating(check_in)
    if not rating:
        return link_gone(request)
    return _sent_page(request, check_in, rating, can_change=is_own(request) and actions.can_change(check_in, rating))


def _receive(request, check_in, *, is_sender, may_change, from_link=False):
    """Stores the answers that were sent to a check-in; the page that follows.

    `is_sender`: this browser has sent answers to this check-in before.
    """
    try:
        form = CheckInForm(request.POST, check_in=check_in)
    except (RequestDataTooBig, Tampered) as error:
        return _unread_page(request, check_in, is_sender=is_sender, too_long=isinstance(error, RequestDataTooBig))
    if not form.is_valid():
        if not _is_open(check_in, is_sender):
            return link_gone(request)  # as on GET: an empty form sent to it tells nothing
        if not check_in.is_in_hands:
            return _unread_for_good(request, check_in, form)
        return _form_page(request, check_in, form, status=422)
    context = {"form": form, "practice": check_in.episode.client.practice}
    if not (may_change or has_guesses_left(check_in)):  # not even compared
        return render(request, "ratings/check_in/check_in_already.html", context, status=409)
    try:
        rating = actions.answer_check_in(
            check_in=check_in, answers=form.client_answers, may_change=may_change, from_link=from_link
        )
    except actions.AlreadyAnswered:
        if not may_change:
            count_guess(check_in)
        return render(request, "ratings/check_in/check_in_already.html", context, status=409)
    except actions.NobodyReads:
        return _unread_for_good(request, check_in, form)
    except actions.SessionVoided:
        return render(request, "ratings/check_in/check_in_already.html", context | {"voided": True}, status=409)
    except NotVisible:  # erased since the page was asked for
        return link_gone(request)
    response = _redirect_to_sent()
    # A second tap gets the same page as the first. Later, whoever sends the same answers may have guessed them, and
    # whoever sends answers that were changed since does not know the present ones: they get a receipt, but not the
    # cookie to see and change the answers.
    late = rating.received_at < timezone.now() - SAME_CLICK
    if not may_change and (late or stored_answers(rating) != form.client_answers):
        return _sent_page(request, check_in, rating, can_change=False)
    remember(response, check_in, own_device=form.cleaned_data["own_device"])
    return response


@login_not_required
@require_POST
def check_in_forget(request):
    """This browser forgets what was sent from it."""
    response = render(request, "ratings/check_in/forgotten.html", {"practice": lines_of_all()})
    forget(response)
    return response


def _unread_for_good(request, check_in, form=None):
    """The page for a check-in that no living member reads, with what was typed: whom to turn to instead."""
    client = check_in.episode.client
    context = {"form": form, "practice": client.practice, "responsible": responsible_now(client)}
    return render(request, "ratings/check_in/check_in_unread_for_good.html", context, status=410)


def _redirect_to_sent():
    response = redirect("links:check-in-sent")
    response.status_code = 303
    return response


def _sent_page(request, check_in, rating, *, can_change):
    nobody_reads = not check_in.is_in_hands
    with timezone.override(ZoneInfo(check_in.episode.zone)):
        context = {
            "practice": check_in.episode.client.practice,
            "rating": rating,
            "nobody_reads": nobody_reads,
            "is_own": is_own(request),
            "skipped": len(check_in.text.instrument.definition["items"]) - rating.items_answered,
            "read": check_in.read_at is not None and has_sent(request, check_in),
            "read_by_therapist": _was_read_by_therapist(check_in),
            "can_change": can_change and check_in.agrees and not nobody_reads,
            "change_until": rating.received_at + actions.CHANGE_WINDOW,
        }
        return render(request, "ratings/check_in/check_in_sent.html", context)


def _unread_page(request, check_in, *, is_sender, too_long):
    """The page for a form that is too large, or not ours.

    A used link says no more of it than that it cannot be used.
    """
    if too_long:
        _read_remaining_body(request)
    if not _is_open(check_in, is_sender):
        return link_gone(request)
    context = {"practice": check_in.episode.client.practice, "too_long": too_long}
    return render(request, "ratings/check_in/check_in_unread.html", context, status=413 if too_long else 400)


def _read_remaining_body(request):
    """Reads what the browser still sends.

    To close a connection on unread data loses the answer on its way: the page would never be seen.
    """
    for _read in range(MOST_READ // READ_AT_ONCE):
        if not request.read(READ_AT_ONCE):
            return


def _form_page(request, check_in, form, status=200):
    """The form; None: an empty one."""
    way_to_readers = way_to_who_reads(check_in.episode.client.practice, _key_of(request))
    said = Said(
        is_covered=is_covered(check_in),
        last_was_read=_last_was_read(request, check_in),
        own_device=bool(form["own_device"].value()) if form and form.is_bound else is_own(request),
        leads_to_readers=bool(way_to_readers),
    )
    own = Own(
        date=_session_in_words(check_in),
        asked_by=asked_by(check_in.episode),
        plan=_questions_of_plan(check_in, form),
        way_to_readers=way_to_readers,
    )
    if form is None:
        return HttpResponse(blank_page(check_in, said).filled(own))
    context = {"form": form, "own": own, "said": said, "practice": check_in.episode.client.practice}
    return render(request, "ratings/check_in/check_in.html", context, status=status)


def _session_in_words(check_in):
    """When it was, by the client's own clock, as in the message."""
    therapy_session = check_in.therapy_session
    name = DateFormat.WEEKDAY_TIME if therapy_session.starts_at_known else DateFormat.WEEKDAY
    return written(therapy_session.starts_at.astimezone(ZoneInfo(check_in.episode.zone)), name)


def _questions_of_plan(check_in, form):
    """What a form asks about the plan, as HTML; `form` is None for an empty one."""
    if not check_in.plan_asked:
        return ""
    form = form or EmptyPlanForm(check_in=check_in)
    return render_to_string("ratings/check_in/_plan.html", {"form": form}) if form.plan_on_page else ""


def _key_of(request):
    """The key in the address; empty where the page goes by the cookie."""
    return request.resolver_match.kwargs.get("token", "")


def _last_was_read(request, check_in):
    """Whether this browser sent the last answers, and the therapist has read them."""
    previous = last_sent(request)
    if previous is None or previous == check_in or not _was_read_by_therapist(previous):
        return False
    last = (
        Rating.objects.current().filter(episode=check_in.episode, rater=Rater.CLIENT).order_by("-received_at").first()
    )
    return last is not None and last.check_in_id == previous.pk


def _was_read_by_therapist(check_in):
    """Whether it was the therapist who has read the answers, and not who covers for them."""
    return check_in.read_by is not None and check_in.read_by.user_id == check_in.episode.therapist.user_id


def _client_rating(check_in):
    """The current rating of the client, None before any answer."""
    ratings = Rating.objects.filter(therapy_session=check_in.therapy_session, rater=Rater.CLIENT)
    return ratings.filter(replaced_at__isnull=True).first()  # also of a session that was voided while somebody typed


def _is_open(check_in, is_sender):
    """Whether answers may be sent to a check-in.

    They may where there are none, or only those that the therapist typed, or where this browser sent them.
    """
    return check_in.therapy_session.voided_at is None and (is_sender or is_unanswered(check_in))
