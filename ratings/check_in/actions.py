"""Writes of what clients and therapists answer; each ends in a replay.

Keyword-only, one transaction each, audit inside.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Editor, NotVisible
from alliance.audit import Verb
from alliance.crypto import Sealed
from ratings.check_in.answers import ClientAnswers, stored_answers
from ratings.check_in.instrument_choice import definition_of
from ratings.check_in.links import opened
from ratings.check_in.plan_questions import plan_to_ask
from ratings.check_in.repair_questions import asks_about_repair
from ratings.detection.before import read_before
from ratings.detection.reassess import lock_episode, lock_for_log, reassess, reassess_from
from ratings.models import CheckIn, Rating, SeenRating, WishOutcome
from ratings.models.rating import columns_of
from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.scoring import score
from sessions.models import TherapySession

CHANGE_WINDOW = timedelta(hours=24)


class AlreadyAnswered(Exception):
    """Other answers are stored already, and whoever sends these may not change them."""


class NobodyReads(Exception):
    """No living member is responsible for the answers any more."""


LOG_UNDONE = "log undone"  # why a rating was replaced


class SessionVoided(Exception):
    """The session was taken off the record in the meantime."""


class _Moved(Exception):
    """The session stands in another case since the check-in was looked up: two cases were joined, or parted."""


@transaction.atomic
def ask_client(*, therapy_session, text, always_about_plan=False):
    """Makes the check-in of a session, with what it asks about the plan; it is sent by `delivery`.

    `always_about_plan`: also where it is not time to ask about it.
    """
    return CheckIn.objects.create(
        episode=therapy_session.episode,
        therapy_session=therapy_session,
        text=text,
        plan_asked=plan_to_ask(therapy_session, always=always_about_plan).to_json(),
        asks_about_repair=asks_about_repair(therapy_session),
    )


def answer_check_in(*, check_in, answers: ClientAnswers, may_change, from_link=False):
    """Stores a client's answers; the rating that holds them.

    The same answers again change nothing; others replace the first where that is allowed, and always where somebody
    else had typed them.

    Parameters
    ----------
    from_link
        They come from the blank form of the link. If they equal answers that were changed since, they are that form
        sent once more, and change nothing. The form for changes shows the present answers, so from there they are a
        change back.

    Raises
    ------
    AlreadyAnswered
        Other answers are there, and `may_change` is false, or the therapist has read them, or a day has passed.
    SessionVoided
        Nobody is asked about it any more.
    NobodyReads
        The therapist has left, and nobody has taken over.
    NotVisible
        Two cases became one, or two again, meanwhile, and in the record in which the session stands now the client
        does not agree to answer.
    """
    while True:
        try:
            return _answer(check_in, answers, may_change, from_link)
        except _Moved:
            stands = opened(check_in.code)
            if stands is None or stands.episode_id == check_in.episode_id:
                raise SessionVoided from None
            if not stands.agrees:
                raise NotVisible("checkin", stands.code) from None
            check_in = stands


@transaction.atomic
def _answer(check_in, answers: ClientAnswers, may_change: bool, from_link: bool) -> Rating:
    episode = lock_episode(check_in.episode)
    before = read_before({episode.pk: episode}, check_in.episode.client.practice, asks_hands=True)
    if not before.has(check_in.therapy_session_id):
        raise _Moved
    if before.in_hands is False:
        raise NobodyReads
    if not before.is_on_record(check_in.therapy_session_id):
        raise SessionVoided
    current = before.ratings.get((check_in.therapy_session_id, Rater.CLIENT))
    if current is not None:
        ratings = Rating.objects.filter(therapy_session=check_in.therapy_session_id, rater=Rater.CLIENT)
        ratings = ratings.select_related("episode__client__data_key")
        current = ratings.get(pk=current.pk)
        check_in.refresh_from_db(fields=["read_at"])
        if current.mode == Rating.Mode.PAPER:
            _mark_replaced(current, reason="client answered")
            check_in.read_at = check_in.read_by = None  # those on paper were read, not these
            check_in.save(update_fields=["read_at", "read_by"])
        elif any(stored_answers(rating) == answers for rating in (_from_client(ratings) if from_link else [current])):
            return current
        elif may_change and can_change(check_in, current):
            _mark_replaced(current, reason="client changed")
        else:
            raise AlreadyAnswered
    # The client has only the link: whatever way the first answers came, these came through it.
    rating = _save_client_rating(check_in, answers, mode=Rating.Mode.LINK)
    before.ratings[rating.therapy_session_id, Rater.CLIENT] = rating
    reassess_from(before)
    return rating


def _from_client(ratings):
    """The ratings that the client sent, replaced ones included."""
    return ratings.exclude(mode=Rating.Mode.PAPER)


def _mark_replaced(rating, *, reason):
    rating.replaced_at, rating.replaced_reason = timezone.now(), reason
    rating.save(update_fields=["replaced_at", "replaced_reason"])


@transaction.atomic
def enter_answers(*, check_in, answers: ClientAnswers, answered_at, editor: Editor):
    """Stores a client's answers from paper or telephone; the rating that holds them.

    It is dated to when they were given, and marked as entered by somebody else. The same answers once more, from a
    second tap, change nothing.

    Raises
    ------
    AlreadyAnswered
        There are answers. What a client sent themselves is not replaced by what somebody else types.
    SessionVoided
        Nobody is asked about it any more.
    """
    lock_for_log(editor, check_in)
    _check_on_record(check_in)
    current = check_in.ratings.current().filter(rater=Rater.CLIENT).first()
    if current:
        same_day = timezone.localdate(current.answered_at) == timezone.localdate(answered_at)
        if current.mode == Rating.Mode.PAPER and same_day and stored_answers(current) == answers:
            return current
        raise AlreadyAnswered
    rating = _save_client_rating(
        check_in, answers, mode=Rating.Mode.PAPER, answered_at=answered_at, by=editor.membership
    )
    reassess(editor.episode)
    return rating


@transaction.atomic
def correct_entered_answers(*, check_in, answers: ClientAnswers, answered_at, editor: Editor):
    """Replaces answers that the therapist had typed from paper; the rating that holds the right ones.

    Raises
    ------
    AlreadyAnswered
        The answers on record are not from paper: the client has sent their own, which nobody else corrects.
    SessionVoided
        Nobody is asked about it any more.
    """
    lock_for_log(editor, check_in)
    _check_on_record(check_in)
    current = check_in.ratings.current().filter(rater=Rater.CLIENT, mode=Rating.Mode.PAPER).first()
    if current is None:
        raise AlreadyAnswered
    same_day = timezone.localdate(current.answered_at) == timezone.localdate(answered_at)
    if same_day and stored_answers(current) == answers:
        return current
    replace_rating(current, by=editor.membership)
    rating = _save_client_rating(
        check_in, answers, mode=Rating.Mode.PAPER, answered_at=answered_at, by=editor.membership
    )
    reassess(editor.episode)
    return rating


def replace_rating(rating, *, by, at=None):
    """Marks a rating as replaced by a correction; the row that follows it, if any, is the caller's."""
    rating.replaced_at, rating.replaced_by, rating.replaced_reason = at or timezone.now(), by, "corrected"
    rating.save(update_fields=["replaced_at", "replaced_by", "replaced_reason"])


