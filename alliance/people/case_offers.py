"""Writes and reads about cases that a manager asks a therapist to take over, or to cover.

A manager reads no case, and must come to none alone, nor by a therapist whom they invite for it. So the colleague says
yes, the therapist is told at once and can object, and a second person agrees or a day passes: as in `sight`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Settler
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.models import CaseOffer, Episode, Membership, SightAnswer, User
from alliance.people.actions import lock_asked, lock_practice
from alliance.people.cover import check_cover
from alliance.refusal import Refused
from alliance.scopes import SIGHT_WAITS
from alliance.taking import check_offer_answer, offer_answers, offers_asked_of

OfferKind = CaseOffer.OfferKind


@dataclass(frozen=True, slots=True)
class OfferedCase:
    """A case that waits for a colleague, as one of those whom it concerns sees it: nothing of the client."""

    code: UUID
    case_code: str
    kind: CaseOffer.OfferKind
    to: str
    to_email: str
    therapist: str
    asked_by: str
    asked_at: datetime
    opens_at: datetime | None
    objected_at: datetime | None
    is_open: bool
    is_mine: bool  # the user is asked to take it
    covers_until: datetime | None
    answers: list[SightAnswer]

    @property
    def short_code(self) -> str:
        return self.case_code[:8]

    @property
    def last_day(self) -> datetime | None:
        """An instant on the last day of a cover: `covers_until` itself is the first moment after."""
        return self.covers_until - timedelta(seconds=1) if self.covers_until else None


@transaction.atomic
def offer_case(
    *,
    right: Settler,
    to: Membership,
    kind: CaseOffer.OfferKind,
    covers_from: datetime | None = None,
    covers_until: datetime | None = None,
) -> CaseOffer:
    """Asks a therapist to take a case over, or to cover it; an offer that waits already is taken back.

    Raises
    ------
    Refused
        A manager takes no case, and the colleague has to be able to cover for all that time.
    """
    lock_practice(to.practice)
    right.check_settle_again()
    by, now = right.membership, timezone.now()
    if to.user_id == by.user_id:
        raise Refused(_("A manager takes no case. Another manager can ask you to."))
    if kind == OfferKind.COVER:
        covers_from = max(covers_from or now, now)
        check_cover(right.episode, to, covers_from, covers_until)
    for earlier in CaseOffer.objects.waiting().filter(episode=right.episode):
        end_case_offer(earlier, by)
    to.practice.refresh_from_db(fields=["sight_at_once_from"])
    at_once_from = to.practice.sight_at_once_from
    opens_now = to == right.episode.therapist or bool(at_once_from and at_once_from <= now)  # who could object says yes
    offer: CaseOffer = CaseOffer.objects.create(
        episode=right.episode,
        to=to,
        kind=kind,
        covers_from=covers_from,
        covers_until=covers_until,
        asked_by=by,
        asked_at=now,
        opens_at=now if opens_now else now + SIGHT_WAITS,
    )
    audit.record(Verb.CREATED, offer, by=by)
    return offer


@transaction.atomic
def answer_case_offer(*, offer: CaseOffer, answer: SightAnswer, user: User) -> None:
    """Declines an offer, agrees to it or objects. It is accepted by `ratings.handover`, which moves the case.

    Raises
    ------
    Denied
        This answer is not theirs to give, or there is nothing left to answer.
    """
    lock_asked(offer.to.practice, offer)
    by = check_offer_answer(user, offer, answer)
    if answer == SightAnswer.DECLINE:
        end_case_offer(offer, by)
        return
    now = timezone.now()
    if answer == SightAnswer.AGREE:
        offer.opens_at, offer.agreed_by, offer.objected_at = now, by, None
    else:
        offer.opens_at, offer.agreed_by, offer.objected_at = None, None, now
    offer.save(update_fields=["opens_at", "agreed_by", "objected_at"])
    audit.record(Verb.CHANGED, offer, by=by)


def end_case_offer(offer: CaseOffer, by: Membership) -> None:
    """It was declined, or another one takes its place."""
    offer.ended_at = timezone.now()
    offer.save(update_fields=["ended_at"])
    audit.record(Verb.ENDED, offer, by=by)


@as_program()
def case_offers_for(user: User) -> list[OfferedCase]:
    """The offers that wait, of the user's own and of the practices that they manage."""
    people = ("to", "episode__therapist", "asked_by")
    rows = offers_asked_of(user).select_related(*(f"{who}__practice__data_key" for who in people), "to__user")
    return [_offered(row, user) for row in rows.order_by("pk")]


def _offered(row: CaseOffer, user: User) -> OfferedCase:
    return OfferedCase(
        code=row.code,
        case_code=str(row.episode.code),
        kind=OfferKind(row.kind),
        to=row.to.display_name,
        to_email=row.to.user.email,
        therapist=row.episode.therapist.display_name,
        asked_by=row.asked_by.display_name,
        asked_at=row.asked_at,
        opens_at=row.opens_at,
        objected_at=row.objected_at,
        is_open=row.opens_at is not None and row.opens_at <= timezone.now(),
        is_mine=row.to.user_id == user.pk,
        covers_until=row.covers_until,
        answers=offer_answers(row),
    )


@as_program()
def offered_to(episodes: Collection[Episode]) -> dict[int, str]:
    """Whom each of the cases is offered to, by key; of which none waits is absent."""
    rows = CaseOffer.objects.waiting().filter(episode__in=episodes).select_related("to__practice__data_key")
    return {row.episode_id: row.to.display_name for row in rows}
