"""Top floor: what was rated, and what it means."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.access import ScopedQuerySet
from alliance.crypto import SealedTextField
from alliance.models import Client, Episode, ImportBatch, Membership, Practice
from ratings.psychometrics import evidence
from sessions.models import TherapySession


def _choices(enum):
    return [(member.value, member.value.replace("_", " ")) for member in enum]


class Instrument(models.Model):
    """One version of a questionnaire, loaded from its definition; never edited after it was stored."""

    key = models.SlugField(max_length=40)
    version = models.CharField(max_length=20)
    definition = models.JSONField()
    loaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="instrument_version_unique")]

    def __str__(self):
        return f"{self.key} {self.version}"


class InstrumentText(models.Model):
    """The wording of an instrument in one language; a changed translation is a new revision."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="texts")
    language = models.CharField(max_length=12)
    revision = models.PositiveIntegerField(default=1)
    text = models.JSONField()
    loaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instrument", "language", "revision"], name="instrument_text_unique")
        ]

    def __str__(self):
        return f"{self.instrument_id} {self.language} r{self.revision}"


class CheckIn(models.Model):
    """The request to a client to rate one therapy session."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="check_ins")
    therapy_session = models.OneToOneField(TherapySession, on_delete=models.CASCADE, related_name="check_in")
    text = models.ForeignKey(InstrumentText, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)  # by the therapist: from then on the answers stand

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "therapy_session", "read_at")
        plain = ("id", "code", "text", "created_at")

    def __str__(self):
        return str(self.code)


class ClientLink(models.Model):
    """A key handed to a client. Only its hash is kept; each sending mints one, and all live ones are valid."""

    class LinkKind(models.TextChoices):
        CHECK_IN = "check_in", _("check-in")
        HISTORY = "history", _("own history")
        PREFERENCES = "preferences", _("stop or pause")

    class Channel(models.TextChoices):
        SCREEN = "screen", _("shown on the therapist's screen")
        EMAIL = "email", _("e-mail")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="links")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True, related_name="links")
    check_in = models.ForeignKey(CheckIn, on_delete=models.CASCADE, null=True, related_name="links")
    kind = models.CharField(max_length=20, choices=LinkKind)
    token_hash = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=20, choices=Channel)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = ("client", "client")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="check_in", check_in__isnull=False, expires_at__isnull=False)
                | Q(kind="history", check_in__isnull=True, expires_at__isnull=False)
                | Q(kind="preferences", check_in__isnull=True),
                name="client_link_shape",
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("client", "episode", "check_in", "token_hash")
        plain = ("id", "code", "kind", "channel", "created_at", "expires_at", "revoked_at")

    def __str__(self):
        return str(self.code)


class RatingQuerySet(ScopedQuerySet):
    def current(self):
        """Without those that a correction replaced, and without those of voided therapy sessions."""
        return self.filter(replaced_at__isnull=True, therapy_session__voided_at__isnull=True)


class Rating(models.Model):
    """One rater's answers for one therapy session, scored. Its content is never updated: a correction is a new row."""

    class Mode(models.TextChoices):
        LINK = "link", _("through a link")
        MEMBER = "member", _("by the therapist, signed in")
        TABLET = "tablet", _("on the practice's tablet")
        PAPER = "paper", _("on paper")
        IMPORT = "import", _("imported")

    class CommentFor(models.TextChoices):
        THERAPIST = "therapist", _("my therapist")
        SUPERVISOR = "supervisor", _("my therapist and their supervisor")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="ratings")
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.CASCADE, related_name="ratings")
    check_in = models.ForeignKey(CheckIn, on_delete=models.CASCADE, null=True, blank=True, related_name="ratings")
    rater = models.CharField(max_length=12, choices=_choices(evidence.Rater))
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT)
    text = models.ForeignKey(InstrumentText, on_delete=models.PROTECT, null=True, blank=True)
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
    tension = models.BooleanField(null=True)
    comment = SealedTextField(null=True)
    comment_words = models.PositiveIntegerField(null=True)
    comment_for = models.CharField(max_length=12, choices=CommentFor, default=CommentFor.THERAPIST)
    mode = models.CharField(max_length=12, choices=Mode)
    answered_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey(  # none where the client changed their own answers
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_ratings"
    )
    replaced_reason = models.CharField(max_length=20, blank=True)
    import_batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, null=True, editable=False)

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
            "tension", "comment_words", "comment_for", "answered_at", "received_at", "replaced_at", "replaced_by",
        )  # fmt: skip
        plain = ("id", "code", "instrument", "text", "mode", "entered_by", "replaced_reason", "import_batch")

    def __str__(self):
        return str(self.code)


