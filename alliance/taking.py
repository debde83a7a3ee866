"""Who may take a case that a manager offers: a part of `alliance.access`, which stands in for no other decision.

As with who reads along: the therapist who is asked says yes, and only after a day in which the case's own therapist
could object, or once that therapist or a second manager has agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from alliance.access import Denied, HasVisibleTo, get_visible_or_404, to_be_settled
from alliance.acting import as_program
from alliance.belonging import OfEpisode
from alliance.database_clock import Now
from alliance.models import CaseOffer, Episode, Membership, SightAnswer, User
from alliance.scopes import SIGHT_WAITS, live_memberships, live_therapists, was_manager


@dataclass(frozen=True, slots=True)
class Taker:
    """The right of a therapist to take the case that was offered to them. `check_take` makes one."""

    membership: Membership
    episode: Episode
    offer: CaseOffer

    def check_rows(self, *rows: OfEpisode) -> None:
        """Raises `Denied` where one of the rows belongs to another episode."""
        if any(row.episode_id != self.episode.pk for row in rows):
            raise Denied("episode", self.episode.code)

    def check_settle_again(self) -> None:
        """Raises `Denied` unless the right still holds; asked by each write, after its lock."""
        check_take(self.membership.user, self.offer)

    def check_hand_on_again(self) -> None:
        """As `check_settle_again`."""
        self.check_settle_again()


def offers_asked_of(user: User) -> QuerySet[CaseOffer]:
    """The offers that wait and that the user may see, each with what they may answer."""
    places = live_memberships(user)
    closed = Q(opens_at__isnull=True) | Q(opens_at__gt=Now())
    was_here = was_manager(OuterRef("asked_at") - SIGHT_WAITS)  # nobody makes a second one for it
    managers = places.filter(was_here, is_manager=True, practice=OuterRef("to__practice"))
    is_second = Exists(managers) & ~Q(asked_by__user=user.pk) & ~Q(to__user=user.pk)
    is_asked = Q(to__in=live_therapists(), to__user=user.pk)
    offers: QuerySet[CaseOffer] = CaseOffer.objects.waiting().visible_to(user)
    return offers.annotate(
        may_take=_is(is_asked & ~closed),
        may_decline=_is(is_asked),
        may_object=_is(closed & Q(episode__therapist__in=places)),
        may_agree=_is(closed & is_second),
    )


def _is(condition: Q) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(condition, output_field=BooleanField())


@as_program()
def get_offer_or_404(user: User, code: UUID) -> CaseOffer:
    """The offer, if the user may see it: it is about people, and the case is not theirs to read yet."""
    offers: HasVisibleTo[CaseOffer] = CaseOffer.objects.select_related("to__practice", "episode__therapist")
    return get_visible_or_404(offers, user, code=code)


def offer_answers(asked: CaseOffer) -> list[SightAnswer]:
    """What the user may say to one of `offers_asked_of`."""
    may = {name: getattr(asked, name) for name in ("may_take", "may_decline", "may_object", "may_agree")}
    answers = [SightAnswer.ACCEPT] if may["may_take"] else []
    answers += [SightAnswer.DECLINE] if may["may_decline"] else []
    answers += [SightAnswer.AGREE] if may["may_object"] or may["may_agree"] else []
    return answers + ([SightAnswer.OBJECT] if may["may_object"] and asked.objected_at is None else [])


@as_program()
def check_offer_answer(user: User, offer: CaseOffer, answer: SightAnswer) -> Membership:
    """The membership with which the user gives this answer to an offer; asked after the lock."""
    asked = offers_asked_of(user).filter(pk=offer.pk).first()
    if asked is None or answer not in offer_answers(asked):
        raise Denied("caseoffer", offer.code)
    membership: Membership = (
        live_memberships(user).select_related("practice", "user").get(practice=offer.to.practice_id)
    )
    return membership


@as_program()
def check_take(user: User, offer: CaseOffer) -> Taker:
    """The right to take the case, where the offer is open and the case still needs somebody."""
    membership = check_offer_answer(user, offer, SightAnswer.ACCEPT)
    episodes = to_be_settled().select_related("client__data_key", "client__practice", "therapist__practice__data_key")
    episode = episodes.filter(pk=offer.episode_id).first()
    if episode is None:
        raise Denied("caseoffer", offer.code)
    return Taker(membership, episode, offer)