def _check_on_record(check_in):
    """Raises `SessionVoided` where the session of a check-in is not on record any more. The episode is locked."""
    if not TherapySession.objects.not_voided().filter(pk=check_in.therapy_session_id).exists():
        raise SessionVoided


def can_change(check_in, rating):
    """Whether the browser that sent the answers may still change them.

    It may until they are read, and for at most a day.
    """
    return check_in.read_at is None and rating.received_at > timezone.now() - CHANGE_WINDOW


def _save_client_rating(check_in, answers, *, mode, answered_at=None, by=None):
    key = check_in.episode.client.data_key
    return _save_rating(
        check_in.episode,
        check_in.therapy_session,
        check_in.text,
        answers.items,
        by=by,
        check_in=check_in,
        rater=Rater.CLIENT,
        mode=mode,
        answered_at=answered_at,
        comment=Sealed(answers.comment, key) if answers.comment else None,
        comment_words=len(answers.comment.split()),
        comment_for=answers.comment_for,
        tension=answers.tension,
        tension_talked_about=answers.tension_talked_about,
        tension_strength=answers.tension_strength,
        repair_talked=answers.repair_talked,
        repair_helped=answers.repair_helped,
        bring_up=answers.bring_up,
        plan_answers=answers.plan.to_json(),
    )


