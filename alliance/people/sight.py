"""Writes about who reads whose cases: asked for, answered by those whom it concerns, and open only then.

A manager reads no case, and must come to none alone. Sight that a manager arranges therefore needs the supervisor's
yes, is told to the therapist at once, and opens when a second person has agreed, or a day has passed in which the
therapist could object. Each write is one transaction, with its audit event inside.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import check_sight_answer
from alliance.audit import Verb
from alliance.models import Episode, Membership, Practice, SightAnswer, Supervision, User
from alliance.people.actions import check_manages, end_supervision, lock_asked, lock_practice
from alliance.query_sets import SupervisionQuerySet
from alliance.refusal import Refused
from alliance.scopes import SIGHT_WAITS, live


@dataclass(frozen=True, slots=True)
class Days:
    """For which days somebody is asked to supervise: empty is from now on, and until it is ended."""

    first: date | None = None
    last: date | None = None

    def instants(self, practice: Practice) -> tuple[datetime | None, datetime | None]:
        """The start of the first day where it is to come, and the end of the last, by the clock of the practice."""
        zone = ZoneInfo(practice.zone)
        first = datetime.combine(self.first, time(), zone) if self.first else None
        end = datetime.combine(self.last + timedelta(days=1), time(), zone) if self.last else None
        return first if first and first > timezone.now() else None, end


@transaction.atomic
def assign_supervision(
    *,
    supervisor: Membership,
    by: Membership | None = None,
    therapist: Membership | None = None,
    episode: Episode | None = None,
    days: Days = Days(),
) -> Supervision:
    """Asks for a supervisor of a therapist, or of one episode; without `by`, from the command line, it is open at once.

    Raises
    ------
    Denied
        `by` is no manager of this practice now.
    Refused
        Nobody supervises themselves, or across practices, or twice on one day, or without the role; and no case that
        has ended. The last day is over, or before the first. One of the two leaves before the first.
    """
    supervisee = therapist or episode.therapist  # type: ignore[union-attr]  # one of the two is there
    if supervisee.user_id == supervisor.user_id:
        raise Refused(_("Nobody supervises themselves."))
    if supervisee.practice_id != supervisor.practice_id:
        raise Refused(_("Supervision stays within one practice."))
    lock_practice(supervisor.practice)
    check_manages(supervisor.practice, by)
    if not Membership.objects.filter(live(), pk=supervisor.pk, is_supervisor=True).exists():
        raise Refused(_("They are not a supervisor of this practice now."))
    if episode and not _is_open_still(episode):
        raise Refused(_("This therapy has ended meanwhile."))
    now = timezone.now()
    not_before, ends_at = days.instants(supervisor.practice)
    if ends_at and ends_at <= (not_before or now):
        raise Refused(_("The last day is over, or before the first."))
    leaves_at = _first_to_leave(supervisor, supervisee)
    if leaves_at and leaves_at <= (not_before or now):
        raise Refused(_("One of the two leaves the practice before the first day."))
    ends_at = ends_at or leaves_at
    there = Supervision.objects.filter(supervisor=supervisor, therapist=therapist, episode=episode)
    if _on_days(there, not_before or now, ends_at).exists():
        raise Refused(_("This assignment exists already."))
    supervision: Supervision = Supervision.objects.create(
        supervisor=supervisor,
        therapist=therapist,
        episode=episode,
        starts_at=now,
        asked_by=by,
        accepted_at=now if by is None or by.user_id == supervisor.user_id else None,
        opens_at=_in_time(_not_before(not_before, _first_opening(supervisor, supervisee, by, now)), ends_at),
        not_before=not_before,
        ends_at=ends_at,
        agreed_by=by if by and by.user_id == supervisee.user_id else None,  # nobody else's yes is needed
    )
    audit.record(Verb.CREATED, supervision, by=by, practice=supervisor.practice)
    return supervision


def _on_days(
    rows: SupervisionQuerySet[Supervision], starts_at: datetime, ends_at: datetime | None
) -> SupervisionQuerySet[Supervision]:
    """Those that hold on one of these days."""
    rows = rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at))
    if ends_at:
        rows = rows.annotate(first=Coalesce("not_before", "starts_at")).filter(first__lt=ends_at)
    return rows


def _not_before(first: datetime | None, opens_at: datetime | None) -> datetime | None:
    return max(first, opens_at) if first and opens_at else opens_at


def _in_time(opens_at: datetime | None, ends_at: datetime | None) -> datetime | None:
    """None where it would only open once it is over: somebody must agree then."""
    return None if opens_at and ends_at and opens_at >= ends_at else opens_at


def _first_to_leave(*places: Membership) -> datetime | None:
    """When the first of these places ends; None where none has an end. Asked under the lock of their practice."""
    rows = Membership.objects.filter(pk__in=[place.pk for place in places], ends_at__isnull=False)
    return rows.order_by("ends_at").values_list("ends_at", flat=True).first()


def _is_open_still(episode: Episode) -> bool:
    locked = Episode.objects.select_for_update(no_key=True).filter(pk=episode.pk)
    return locked.filter(ends_at__isnull=True).exists()


def _first_opening(
    supervisor: Membership, therapist: Membership, by: Membership | None, now: datetime
) -> datetime | None:
    """When it opens if nobody objects; None: only when a second person agrees."""
    supervisor.practice.refresh_from_db(fields=["sight_at_once_from"])
    at_once_from = supervisor.practice.sight_at_once_from
    if by is None or by.user_id == therapist.user_id:
        return now
    if by.user_id == supervisor.user_id:  # nobody gives themselves the cases of others
        return None
    return now if at_once_from and at_once_from <= now else now + SIGHT_WAITS


@transaction.atomic
def answer_sight(*, supervision: Supervision, answer: SightAnswer, user: User) -> None:
    """Says yes or no to an assignment that is not open yet.

    Raises
    ------
    Denied
        This answer is not theirs to give, or there is nothing left to answer.
    """
    lock_asked(supervision.supervisor.practice, supervision)
    by = check_sight_answer(user, supervision, answer)
    now = timezone.now()
    if answer == SightAnswer.DECLINE:
        end_supervision(supervision=supervision, by=by)
        return
    if answer == SightAnswer.ACCEPT:
        supervision.accepted_at = now
    elif answer == SightAnswer.AGREE:
        supervision.opens_at = _not_before(supervision.not_before, now)
        supervision.agreed_by, supervision.objected_at = by, None
    else:
        supervision.opens_at, supervision.agreed_by, supervision.objected_at = None, None, now
    supervision.save(update_fields=["accepted_at", "opens_at", "agreed_by", "objected_at"])
    audit.record(Verb.CHANGED, supervision, by=by)
