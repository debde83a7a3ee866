"""Writes that put a case into other hands: hand over, reopen, and what happens when somebody leaves.

Keyword-only, one transaction each, audit inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Editor, HandingRight, Right, check_settle
from alliance.audit import Verb
from alliance.clients import actions as client_actions
from alliance.models import CaseOffer, EndReason, Episode, HistoryShare, Membership, User
from alliance.people import actions as people_actions
from alliance.people.case_offers import OfferKind, end_case_offer, offer_case
from alliance.people.cover import arrange_cover, arrange_cover_of_all
from alliance.people.mail import case_went_on_messages, tell
from alliance.refusal import Refused
from alliance.scopes import in_sight, live_therapists
from alliance.taking import check_take
from ratings.cases.actions import end_episode
from ratings.check_in.carried import close_unread, ended_with_something_unread, unfinished
from ratings.detection.reassess import lock_episode, lock_for_settling, reassess
from ratings.models import CheckIn, ClientLink, Delivery, Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, TherapySession
from sessions.schedule.clashes import check_takeable
from sessions.schedule.handing_over import hand_over_planned, keep_written

SHORTEST_STAY = timedelta(days=1)  # convention of this app: whoever leaves before tomorrow takes no case over


class What(StrEnum):
    """What becomes of a case when its therapist leaves."""

    HAND_OVER = "hand-over"
    COVER = "cover"
    END = "end"
    LEAVE_UNREAD = "leave-unread"  # as END, and nobody reads what is unread in it


@dataclass(frozen=True, slots=True)
class Choice:
    """What a manager chose for one case."""

    case_code: UUID
    what: What
    colleague: Membership | None = None  # who takes it over, or covers
    covered_until: datetime | None = None


class CaseOpened(Exception):
    """A case was opened, or answered, after the page was made: nothing is written, and it is asked about too."""


@transaction.atomic
def hand_over(*, right: HandingRight, to: Membership, extent: str = "", accepted: bool = False) -> Episode:
    """Ends the episode, and starts the one that follows with a colleague; the new episode.

    What is planned goes along, without what was written about it before its log was undone. What was held stays, as it
    tells of the alliance with the therapist before. `extent`:
    what the client lets the new therapist see of it; empty: nothing. `accepted`: the warnings were read.

    Raises
    ------
    Refused
        The colleague cannot take it, or the therapy has ended meanwhile.
    NeedsYes
        Of what is planned something lies over the colleague's own, or in their leave.
    """
    Membership.objects.select_for_update(no_key=True).get(pk=to.pk)  # so that it does not end meanwhile
    episode = lock_for_settling(right)
    right.check_hand_on_again()
    episode.refresh_from_db(fields=["ends_at", "end_reason"])
    if episode.ends_at:
        raise Refused(_("This therapy has ended meanwhile."))
    _check_successor(episode, to)
    if not accepted:
        check_takeable([episode], to, starts_at=timezone.now())
    client_actions.close_episode(editor=right, reason=EndReason.TRANSFERRED)
    following = client_actions.start_episode(
        client=episode.client, therapist=to, by=right.membership, previous=episode, starts_at=episode.ends_at
    )
    if extent:
        share = HistoryShare.objects.create(episode=following, extent=extent, recorded_by=right.membership)
        audit.record(Verb.CREATED, share, by=right.membership)
    moved = hand_over_planned(right=right, to=following)
    for row in moved:
        own = Rating.objects.filter(therapy_session=row, rater=Rater.THERAPIST)
        if own.exists() or row.private_notes.exists() or row.changes.exists():
            own.update(therapy_session=keep_written(right=right, moved=row, was_of=episode))
    for model in (CheckIn, Delivery, ClientLink):
        path = "therapy_session__in" if model is CheckIn else "check_in__therapy_session__in"
        model._default_manager.filter(**{path: moved}).update(episode=following)
    people_actions.end_requests_about(episode, right.membership)
    tell(case_went_on_messages(episode, following, by=right.membership))
    reassess(episode)
    reassess(following)
    return following


@transaction.atomic
def follow_ended(*, right: Right) -> Episode:
    """Starts a therapy after one that has ended, so that what the client wrote is read; the new episode.

    Raises
    ------
    Refused
        It was read meanwhile, or left unread: nobody has to open it.
    """
    Membership.objects.select_for_update(no_key=True).get(pk=right.membership.pk)
    episode = lock_for_settling(right)
    if not unfinished([episode])[episode.pk].answers:
        raise Refused(_("Nothing in this case waits to be read any more."))
    _check_successor(episode, right.membership)
    following = client_actions.start_episode(
        client=episode.client, therapist=right.membership, by=right.membership, previous=episode
    )
    reassess(following)
    return following


def _check_successor(episode: Episode, to: Membership) -> None:
    if to.practice_id != episode.client.practice_id:
        raise Refused(_("A case stays within one practice."))
    # Somebody who left and came back has another place, and none of these cases. In a case that is out of sight its own
    # therapist cannot read what waits there: they can in one that follows.
    if to.pk == episode.therapist_id and Episode.objects.filter(in_sight(), pk=episode.pk).exists():
        raise Refused(_("They are the therapist of this case already."))
    current = live_therapists().filter(pk=to.pk).first()
    if current is None:
        raise Refused(_("They are not a therapist of this practice now."))
    if current.ends_at and current.ends_at < timezone.now() + SHORTEST_STAY:
        raise Refused(_("They leave the practice before tomorrow."))
    if Episode.objects.filter(client=episode.client, therapist=to, ends_at__isnull=True).exists():
        raise Refused(_("They are a therapist of this client already."))


@transaction.atomic
def cover_cases(
    *,
    right: HandingRight,
    covering: Membership,
    starts_at: datetime,
    ends_at: datetime,
    covers_all: bool = False,
    accepted: bool = False,
) -> None:
    """Has a colleague cover a case, or all of its therapist's, from an instant to another.

    Raises
    ------
    Refused
        The colleague cannot cover it for all that time, or the times are no period.
    NeedsYes
        What is planned in this time lies over the colleague's own, or in their leave.
    """
    days = {"starts_at": starts_at, "ends_at": ends_at}
    if covers_all:
        arrange_cover_of_all(therapist=right.membership, covering=covering, **days)
        episodes = list(Episode.objects.filter(therapist=right.membership, ends_at__isnull=True))
    else:
        arrange_cover(right=right, covering=covering, **days)
        episodes = [right.episode]
    if not accepted:  # the transaction takes the cover back
        check_takeable(episodes, covering, **days)


@transaction.atomic
def reopen_episode(*, editor: Editor) -> int:
    """Opens an ended therapy again, as if it had not ended; how many sessions to come its end had cancelled.

    They stay cancelled: their hours may be taken by now.

    Raises
    ------
    Refused
        It is open, or the client has an open case with this therapist or with who took over.
    """
    lock_episode(editor.episode)
    editor.check_again()
    episode = editor.episode
    episode.refresh_from_db(fields=["ends_at", "end_reason", "end_planned", "end_agreed"])
    if episode.ends_at is None:
        raise Refused(_("This therapy is open."))
    others = Episode.objects.filter(client=episode.client, ends_at__isnull=True)
    if others.filter(therapist=episode.therapist_id).exists():
        raise Refused(_("There is an open case of this client with you. Go on there."))
    if _is_worked_on(episode):
        raise Refused(_("A colleague has taken this case over and works on it."))
    cancelled = TherapySession.objects.not_voided().filter(
        episode=episode, attendance=Attendance.CANCELLED, starts_at__gt=timezone.now(), logged_at__gte=episode.ends_at
    )
    count = cancelled.count()
    episode.ends_at, episode.end_reason = None, ""
    episode.end_planned = episode.end_agreed = None
    episode.save(update_fields=["ends_at", "end_reason", "end_planned", "end_agreed"])
    audit.record(Verb.CHANGED, episode, by=editor.membership)
    reassess(episode)
    return count


def _is_worked_on(episode: Episode) -> bool:
    """Whether one of the cases that came after it, each taken over from the one before, is open."""
    following = Episode.objects.filter(previous=episode).first()
    return following is not None and (following.ends_at is None or _is_worked_on(following))


@transaction.atomic
def settle_cases(*, by: Membership, choices: Sequence[Choice], covered_from: datetime | None = None) -> list[CaseOffer]:
    """Does what a manager chose for each case: all of it, or nothing. What a colleague is to take is offered to them.

    Until they accept it, the case stays among those that need somebody. What waits in an ended case of the
    manager's own they read in one that follows at once.
    """
    offers = []
    for choice in sorted(choices, key=lambda choice: str(choice.case_code)):
        right = check_settle(by, choice.case_code)
        left = unfinished([right.episode])[right.episode.pk]
        if choice.what == What.END and left.says_something:
            sentence = _(
                "In case %(code)s something waits that the client wrote or wished for. Ask a colleague to take it, or "
                "choose to leave it unread."
            )
            raise Refused(sentence % {"code": right.episode.short_code})
        if choice.what in (What.END, What.LEAVE_UNREAD):
            end_episode(editor=right, reason=EndReason.OTHER)
            if choice.what == What.LEAVE_UNREAD:
                close_unread(right=right)
                for offer in CaseOffer.objects.waiting().filter(episode=right.episode):
                    end_case_offer(offer, by)
        elif right.episode.ends_at and not (choice.what == What.HAND_OVER and left.answers):
            raise Refused(_("This therapy has ended meanwhile."))
        elif choice.colleague is None:
            raise Refused(_("Choose a colleague."))
        elif choice.colleague == by == right.episode.therapist and choice.what == What.HAND_OVER:
            follow_ended(right=right)  # nobody else is asked: it is their own, and it is they who could object
        elif choice.what == What.HAND_OVER:
            _check_successor(right.episode, choice.colleague)
            offers.append(offer_case(right=right, to=choice.colleague, kind=OfferKind.HAND_OVER))
        else:
            offers.append(
                offer_case(
                    right=right,
                    to=choice.colleague,
                    kind=OfferKind.COVER,
                    covers_from=covered_from,
                    covers_until=choice.covered_until,
                )
            )
    return offers


@transaction.atomic
def take_case(*, offer: CaseOffer, user: User, accepted: bool = False) -> Episode:
    """The colleague accepts a case: it is handed over to them, or they cover it; the case that they can open now.

    Raises
    ------
    Denied
        It is not offered to them, or not open yet, or needs nobody any more.
    Refused
        They cannot take it, or the days of the cover are over.
    NeedsYes
        As `hand_over`.
    """
    people_actions.lock_asked(offer.to.practice, offer)
    taker = check_take(user, offer)
    if offer.kind == OfferKind.HAND_OVER and taker.episode.ends_at:
        episode = follow_ended(right=taker)
    elif offer.kind == OfferKind.HAND_OVER:
        episode = hand_over(right=taker, to=taker.membership, accepted=accepted)
    else:
        assert offer.covers_from and offer.covers_until  # a constraint of the table
        starts_at = max(offer.covers_from, timezone.now())
        cover_cases(
            right=taker,
            covering=taker.membership,
            starts_at=starts_at,
            ends_at=offer.covers_until,
            accepted=accepted,
        )
        episode = taker.episode
    offer.accepted_at = timezone.now()
    offer.save(update_fields=["accepted_at"])
    audit.record(Verb.CHANGED, offer, by=taker.membership)
    return episode


@transaction.atomic
def leave(
    *,
    membership: Membership,
    by: Membership,
    choices: Sequence[Choice],
    at: datetime | None = None,
    as_therapist_only: bool = False,
) -> list[CaseOffer]:
    """Ends somebody's place, now or at a coming instant, and settles their cases in the same transaction; the offers.

    `as_therapist_only`: they stay in the practice, and stop being a therapist, now.

    Raises
    ------
    CaseOpened
        The place ends now, and one of the open cases has no choice, or an ended one with something unread.
    Refused
        A rule of the practice says no.
    """
    unread_before = ended_with_something_unread(membership.practice)
    if as_therapist_only:
        people_actions.drop_therapist_role(membership=membership, by=by)
        at = None
    else:
        people_actions.end_membership(membership=membership, by=by, at=at)
    if at is None:
        unread = ended_with_something_unread(membership.practice) - unread_before
        needed = Episode.objects.filter(Q(therapist=membership, ends_at__isnull=True) | Q(pk__in=unread))
        if set(needed.values_list("code", flat=True)) - {choice.case_code for choice in choices}:
            raise CaseOpened
    return settle_cases(by=by, choices=choices, covered_from=at)


@transaction.atomic
def share_history(*, editor: Editor, extent: str) -> None:
    """Sets what the client lets the therapist see of the therapy before; empty: nothing.

    What was agreed before stays on record.
    """
    lock_episode(editor.episode)
    editor.check_again()
    current = HistoryShare.objects.filter(episode=editor.episode, withdrawn_at__isnull=True).first()
    if (current.extent if current else "") == extent:
        return
    if current:
        current.withdrawn_at = timezone.now()
        current.save(update_fields=["withdrawn_at"])
        audit.record(Verb.ENDED, current, by=editor.membership)
    if extent:
        share = HistoryShare.objects.create(episode=editor.episode, extent=extent, recorded_by=editor.membership)
        audit.record(Verb.CREATED, share, by=editor.membership)
