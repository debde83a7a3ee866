"""What is asked, of whom, and how it reaches them."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.access import ScopedQuerySet
from alliance.models import Client, Episode
from sessions.models import TherapySession


class Instrument(models.Model):
    """One version of a questionnaire, loaded from its definition; never rescored once somebody has used it."""

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


class CheckInQuerySet(ScopedQuerySet):
    def not_voided(self):
        """Without those of voided therapy sessions."""
        return self.filter(therapy_session__voided_at__isnull=True)


class CheckIn(models.Model):
    """The request to a client to rate one therapy session."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="check_ins")
    therapy_session = models.OneToOneField(TherapySession, on_delete=models.CASCADE, related_name="check_in")
    text = models.ForeignKey(InstrumentText, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)  # by the therapist: from then on the answers stand

    objects = CheckInQuerySet.as_manager()
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


class DeliveryQuerySet(ScopedQuerySet):
    def waiting(self):
        """Neither sent nor refused nor dropped."""
        return self.filter(sent_at__isnull=True, failed_at__isnull=True, dropped_at__isnull=True)


class Delivery(models.Model):
    """One message that asks a client to answer, from due to sent. Claimed before it is sent, so that two senders
    at once send it once; a sender that died leaves a claim, and the message goes out again under the same id."""

    class DeliveryKind(models.TextChoices):
        FIRST = "first", _("check-in")
        REMINDER = "reminder", _("reminder")
        AGAIN = "again", _("sent again by hand")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="deliveries")
    check_in = models.ForeignKey(CheckIn, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=12, choices=DeliveryKind)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)  # refused for good; a bounce
    dropped_at = models.DateTimeField(null=True, blank=True)  # no longer wanted: answered, stopped, voided
    message_id = models.CharField(max_length=120, unique=True)

    objects = DeliveryQuerySet.as_manager()
    scope = ("episode", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_in", "kind"], condition=~Q(kind="again"), name="delivery_one_of_each_kind"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(sent_at__isnull=True, failed_at__isnull=True, dropped_at__isnull=True),
                name="delivery_due",
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("episode", "check_in", "kind", "due_at", "claimed_at", "sent_at", "failed_at", "dropped_at")
        plain = ("id", "code", "message_id")

    def __str__(self):
        return str(self.code)

    @property
    def is_waiting(self):
        return not (self.sent_at or self.failed_at or self.dropped_at)