def save_therapist_rating(*, therapy_session, text, items, by, noticed=""):
    """Stores the therapist's own rating of a session; a replay must follow.

    What was noticed may be all of it: then no sentence was answered, and there is no score.
    """
    given = {"rater": Rater.THERAPIST, "mode": Rating.Mode.MEMBER, "noticed": noticed}
    return _save_rating(therapy_session.episode, therapy_session, text, items, by=by, **given)


def take_back_therapist_rating(*, therapy_session, by):
    """Replaces the therapist's rating of a session by nothing; a replay must follow."""
    Rating.objects.current().filter(therapy_session=therapy_session, rater=Rater.THERAPIST).update(
        replaced_at=timezone.now(), replaced_by=by, replaced_reason=LOG_UNDONE
    )


def _save_rating(episode, therapy_session, text, items, *, by, answered_at=None, **columns):
    now = timezone.now()
    rating = Rating.objects.create(
        episode=episode,
        therapy_session=therapy_session,
        instrument=text.instrument,
        text=text,
        answers=items,
        **columns_of(score(items, definition_of(text.instrument))),
        **columns,
        answered_at=answered_at or now,
        received_at=now,
        entered_by=by,
    )
    audit.record(Verb.CREATED, rating, by=by, practice=episode.client.practice)
    return rating


@transaction.atomic
def settle_wish(*, editor: Editor, rating, outcome, therapy_session=None):
    """Stores what became of what the client wanted brought up; "not yet" leaves it standing.

    `therapy_session`: the one whose log says so; with that log it is taken back.
    """
    lock_for_log(editor, rating, *filter(None, [therapy_session]))
    WishOutcome.objects.create(
        episode=editor.episode,
        rating=rating,
        outcome=outcome,
        therapy_session=therapy_session,
        said_by=editor.membership,
    )
    audit.record(Verb.CHANGED, rating, by=editor.membership)


def take_back_wishes(*, therapy_session):
    """Takes back what the log of a session said of the client's wishes."""
    said = WishOutcome.objects.filter(therapy_session=therapy_session, taken_back_at__isnull=True)
    said.update(taken_back_at=timezone.now())


def move_with_ratings(ratings, *, to):
    """Moves what hangs on a client's ratings to the episode that they are filed under now.

    A wish in them is asked about anew: what was said of it was said to another client.
    """
    keys = [rating.pk for rating in ratings]
    SeenRating.objects.filter(rating__in=keys).update(episode=to)
    said = WishOutcome.objects.filter(rating__in=keys)
    said.filter(taken_back_at__isnull=True).update(taken_back_at=timezone.now())
    said.update(episode=to, therapy_session=None)


def mark_seen(ratings, *, by):
    """Marks clients' answers as seen by this member. They may still be changed, and are new again then."""
    SeenRating.objects.bulk_create(
        (SeenRating(episode_id=rating.episode_id, rating=rating, by=by) for rating in ratings), ignore_conflicts=True
    )


@transaction.atomic
def mark_read(*, editor: Editor, therapy_session=None):
    """Marks the client's answers as read by this member: from now on they stand, and are new to them no more.

    All on record of the episode, or those to the one `therapy_session` whose page was opened. The page of the case has
    nothing of a session that was removed, so its answers are unread until its own page is opened.
    """
    lock_for_log(editor, *filter(None, [therapy_session]))
    answers = Rating.objects.current().filter(episode=editor.episode, rater=Rater.CLIENT)
    if therapy_session:
        answers = answers.filter(therapy_session=therapy_session)
    mark_seen(answers.exclude(seen__by=editor.membership), by=editor.membership)
    check_ins = CheckIn.objects.unread().filter(episode=editor.episode)
    check_ins = check_ins.filter(therapy_session=therapy_session) if therapy_session else check_ins.not_voided()
    check_ins.update(read_at=timezone.now(), read_by=editor.membership)
