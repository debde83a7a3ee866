"""The query sets of the models: who sees which rows, by the predicate of `alliance.scopes`.

Models take them from here, so nothing here imports a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value

from alliance.database_clock import DaysAgo, Now
from alliance.scopes import (
    SIGHT_WAITS,
    is_open_sight,
    live,
    live_memberships,
    own_episodes,
    therapists_supervised_by,
    visible_episodes,
    was_manager,
)

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

Row_co = TypeVar("Row_co", bound=Model, covariant=True)


class ScopedQuerySet(QuerySet[Row_co]):
    """The queryset of every clinical model.

    `Model.scope` names its column, and the column of the episode that must match.
    """

    episodes: ClassVar = visible_episodes

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        column, episode_column = self.model.scope  # type: ignore[attr-defined]  # a test insists on it
        return self.filter(**{f"{column}__in": self.episodes.keys(user, episode_column)})

    def __repr__(self) -> str:
        # Rows never reach a log or a traceback.
        return f"<{type(self).__name__} of {self.model.__name__}>"


class EmergencyQuerySet(ScopedQuerySet[Row_co]):
    """What was opened in an emergency: whoever reads the case sees it, and every manager of the practice."""

    def told_to(self, user: AbstractBaseUser) -> Self:
        practices = live_memberships(user, "manager").values("practice")
        seen = Q(episode__among=visible_episodes.keys(user))
        return self.filter(seen | Q(episode__client__practice__in=practices))


class TherapistOnlyQuerySet(ScopedQuerySet[Row_co]):
    """Rows for the therapist alone: supervisors do not see that they exist."""

    episodes = own_episodes


class WriterOnlyQuerySet(TherapistOnlyQuerySet[Row_co]):
    """Rows for whoever wrote them, while the episode is in their hands.

    Who covers for a therapist sees none of the therapist's, and the other way round.
    """

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return super().visible_to(user).filter(written_by__user=user.pk)


class SupervisionNoteQuerySet(ScopedQuerySet[Row_co]):
    """Notes of supervision: for who wrote them, and those for both for the therapist of the meeting.

    No other supervisor sees them, and nobody who covers.
    """

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        own = Q(written_by__in=live_memberships(user, "supervisor"))
        told = Q(reader="both", meeting__therapist__in=live_memberships(user, "therapist"))
        return super().visible_to(user).filter(own | told)


class MeetingQuerySet(QuerySet[Row_co]):
    """Meetings of supervision: for their therapist, and for their supervisor as long as the two are assigned."""

    def visible_to(self, user: AbstractBaseUser) -> Self:
        held = Q(supervisor__in=live_memberships(user, "supervisor"), therapist__in=therapists_supervised_by(user))
        return self.filter(held | Q(therapist__in=live_memberships(user, "therapist")))

    __repr__ = ScopedQuerySet.__repr__


class PracticeQuerySet(QuerySet[Row_co]):
    """Rows about people, for the managers of their practice.

    `Model.practice_path` leads to the practice.
    """

    def managed_by(self, user: AbstractBaseUser) -> Self:
        practices = live_memberships(user, "manager").values("practice")
        path = self.model.practice_path  # type: ignore[attr-defined]  # each of these models has it
        return self.filter(**{f"{path}__in": practices})

    __repr__ = ScopedQuerySet.__repr__


class MembershipQuerySet(PracticeQuerySet[Row_co]):
    """Places: managers see those of their practice, and everybody the own ones, also one that is only offered."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(live(), user=user.pk, user__is_active=True)

    def offered_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.visible_to(user).filter(accepted_at__isnull=True)


class SupervisionQuerySet(PracticeQuerySet[Row_co]):
    """Assignments: managers see those of their practice, supervisors and therapists their own."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        places = live_memberships(user)
        of_two = Q(supervisor__in=places) | Q(therapist__in=places) | Q(episode__therapist__in=places)
        return self.filter(of_two | Q(supervisor__practice__in=places.filter(is_manager=True).values("practice")))

    def not_open(self) -> Self:
        """Those that hold and do not open the cases yet; of a supervisor who has left none ever will."""
        return self.filter(live(), live("supervisor__")).exclude(is_open_sight())

    def waiting_for(self, place: OuterRef) -> list[Self]:
        """Those about which this place is asked, and has not answered; apart, so that each is found by an index.

        The supervisor is, until they accept; the therapist, until it opens, or they say yes or no: to what a manager
        has agreed to, and whose first day is to come, they can still object.
        """
        closed = self._closed().filter(objected_at__isnull=True).exclude(agreed_by=place)
        return [
            self.filter(live(), supervisor=place, accepted_at__isnull=True),
            closed.filter(therapist=place),
            closed.filter(episode__therapist=place),
        ]

    def waiting_for_manager(self, place: OuterRef) -> Self:
        """Those about which this place, a manager's, is asked: of the practice, not open yet, not the own, and not from
        before.
        """
        was_here = was_manager(OuterRef("starts_at") - SIGHT_WAITS)
        managers = apps.get_model("alliance", "Membership").objects.filter(pk=OuterRef(place))
        managers = managers.exclude(user=OuterRef("asked_by__user")).exclude(user=OuterRef("supervisor__user"))
        # Agreed to, and still closed: its first day is to come, and no manager is asked any more.
        closed = self._closed().filter(agreed_by__isnull=True)
        return closed.filter(Exists(managers.filter(was_here, practice=OuterRef("supervisor__practice"))))

    def _closed(self) -> Self:
        return self.filter(live(), Q(opens_at__isnull=True) | Q(opens_at__gt=Now()))


class CoverQuerySet(PracticeQuerySet[Row_co]):
    """Covers: managers see those of their practice, therapists those that they give or receive."""

    def visible_to(self, user: AbstractBaseUser) -> Self:
        places = live_memberships(user, "therapist")
        return self.filter(Q(covering__in=places) | Q(therapist__in=places) | Q(episode__therapist__in=places))


class DraftQuerySet(QuerySet[Row_co]):
    """Rows that are for their sender alone, and for one day."""

    def visible_to(self, user: AbstractBaseUser) -> Self:
        return self.filter(sent_by__in=live_memberships(user), created_at__gt=DaysAgo(Value(1)))

    def expired(self) -> Self:
        return self.filter(created_at__lte=DaysAgo(Value(1)))

    __repr__ = ScopedQuerySet.__repr__
