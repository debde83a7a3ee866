"""What therapists say of the flags: whether there was strain, and whether a flag was useful.

Truth and use are asked apart. So that nobody learns only of what the program flags, a few sessions without a flag are
drawn at random, and their therapists are asked the first question as well. Rows of these tables are only ever added
(the database refuses the rest); the newest answer counts.
"""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.models import Episode, Membership
from alliance.query_sets import ScopedQuerySet
from ratings.models.detection import DetectorVersion
from ratings.models.rupture import Rupture
from sessions.models import TherapySession


class Draw(models.Model):
    """That a session without a flag could have been drawn, with what chance, and whether it was.

    Made once, when the session is first assessed. What is said of a drawn session stands for 1 / `chance` sessions.
    """

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="draws")
    therapy_session = models.OneToOneField(TherapySession, on_delete=models.CASCADE, related_name="draw")
    is_drawn = models.BooleanField()
    chance = models.FloatField()  # of being drawn, above 0 and up to 1
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT, related_name="+")
    stated = models.FloatField(null=True)  # the probability of a rupture at that time; none: the rule has none
    drawn_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(chance__gt=0, chance__lte=1), name="draw_chance_above_none")]
        indexes = [models.Index(fields=["episode"], condition=Q(is_drawn=True), name="draw_asked_by_episode")]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "therapy_session", "is_drawn", "stated", "drawn_at")
        plain = ("id", "chance", "version")

    def __str__(self):
        return str(self.pk)


class VerdictQuerySet(ScopedQuerySet[Any]):
    def newest(self) -> Self:
        """The answers that count: the newest about each thing."""
        same = Q(rupture=OuterRef("rupture"))
        if self.model is StrainVerdict:
            same |= Q(draw=OuterRef("draw"))
        return self.filter(~Exists(self.model.objects.filter(same, pk__gt=OuterRef("pk"))))


class StrainVerdict(models.Model):
    """A therapist's answer: was there strain between the two?

    It is about a rupture, or about a session that was drawn.
    """

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        CANT_SAY = "cant_say", _("Can’t say")

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="strain_verdicts")
    rupture = models.ForeignKey(Rupture, on_delete=models.CASCADE, null=True, related_name="strain_verdicts")
    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, null=True, related_name="strain_verdicts")
    answer = models.CharField(max_length=8, choices=Answer)
    # What the page stated when it was answered; a later replay does not move it. None: nothing was stated.
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT, null=True, related_name="+")
    stated = models.FloatField(null=True)
    given_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    given_at = models.DateTimeField(default=timezone.now)

    objects = VerdictQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rupture__isnull=False, draw__isnull=True) | Q(rupture__isnull=True, draw__isnull=False),
                name="strain_verdict_about_one",
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "rupture", "draw", "answer", "stated", "given_at")
        plain = ("id", "version", "given_by")

    def __str__(self):
        return str(self.pk)


class UsefulVerdict(models.Model):
    """A therapist's answer to a flag: was it useful?"""

    class Answer(models.TextChoices):
        USEFUL = "useful", _("Useful")
        KNOWN = "known", _("I knew already")
        NOT_USEFUL = "not_useful", _("Not useful")

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="useful_verdicts")
    rupture = models.ForeignKey(Rupture, on_delete=models.CASCADE, related_name="useful_verdicts")
    answer = models.CharField(max_length=12, choices=Answer)
    given_by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    given_at = models.DateTimeField(default=timezone.now)

    objects = VerdictQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "rupture", "answer", "given_at")
        plain = ("id", "given_by")

    def __str__(self):
        return str(self.pk)
