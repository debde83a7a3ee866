"""A case that a manager asks a therapist to take over, or to cover."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.database_clock import Now
from alliance.models.episode import Episode
from alliance.models.people import Membership
from alliance.query_sets import PracticeQuerySet
from alliance.scopes import SIGHT_WAITS, live_memberships, was_manager


class CaseOfferQuerySet(PracticeQuerySet):
    """Offers: managers see those of their practice, the two therapists their own."""

    def visible_to(self, user: Any) -> Self:
        if not user.is_authenticated:
            return self.none()
        places = live_memberships(user)
        of_two = Q(to__in=places) | Q(episode__therapist__in=places)
        return self.filter(of_two | Q(to__practice__in=places.filter(is_manager=True).values("practice")))

    def waiting(self) -> Self:
        """Those that nobody has taken, declined or withdrawn; not where the case has ended since."""
        stands = Q(episode__ends_at__isnull=True) | Q(episode__ends_at__lte=F("asked_at"))
        return self.filter(stands, accepted_at__isnull=True, ended_at__isnull=True)

    def waiting_for(self, place: OuterRef) -> list[Self]:
        """Those about which this place is asked, and has not answered: as `SupervisionQuerySet.waiting_for`."""
        closed = self._closed().filter(objected_at__isnull=True)
        return [self.waiting().filter(to=place), closed.filter(episode__therapist=place)]

    def waiting_for_manager(self, place: OuterRef) -> Self:
        """As `SupervisionQuerySet.waiting_for_manager`."""
        was_here = was_manager(OuterRef("asked_at") - SIGHT_WAITS)
        managers: QuerySet[Membership] = Membership.objects.filter(was_here, pk=OuterRef(place))
        managers = managers.exclude(user=OuterRef("asked_by__user")).exclude(user=OuterRef("to__user"))
        return self._closed().filter(Exists(managers.filter(practice=OuterRef("to__practice"))))

    def _closed(self) -> Self:
        return self.waiting().filter(Q(opens_at__isnull=True) | Q(opens_at__gt=Now()))


class CaseOffer(models.Model):
    """A case whose therapist leaves, and the colleague whom a manager asks to take it.

    It is theirs once they accept, which they can from `opens_at` on.
    """

    class OfferKind(models.TextChoices):
        HAND_OVER = "hand-over", _("take over")
        COVER = "cover", _("cover")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="offers")
    to = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="offers")
    kind = models.CharField(max_length=20, choices=OfferKind)
    covers_from = models.DateTimeField(null=True)  # these two of a cover alone
    covers_until = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    opens_at = models.DateTimeField(null=True)  # empty: only when somebody agrees
    objected_at = models.DateTimeField(null=True)  # by the therapist
    agreed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", null=True)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # declined, or another one took its place

    objects = CaseOfferQuerySet.as_manager()
    practice_path = "to__practice"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode"],
                condition=Q(accepted_at__isnull=True, ended_at__isnull=True),
                name="case_offer_one_waiting",
            ),
            models.CheckConstraint(condition=~Q(to=F("asked_by")), name="case_offer_to_another"),
            models.CheckConstraint(
                condition=Q(kind="hand-over", covers_from__isnull=True, covers_until__isnull=True)
                | Q(kind="cover", covers_until__gt=F("covers_from")),
                name="case_offer_days_of_a_cover",
            ),
        ]

    def __str__(self):
        return str(self.code)
