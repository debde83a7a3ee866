"""Writes that touch two floors or move an assessment. They call the lower floor's action, then `reassess`.

Keyword-only, one transaction each, audit inside.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from alliance import actions as alliance_actions
from alliance import audit
from alliance.audit import Verb
from alliance.crypto import Sealed
from ratings import asking
from ratings.delivery import schedule
from ratings.detection.reassess import lock_episode, reassess
from ratings.links import may_be_asked
from ratings.models import CheckIn, Rating, Rupture
from ratings.models.rating import columns_of
from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.scoring import score
from ratings.queries import definition_of
from sessions import actions as session_actions
from sessions.models import Attendance

CHANGE_WINDOW = timedelta(hours=24)
# What a client may say besides the answers, as it is where nothing was said.
SAID = {
    "comment": "",
    "comment_for": Rating.CommentFor.THERAPIST,
    "tension": None,
    "tension_talked_about": None,
    "bring_up": "",
}


class AlreadyAnswered(Exception):
    """Other answers are stored already, and whoever sends these may not change them."""


class SessionVoided(Exception):
    """The session was taken off the record in the meantime."""


class RuptureOver(Exception):
    """It ended, or was set aside, in the meantime; how it ended stands."""


@transaction.atomic
def open_case(*, practice, therapist, name, by, goal="", email="", zone="", consents=()):
    """A new client with their first episode; with it the standing that lists it."""
    client = alliance_actions.create_client(
        practice=practice, name=name, by=by, email=email, zone=zone, consents=consents
    )
    episode = alliance_actions.start_episode(client=client, therapist=therapist, by=by)
    if goal:
        session_actions.agree_goal(episode=episode, text=goal, by=by)
    reassess(episode)
    return episode


@transaction.atomic
def log_session(
    *,
    episode,
    by,
    starts_at,
    ends_at,
    zone,
    mode,
    attendance,
    answers=None,
    instrument=None,
    planned=None,
    private_note="",
):
    """Logs one therapy session and the therapist's own rating, and readies the client's check-in.

    `instrument`: the key of the one whose sentences the therapist answered; the client is asked the same ones.
    """
    lock_episode(episode)
    therapy_session = session_actions.hold_therapy_session(
        episode=episode,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=zone,
        mode=mode,
        attendance=attendance,
        by=by,
        planned=planned,
        private_note=private_note,
    )
    if attendance == Attendance.ATTENDED:
        client = episode.client
        instrument = instrument or asking.instrument_for(client, asking.number_at(episode, starts_at))
        text = asking.own_text(instrument, client.practice.language)
        if may_be_asked(client):
            for_client = asking.own_text(instrument, client.language or client.practice.language)
            check_in = CheckIn.objects.create(episode=episode, therapy_session=therapy_session, text=for_client)
            schedule.add_first(check_in)
        if answers:
            _save_rating(
                therapy_session=therapy_session,
                rater=Rater.THERAPIST,
                answers=answers,
                text=text,
                mode=Rating.Mode.MEMBER,
                by=by,
            )
    reassess(episode)
    return therapy_session


@transaction.atomic
def move_session(*, therapy_session, starts_at, ends_at, by):
    """The session was, or will be, at another time. Its check-in goes with it: what is not sent yet is due anew."""
    lock_episode(therapy_session.episode)
    session_actions.move_therapy_session(therapy_session=therapy_session, starts_at=starts_at, ends_at=ends_at, by=by)
    schedule.move_along(therapy_session)
    reassess(therapy_session.episode)


@transaction.atomic
def void_session(*, therapy_session, reason, by):
    """The session should not stand. Its check-in goes with it: nothing more is sent, and its links open nothing.
    Once it is voided, the first reason stays."""
    lock_episode(therapy_session.episode)
    therapy_session.refresh_from_db(fields=["voided_at"])
    if therapy_session.voided_at:
        return
    session_actions.void_therapy_session(therapy_session=therapy_session, reason=reason, by=by)
    schedule.drop_for_session(therapy_session)
    reassess(therapy_session.episode)


@transaction.atomic
def answer_check_in(*, check_in, answers, may_change, from_link=False, **said):
    """A client's answers. The same answers again change nothing; others replace the first where that is allowed, and
    always where somebody else had typed them.

    Parameters
    ----------
    from_link
        They come from the form of the link, which is blank and knows of no change: answers that were changed since
        are that form once more, late. The form for changes shows what stands, so there they are meant.
    said
        What else a client says, by the names in `SAID`; what is absent was not asked, or left out.

    Raises
    ------
    AlreadyAnswered
        Other answers are there, and `may_change` is false, or the therapist has read them, or a day has passed.
    SessionVoided
        Nobody is asked about it any more.
    """
    lock_episode(check_in.episode)
    check_in = _lock_check_in(check_in)
    ratings = Rating.objects.filter(therapy_session=check_in.therapy_session_id, rater=Rater.CLIENT)
    current = ratings.current().first()
    known = ratings.exclude(mode=Rating.Mode.PAPER) if from_link else [current]
    given = {"answers": answers, **SAID, **said}
    if current is None:
        rating = _save_rating(check_in=check_in, rater=Rater.CLIENT, mode=Rating.Mode.LINK, **given)
    elif current.mode == Rating.Mode.PAPER:
        rating = _replace(current, check_in, reason="client answered", **given)
        check_in.read_at = None  # what the therapist had read were not these
        check_in.save(update_fields=["read_at"])
    elif any(says_same(told, check_in, **given) for told in known):
        return current
    elif may_change and can_change(check_in, current):
        rating = _replace(current, check_in, reason="client changed", **given)
    else:
        raise AlreadyAnswered
    reassess(check_in.episode)
    return rating


@transaction.atomic
def enter_answers(*, check_in, answers, answered_at, by, **said):
    """The client's answers from paper or telephone, as of the day they were given; marked as entered by somebody else.
    The same again, from a second tap, change nothing. `said`: as in `answer_check_in`.

    Raises
    ------
    AlreadyAnswered
        There are answers. What a client sent themselves is not replaced by what somebody else types.
    SessionVoided
        Nobody is asked about it any more.
    """
    lock_episode(check_in.episode)
    check_in = _lock_check_in(check_in)
    current = check_in.ratings.current().filter(rater=Rater.CLIENT).first()
    given = {"answers": answers, **SAID, **said}
    if current:
        days = {timezone.localdate(at) for at in (current.answered_at, answered_at)}
        same = len(days) == 1 and says_same(current, check_in, **given)
        if current.mode == Rating.Mode.PAPER and same:
            return current
        raise AlreadyAnswered
    rating = _save_rating(
        check_in=check_in,
        rater=Rater.CLIENT,
        mode=Rating.Mode.PAPER,
        answered_at=answered_at,
        by=by,
        **given,
    )
    reassess(check_in.episode)
    return rating


def _lock_check_in(check_in):
    """As it is now, and stays until the end of the transaction. The episode is locked already."""
    check_in = CheckIn.objects.select_for_update(of=("self",)).select_related("therapy_session").get(pk=check_in.pk)
    if check_in.therapy_session.voided_at:
        raise SessionVoided
    return check_in


def can_change(check_in, rating):
    """Until the therapist has read them, and for at most a day, the browser that sent the answers may change them."""
    return check_in.read_at is None and rating.received_at > timezone.now() - CHANGE_WINDOW


def says_same(rating, check_in, **given):
    """Whether a rating says just this."""
    before = {name: getattr(rating, name) for name in given}
    before["comment"] = rating.comment.open(check_in.episode.client.data_key) if rating.comment else ""
    return before == given


def _replace(rating, check_in, *, reason, **given):
    """By the client, who has only the link: whatever way the first answers came, these came through it."""
    rating.replaced_at, rating.replaced_reason = timezone.now(), reason
    rating.save(update_fields=["replaced_at", "replaced_reason"])
    return _save_rating(check_in=check_in, rater=rating.rater, mode=Rating.Mode.LINK, **given)


def _save_rating(
    *,
    rater,
    answers,
    mode,
    check_in=None,
    therapy_session=None,
    text=None,
    by=None,
    comment="",
    answered_at=None,
    **said,
):
    therapy_session = therapy_session or check_in.therapy_session
    text = text or check_in.text
    episode = therapy_session.episode
    scored = score(answers, definition_of(text.instrument))
    now = timezone.now()
    rating = Rating.objects.create(
        episode=episode,
        therapy_session=therapy_session,
        check_in=check_in,
        rater=rater,
        instrument=text.instrument,
        text=text,
        answers=answers,
        **columns_of(scored),
        **said,
        comment=Sealed(comment, episode.client.data_key) if comment else None,
        comment_words=len(comment.split()) if rater == Rater.CLIENT else None,
        mode=mode,
        answered_at=answered_at or now,
        received_at=now,
        entered_by=by,
    )
    audit.record(Verb.CREATED, rating, by=by, practice=episode.client.practice)
    return rating


@transaction.atomic
def end_episode(*, episode, reason, by):
    """Ends a course of therapy; a rupture that is still open is closed as unrepaired."""
    lock_episode(episode)
    alliance_actions.close_episode(episode=episode, reason=reason, by=by)
    reassess(episode)


@transaction.atomic
def mark_read(*, episode):
    """The therapist has seen the case: from now on the client's answers stand."""
    lock_episode(episode)
    CheckIn.objects.filter(
        episode=episode,
        read_at__isnull=True,
        ratings__rater=Rater.CLIENT,
        ratings__replaced_at__isnull=True,
    ).update(read_at=timezone.now())


@transaction.atomic
def set_rupture_aside(*, rupture, reason, by):
    """Looked at and put away, with a reason; a replay does not bring it back.

    Raises
    ------
    RuptureOver
        It is neither open nor recovering any more.
    """
    lock_episode(rupture.episode)
    rupture.refresh_from_db(fields=["state"])
    if not rupture.is_active:
        raise RuptureOver
    rupture.state, rupture.closed_at = Rupture.RuptureState.SET_ASIDE, timezone.now()
    rupture.aside_reason = Sealed(reason, rupture.episode.client.data_key)
    rupture.save(update_fields=["state", "closed_at", "aside_reason"])
    audit.record(Verb.CHANGED, rupture, by=by)
    reassess(rupture.episode)
