"""Ruptures: strains in the alliance, and how they ended."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models import Episode, Membership
from alliance.query_sets import ScopedQuerySet
from ratings.models.detection import DetectorVersion
from ratings.psychometrics import evidence
from ratings.psychometrics.evidence import choices
from sessions.models import TherapySession


class RuptureQuerySet(ScopedQuerySet):
    def told(self) -> Self:
        """Those that pages may show: all but what the program found in a practice that is in shadow mode now."""
        return self.exclude(
            opened_by=Rupture.OpenedBy.DETECTOR,
            episode__client__practice__in=DetectorVersion.objects.in_shadow().values("practice"),
        )

    def at_work(self) -> Self:
        """Those that are open or on their way back, are told, and ask for something; one for each episode at most."""
        return self.told().filter(state__in=Rupture.ACTIVE, kept_back=False)


class Rupture(models.Model):
    """A strain in the alliance, from the therapy session that opened it to the last."""

    class RuptureState(models.TextChoices):
        OPEN = evidence.RuptureState.OPEN, _("noticed")
        RECOVERING = evidence.RuptureState.RECOVERING, _("recovering")
        REPAIRED = evidence.RuptureState.REPAIRED, _("repaired")
        BACK_TO_USUAL = evidence.RuptureState.BACK_TO_USUAL, _("back to usual")
        SETTLED_LOWER = evidence.RuptureState.SETTLED_LOWER, _("settled lower than before")
        UNREPAIRED = evidence.RuptureState.UNREPAIRED, _("still on at the end")
        OPEN_AT_END = evidence.RuptureState.OPEN_AT_END, _("open at the end")
        SET_ASIDE = evidence.RuptureState.SET_ASIDE, _("set aside")
        WITHDRAWN = evidence.RuptureState.WITHDRAWN, _("withdrawn: its evidence was corrected")

    class OpenedBy(models.TextChoices):
        DETECTOR = evidence.OpenedBy.DETECTOR, _("the program")
        THERAPIST = evidence.OpenedBy.THERAPIST, _("the therapist")
        CLIENT = evidence.OpenedBy.CLIENT, _("the client")

    ACTIVE = (RuptureState.OPEN, RuptureState.RECOVERING)
    MAY_SETTLE = (RuptureState.SETTLED_LOWER, RuptureState.SET_ASIDE)  # after which ratings may lie lower than before

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="ruptures")
    opened_session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="ruptures_opened")
    closed_session = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="ruptures_closed"
    )
    opened_by = models.CharField(max_length=12, choices=OpenedBy, default=OpenedBy.DETECTOR)
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=16, choices=RuptureState, default=RuptureState.OPEN)
    kind = models.CharField(max_length=16, choices=choices(evidence.Kind), blank=True)
    pillars = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)  # the assessment that speaks for it, as data
    kept_back = models.BooleanField(default=False)  # found in shadow mode: it never asks for anything, also when told
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    named_by = models.ForeignKey(  # who named it by hand, on a page
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    named_line = SealedTextField(null=True)  # what they saw, in a line
    aside_reason = SealedTextField(null=True)  # why the therapist set it aside
    rebased_session = models.ForeignKey(  # the last session before the therapist took the lower level as usual
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="ruptures_rebased"
    )
    rebased_at = models.DateTimeField(null=True, blank=True)
    rebased_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    rebased_reason = SealedTextField(null=True)

    taken_over = models.ForeignKey(  # the version under which what people say took its place
        DetectorVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    worked_on = False  # whether a step of its repair was planned or taken; only a replay reads it

    objects = RuptureQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(  # what is kept back takes nobody's place
                fields=["episode", "kept_back"],
                condition=Q(state__in=["open", "recovering"]),
                name="rupture_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "recovering"], closed_at__isnull=True)
                | (~Q(state__in=["open", "recovering"]) & Q(closed_at__isnull=False, closed_at__gte=F("opened_at"))),
                name="rupture_closed_when_over",
            ),
        ]

    class Sensitivity:
        sealed = ("named_line", "aside_reason", "rebased_reason")
        clinical = (
            "episode", "opened_session", "closed_session", "opened_by", "state", "kind", "pillars", "evidence",
            "kept_back", "opened_at", "closed_at", "rebased_session", "rebased_at",
        )  # fmt: skip
        plain = ("id", "code", "version", "named_by", "rebased_by", "taken_over")

    def __str__(self):
        return str(self.code)

    @property
    def is_open(self):
        """Still strained, and not on its way back."""
        return self.state == self.RuptureState.OPEN

    @property
    def is_named(self):
        """Whether a person said so, and not the program."""
        return self.opened_by != self.OpenedBy.DETECTOR

    def is_told(self, *, shadow: bool) -> bool:
        """Whether pages may show it, where the practice is in shadow mode or not."""
        return self.is_named or not shadow

    @property
    def is_active(self):
        """Whether it is open or recovering.

        An episode has at most one such rupture, beside one that is kept back. Only such a one may be set aside.
        """
        return self.state in self.ACTIVE

    @property
    def mark(self):
        """The shape beside the word on every page (`includes/marks.html`)."""
        return {
            self.RuptureState.OPEN: "said" if self.is_named else "below",
            self.RuptureState.RECOVERING: "mending",
            self.RuptureState.UNREPAIRED: "unmended",
            self.RuptureState.OPEN_AT_END: "unmended",
            self.RuptureState.SETTLED_LOWER: "unmended",
            self.RuptureState.SET_ASIDE: "aside",
            self.RuptureState.WITHDRAWN: "aside",
        }.get(self.state, "mended")
