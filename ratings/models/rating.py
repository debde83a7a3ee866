"""The answers of a client or a therapist, scored."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models import Episode, ImportBatch, Membership
from alliance.query_sets import ScopedQuerySet
from ratings.models.check_in import CheckIn
from ratings.models.instrument import Instrument, InstrumentText
from ratings.psychometrics import evidence
from ratings.psychometrics.evidence import choices
from ratings.psychometrics.scoring import Scored
from sessions.models import TherapySession


def columns_of(scored: Scored) -> dict[str, object]:
    """The scores of a filled questionnaire as columns of a rating."""
    return {
        **{f"{pillar}_raw": scored.raw[pillar] for pillar in evidence.Pillar},
        **{f"{series}_pomp": getattr(scored.scores, series) for series in (*evidence.Pillar, "overall")},
        "items_answered": scored.items_answered,
        "straight_line": scored.straight_line,
    }


class RatingQuerySet(ScopedQuerySet):
    def current(self) -> Self:
        """Those that no correction replaced, of therapy sessions that are not voided."""
        return self.filter(replaced_at__isnull=True, therapy_session__voided_at__isnull=True)


class Rating(models.Model):
    """One rater's answers for one therapy session, scored.

    Its content is never updated: a correction is a new row.
    """

    class Mode(models.TextChoices):
        LINK = "link", _("through a link")
        MEMBER = "member", _("by the therapist, signed in")
        TABLET = "tablet", _("on the practice's tablet")
        PAPER = "paper", _("on paper")
        IMPORT = "import", _("imported")

    class CommentFor(models.TextChoices):
        THERAPIST = "therapist", _("my therapist")
        SUPERVISOR = "supervisor", _("my therapist and their supervisor")

    class BringUp(models.TextChoices):
        """Whether there is something that the therapist should bring up."""

        NO = "no", _("No")
        GENTLY = "gently", _("Yes, gently")
        MYSELF = "myself", _("I'd rather say it myself")

    class Noticed(models.TextChoices):
        """What the therapist noticed between the two: signs of a rupture, as Safran & Muran (2000) part them."""

        NOTHING = "nothing", _("Nothing")
        PULLING_BACK = "pulling_back", _("Pulling back")  # withdrawal
        PUSHING_BACK = "pushing_back", _("Pushing back")  # confrontation
        BOTH = "both", _("Both")

    class TensionStrength(models.TextChoices):
        LITTLE = "little", _("Mild")
        QUITE = "quite", _("Medium")
        LOT = "lot", _("Strong")

    class RepairHelped(models.TextChoices):
        YES = "yes", _("Yes")
        LITTLE = "little", _("Yes, a little")
        NO = "no", _("No")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Without an index of their own: nobody searches by who asked, typed or corrected, and `rating_by_episode` begins
    # with the episode.
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="ratings", db_index=False)
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.CASCADE, related_name="ratings")
    check_in = models.ForeignKey(CheckIn, on_delete=models.CASCADE, null=True, blank=True, related_name="ratings")
    rater = models.CharField(max_length=12, choices=choices(evidence.Rater))
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, db_index=False)
    text = models.ForeignKey(InstrumentText, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
    answers = models.JSONField(default=dict)  # item id -> answer; a skipped item is absent, never 0
    items_answered = models.PositiveSmallIntegerField()
    goal_raw = models.FloatField(null=True)  # mean of the answered items, on the instrument's scale
    task_raw = models.FloatField(null=True)
    bond_raw = models.FloatField(null=True)
    goal_pomp = models.FloatField(null=True)  # 0-100; none where too few items were answered
    task_pomp = models.FloatField(null=True)
    bond_pomp = models.FloatField(null=True)
    overall_pomp = models.FloatField(null=True)
    straight_line = models.BooleanField(default=False)
    tension = models.BooleanField(null=True)  # "was there any tension or misunderstanding today?"
    tension_talked_about = models.BooleanField(null=True)
    tension_strength = models.CharField(max_length=8, choices=TensionStrength, blank=True, default="", db_default="")
    repair_talked = models.BooleanField(null=True)  # "did you two talk about it?"; asked while a repair is on
    repair_helped = models.CharField(max_length=8, choices=RepairHelped, blank=True, default="", db_default="")
    noticed = models.CharField(max_length=16, choices=Noticed, blank=True)  # the therapist's; empty: left out
    bring_up = models.CharField(max_length=12, choices=BringUp, blank=True)  # empty: not asked, or left out
    plan_answers = models.JSONField(null=True)  # as `PlanAnswers` has them; none where nothing of it was answered
    comment = SealedTextField(null=True)
    comment_words = models.PositiveIntegerField(null=True)
    comment_for = models.CharField(max_length=12, choices=CommentFor, default=CommentFor.THERAPIST)
    mode = models.CharField(max_length=12, choices=Mode)
    answered_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
    replaced_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey(  # none where the client changed their own answers
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_ratings",
        db_index=False,
    )
    replaced_reason = models.CharField(max_length=20, blank=True)
    import_batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, null=True, editable=False, db_index=False)

    objects = RatingQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["therapy_session", "rater"],
                condition=Q(replaced_at__isnull=True),
                name="rating_one_current_per_rater",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True, replaced_by__isnull=True, replaced_reason="")
                | (Q(replaced_at__isnull=False) & ~Q(replaced_reason="")),
                name="rating_replaced_with_a_reason",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}_pomp__isnull": True}) | Q(**{f"{name}_pomp__range": (0, 100)}),
                    name=f"rating_{name}_pomp_0_to_100",
                )
                for name in ("goal", "task", "bond", "overall")
            ),
        ]
        indexes = [models.Index(fields=["episode", "rater"], name="rating_by_episode")]

    class Sensitivity:
        sealed = ("comment",)
        clinical = (
            "episode", "therapy_session", "check_in", "rater", "answers", "items_answered", "goal_raw", "task_raw",
            "bond_raw", "goal_pomp", "task_pomp", "bond_pomp", "overall_pomp", "straight_line",
            "tension", "tension_talked_about", "tension_strength", "repair_talked", "repair_helped",
            "noticed", "bring_up", "plan_answers", "comment_words", "comment_for",
            "answered_at", "received_at", "replaced_at", "replaced_by",
        )  # fmt: skip
        plain = ("id", "code", "instrument", "text", "mode", "entered_by", "replaced_reason", "import_batch")

    def __str__(self):
        return str(self.code)
