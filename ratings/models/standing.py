"""Standings: the row of an episode that every list reads."""

from django.db import models
from django.db.models import F
from django.utils import timezone

from alliance.models import Episode
from alliance.query_sets import ScopedQuerySet
from ratings.models.rupture import Rupture
from ratings.psychometrics.evidence import OpenedBy
from ratings.psychometrics.series import OVERALL
from ratings.psychometrics.standing import ATTENTION_CLIENT
from ratings.psychometrics.usual import TrendWord


class Standing(models.Model):
    """The summary row of an episode.

    It is written in the transaction of what changes it, and can be rebuilt at any time.
    """

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    sessions_held = models.PositiveIntegerField(default=0)
    check_ins_answered = models.PositiveIntegerField(default=0)
    missing_in_a_row = models.PositiveIntegerField(default=0)  # latest check-ins that did not come
    last_session_at = models.DateTimeField(null=True)
    last_rated_at = models.DateTimeField(null=True)  # start of the last session the client rated
    goal_pomp = models.FloatField(null=True)
    task_pomp = models.FloatField(null=True)
    bond_pomp = models.FloatField(null=True)
    overall_pomp = models.FloatField(null=True)
    words = models.JSONField(default=dict)  # series -> a `TrendWord`
    spark = models.JSONField(default=dict)  # pillar -> {"values": last ten, "band": [low, high] or null}
    notes = models.JSONField(default=list)
    settled_since = models.PositiveIntegerField(null=True)  # number of the session since which ratings lie lower
    rupture = models.ForeignKey(Rupture, on_delete=models.SET_NULL, null=True, related_name="+")
    attention = models.PositiveIntegerField(default=0)  # the caseload's order, highest first
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        indexes = [models.Index(F("attention").desc(), "episode", name="standing_by_attention")]

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode", "sessions_held", "check_ins_answered", "missing_in_a_row", "last_session_at", "last_rated_at",
            "goal_pomp", "task_pomp", "bond_pomp", "overall_pomp", "words", "spark", "notes", "settled_since",
            "rupture", "attention",
        )  # fmt: skip
        plain = ("updated_at",)

    @property
    def is_untold(self):
        """Shadow mode: this is the copy without all that detection says (`ratings.detection.shadow`)."""
        return TrendWord.UNTOLD in self.words.values()

    @property
    def said_by(self) -> OpenedBy | None:
        """Who says that something did not fit: the client also where the program had opened it before they did.

        None where nobody but the program says so.
        """
        if self.rupture and self.attention >= ATTENTION_CLIENT:
            return OpenedBy.CLIENT
        return OpenedBy(self.rupture.opened_by) if self.rupture and self.rupture.is_named else None

    @property
    def word(self) -> str:
        """What its answers are like in one word: that of all together, or below where one pillar alone is."""
        return TrendWord.BELOW if TrendWord.BELOW in self.words.values() else self.words.get(OVERALL, TrendWord.FEW)

    @property
    def mark(self) -> str:
        """The shape beside the words about its rupture (`includes/marks.html`); empty where there is none."""
        if self.rupture is None:
            return ""
        return "said" if self.rupture.is_open and self.said_by else self.rupture.mark

    def __str__(self):
        return str(self.pk)