class DetectorVersion(models.Model):
    """A frozen detector of one practice. A new one redraws history but opens no old alarms."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="detector_versions")
    criterion = models.CharField(max_length=40)
    budget = models.CharField(max_length=12, choices=_choices(evidence.Budget))
    use = models.CharField(max_length=20)
    constants = models.JSONField(default=dict)
    valid_from = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "valid_from"], name="detector_version_one_per_instant")
        ]

    def __str__(self):
        return f"{self.criterion} {self.budget}"


class Assessment(models.Model):
    """What one detector version thinks after one therapy session. Rewritten by each replay of the episode."""

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="assessments")
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.CASCADE, related_name="assessments")
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT)
    state = models.CharField(max_length=12, choices=_choices(evidence.State))
    score = models.FloatField(null=True)
    probability = models.FloatField(null=True)
    alert = models.BooleanField(default=False)
    kind = models.CharField(max_length=16, choices=_choices(evidence.Kind), blank=True)
    pillars = models.JSONField(default=list)
    points = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    assessed_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["therapy_session", "version"], name="assessment_one_per_version")
        ]

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode", "therapy_session", "state", "score", "probability", "alert", "kind", "pillars", "points",
            "notes",
        )  # fmt: skip
        plain = ("id", "version", "assessed_at")

    def __str__(self):
        return str(self.pk)


class Rupture(models.Model):
    """An episode of strain, from the therapy session that opened it to the one that closed it."""

    class RuptureState(models.TextChoices):
        OPEN = "open", _("noticed")
        RECOVERING = "recovering", _("recovering")
        REPAIRED = "repaired", _("repaired")
        STRONGER = "stronger", _("stronger than before")
        UNREPAIRED = "unrepaired", _("unrepaired")
        SET_ASIDE = "set_aside", _("set aside")
        WITHDRAWN = "withdrawn", _("withdrawn: its evidence was corrected")

    class OpenedBy(models.TextChoices):
        DETECTOR = "detector", _("the program")
        THERAPIST = "therapist", _("the therapist")
        CLIENT = "client", _("the client")

    ACTIVE = (RuptureState.OPEN, RuptureState.RECOVERING)
    UNTOUCHED = (RuptureState.SET_ASIDE, RuptureState.WITHDRAWN)  # by a replay

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="ruptures")
    opened_session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="ruptures_opened")
    closed_session = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="ruptures_closed"
    )
    opened_by = models.CharField(max_length=12, choices=OpenedBy, default=OpenedBy.DETECTOR)
    version = models.ForeignKey(DetectorVersion, on_delete=models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=12, choices=RuptureState, default=RuptureState.OPEN)
    kind = models.CharField(max_length=16, choices=_choices(evidence.Kind), blank=True)
    pillars = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)  # the assessment that speaks for it, as data
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode"], condition=Q(state__in=["open", "recovering"]), name="rupture_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "recovering"], closed_at__isnull=True)
                | (~Q(state__in=["open", "recovering"]) & Q(closed_at__isnull=False, closed_at__gte=F("opened_at"))),
                name="rupture_closed_when_over",
            ),
        ]

    class Sensitivity:
        sealed = ()
        clinical = (
            "episode", "opened_session", "closed_session", "opened_by", "state", "kind", "pillars", "evidence",
            "opened_at", "closed_at",
        )  # fmt: skip
        plain = ("id", "code", "version")

    def __str__(self):
        return str(self.code)

    @property
    def mark(self):
        """The shape beside the word on every page (`includes/marks.html`)."""
        return {
            "open": "below",
            "recovering": "mending",
            "unrepaired": "unmended",
            "set_aside": "aside",
            "withdrawn": "aside",
        }.get(self.state, "mended")


class Standing(models.Model):
    """The summary row of an episode: written in the transaction of what changes it, rebuildable at any time."""

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    sessions_held = models.PositiveIntegerField(default=0)
    check_ins_answered = models.PositiveIntegerField(default=0)
    missing_in_a_row = models.PositiveIntegerField(default=0)  # latest held sessions without a client rating
    last_session_at = models.DateTimeField(null=True)
    last_rated_at = models.DateTimeField(null=True)  # start of the last session the client rated
    goal_pomp = models.FloatField(null=True)
    task_pomp = models.FloatField(null=True)
    bond_pomp = models.FloatField(null=True)
    overall_pomp = models.FloatField(null=True)
    words = models.JSONField(default=dict)  # pillar -> "usual", "below", "above" or "few"
    spark = models.JSONField(default=dict)  # pillar -> {"values": last ten, "band": [low, high] or null}
    notes = models.JSONField(default=list)
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
            "goal_pomp", "task_pomp", "bond_pomp", "overall_pomp", "words", "spark", "notes", "rupture", "attention",
        )  # fmt: skip
        plain = ("updated_at",)

    def __str__(self):
        return str(self.pk)
