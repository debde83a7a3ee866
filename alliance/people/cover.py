"""Writes of covers: who stands in for a therapist, and until when."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import access, audit
from alliance.access import Denied, HandingRight
from alliance.audit import Verb
from alliance.models import Cover, Episode, Membership, Practice
from alliance.refusal import Refused
from alliance.scopes import live_therapists


@transaction.atomic
def arrange_cover(*, right: HandingRight, covering: Membership, starts_at: datetime, ends_at: datetime) -> Cover:
    """Has a colleague cover one case from an instant to another.

    Raises
    ------
    Refused
        The colleague cannot cover it for all that time, or the times are no period.
    """
    _lock(covering.practice)
    right.check_hand_on_again()
    check_cover(right.episode, covering, starts_at, ends_at)
    cover = Cover.objects.create(covering=covering, episode=right.episode, starts_at=starts_at, ends_at=ends_at)
    audit.record(Verb.CREATED, cover, by=right.membership)
    return cover


def check_cover(episode: Episode, covering: Membership, starts_at: datetime, ends_at: datetime | None) -> None:
    """Raises `Refused` where the colleague cannot cover the case for all that time, or the times are no period."""
    if ends_at is None:
        raise Refused(_("Choose the last day of the cover."))
    _check_period(starts_at, ends_at)
    _check_colleague(covering, episode.therapist, ends_at)
    if _clashes(covering, Q(episode=episode) | Q(therapist=episode.therapist), starts_at, ends_at):
        raise Refused(_("They cover this case on some of these days already."))


@transaction.atomic
def arrange_cover_of_all(
    *, therapist: Membership, covering: Membership, starts_at: datetime, ends_at: datetime
) -> Cover:
    """Has a colleague cover all open cases of the acting therapist, also those that begin meanwhile."""
    _lock(covering.practice)
    if not live_therapists().filter(pk=therapist.pk).exists():
        raise Denied("membership", therapist.code)
    _check_period(starts_at, ends_at)
    _check_colleague(covering, therapist, ends_at)
    if _clashes(covering, Q(therapist=therapist), starts_at, ends_at):
        raise Refused(_("They cover your cases on some of these days already."))
    cover = Cover.objects.create(covering=covering, therapist=therapist, starts_at=starts_at, ends_at=ends_at)
    audit.record(Verb.CREATED, cover, by=therapist)
    return cover


@transaction.atomic
def end_cover(*, cover: Cover, by: Membership) -> None:
    """Ends a cover now, or takes back one that has not begun; one that is over stays as it is.

    Raises
    ------
    Denied
        The member is on neither side of it any more.
    """
    _lock(by.practice)
    access.check_cover(by.user, cover)
    rows = Cover.objects.filter(pk=cover.pk, taken_back_at__isnull=True, ends_at__gt=timezone.now())
    if rows.update(taken_back_at=timezone.now()):
        audit.record(Verb.ENDED, cover, by=by)


def _check_period(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused(_("The last day is before the first."))
    if ends_at <= timezone.now():
        raise Refused(_("These days are over."))


def _check_colleague(covering: Membership, therapist: Membership, ends_at: datetime) -> None:
    if covering.practice_id != therapist.practice_id:
        raise Refused(_("A cover stays within one practice."))
    if covering.user_id == therapist.user_id:
        raise Refused(_("Nobody covers for themselves."))
    current = live_therapists().filter(pk=covering.pk).first()
    if current is None:
        raise Refused(_("They are not a therapist of this practice now."))
    if current.ends_at and current.ends_at < ends_at:
        raise Refused(_("They leave the practice before the last day."))


def _clashes(covering: Membership, of: Q, starts_at: datetime, ends_at: datetime) -> bool:
    covers = Cover.objects.filter(of, covering=covering, taken_back_at__isnull=True)
    return covers.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exists()


def _lock(practice: Practice) -> None:
    Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)
