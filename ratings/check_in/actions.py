"""Writes of what clients and therapists answer. Each ends in a replay of the episode.

Keyword-only, one transaction each, audit inside.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.audit import Verb
from alliance.crypto import Sealed
from ratings.check_in.questions import definition_of
from ratings.detection.reassess import lock_episode, reassess
from ratings.models import CheckIn, Rating
from ratings.models.rating import columns_of
from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.scoring import score

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
        rating = save_rating(check_in=check_in, rater=Rater.CLIENT, mode=Rating.Mode.LINK, **given)
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
    rating = save_rating(
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
    return save_rating(check_in=check_in, rater=rating.rater, mode=Rating.Mode.LINK, **given)


def save_rating(
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
def mark_read(*, episode):
    """The therapist has seen the case: from now on the client's answers stand."""
    lock_episode(episode)
    CheckIn.objects.filter(
        episode=episode,
        read_at__isnull=True,
        ratings__rater=Rater.CLIENT,
        ratings__replaced_at__isnull=True,
    ).update(read_at=timezone.now())
