"""Ground floor: the practice, the people in it, and who works with whom.

Every model of clinical content carries three things that tests insist on: `scope` (how `access` finds its episode),
`Sensitivity` (each field is declared sealed, clinical or plain), and a random `code`, the only key that leaves the
server.
"""

import uuid
from datetime import time
from functools import cached_property

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance import crypto
from alliance.access import DraftQuerySet, PracticeQuerySet, ScopedQuerySet
from alliance.crypto import SealedTextField


class DataKey(models.Model):
    """The key that seals the texts of one client, or of one practice; wrapped by the keys of the installation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wrapped = models.TextField(default=crypto.wrap_new_key)
    created_at = models.DateTimeField(default=timezone.now)

    @cached_property
    def fernet(self):
        return crypto.unwrap(self.wrapped)

    def __str__(self):
        return self.id.hex


class UserManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """Credentials and nothing more; what a person may do is in `Membership`."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self):
        return str(self.code)


class Practice(models.Model):
    """The organisation. One installation may hold several; nothing crosses between them."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=64, default="UTC")  # IANA
    language = models.CharField(max_length=12, default="en")
    crisis_phone = models.CharField(max_length=40, blank=True)  # the practice's own line
    emergency_phone = models.CharField(max_length=40, blank=True)  # any time, day or night
    ended_visible_days = models.PositiveIntegerField(default=365)
    live_at = models.DateTimeField(null=True, blank=True)  # from then on check-ins are sent; needs a crisis line
    check_in_delay_minutes = models.PositiveIntegerField(default=120)  # after the end of a session
    quiet_from = models.TimeField(default=time(21))  # nothing is sent from here ...
    quiet_to = models.TimeField(default=time(8))  # ... to here, by the client's clock
    reminder_after_hours = models.PositiveIntegerField(default=24)
    link_days = models.PositiveIntegerField(default=7)
    shows_history = models.BooleanField(default=False)  # clients may see their own past answers
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(live_at__isnull=True) | ~Q(crisis_phone=""), name="practice_live_with_a_crisis_line"
            )
        ]

    def __str__(self):
        return self.name


class Membership(models.Model):
    """A user's dated place in one practice: therapist, supervisor, manager, or several of these."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="memberships")
    name = SealedTextField()  # under the practice's key
    is_therapist = models.BooleanField(default=False)
    is_supervisor = models.BooleanField(default=False)
    is_manager = models.BooleanField(default=False)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(null=True, blank=True)  # signed in, while this place was theirs

    objects = PracticeQuerySet.as_manager()
    practice_path = "practice"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_therapist=True) | Q(is_supervisor=True) | Q(is_manager=True),
                name="membership_some_role",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="membership_ends_later"
            ),
            models.UniqueConstraint(
                fields=["user", "practice"], condition=Q(ends_at__isnull=True), name="membership_one_open"
            ),
        ]

    def __str__(self):
        return str(self.code)

    @property
    def display_name(self):
        return self.name.open(self.practice.data_key)


class Supervision(models.Model):
    """A dated assignment of a supervisor, to a therapist or to one episode."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    supervisor = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="supervisions_given")
    therapist = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="supervisions_received", null=True, blank=True
    )
    episode = models.ForeignKey(
        "alliance.Episode", on_delete=models.CASCADE, related_name="supervisions", null=True, blank=True
    )
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = PracticeQuerySet.as_manager()
    practice_path = "supervisor__practice"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(therapist__isnull=True, episode__isnull=False)
                | Q(therapist__isnull=False, episode__isnull=True),
                name="supervision_of_therapist_or_episode",
            ),
            models.CheckConstraint(condition=~Q(supervisor=F("therapist")), name="supervision_of_another"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="supervision_ends_later"
            ),
            models.UniqueConstraint(
                fields=["supervisor", "therapist"],
                condition=Q(ends_at__isnull=True, therapist__isnull=False),
                name="supervision_one_open_per_therapist",
            ),
            models.UniqueConstraint(
                fields=["supervisor", "episode"],
                condition=Q(ends_at__isnull=True, episode__isnull=False),
                name="supervision_one_open_per_episode",
            ),
        ]

    def __str__(self):
        return str(self.code)


class ImportBatch(models.Model):
    """One import of past ratings: what came in, when, by whom."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT)
    imported_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True)
    layout = models.CharField(max_length=20)
    counts = models.JSONField(default=dict)
    imported_at = models.DateTimeField(default=timezone.now)

    objects = PracticeQuerySet.as_manager()
    practice_path = "practice"

    def __str__(self):
        return str(self.code)


class ImportDraft(models.Model):
    """An uploaded file between its preview and its import: sealed, seen only by who sent it, gone after a day."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE)
    sent_by = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="import_drafts")
    therapist = models.ForeignKey(Membership, on_delete=models.CASCADE, null=True, related_name="+")  # gets all rows
    text = SealedTextField()  # under the practice's key
    created_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    def __str__(self):
        return str(self.code)


class CheckInFormChoice(models.TextChoices):
    STANDARD = "standard", _("six questions")
    SHORT = "short", _("three questions, for children")


class Client(models.Model):
    """The person in therapy, in one practice: contact data, no password, no account."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="clients")
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT)
    name = SealedTextField()  # a pseudonym is enough
    email = SealedTextField(null=True)
    email_hash = models.CharField(max_length=64, blank=True, db_index=True)
    phone = SealedTextField(null=True)
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    language = models.CharField(max_length=12, blank=True)  # empty: the practice's
    zone = models.CharField(max_length=64, blank=True)  # empty: the practice's
    external_ref = models.CharField(max_length=64, null=True, editable=False)  # keyed hash
    check_in_form = models.CharField(max_length=20, choices=CheckInFormChoice, default=CheckInFormChoice.STANDARD)
    asks_about_fit = models.BooleanField(default=False)  # the "first sessions" questions in sessions 1 to 3
    check_in_delay_minutes = models.PositiveIntegerField(null=True, blank=True)  # none: the practice's
    paused_until = models.DateTimeField(null=True, blank=True)  # nothing is sent before
    therapist_may_be_named = models.BooleanField(default=False)  # in mails to this client
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()
    scope = ("pk", "client")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "external_ref"], name="client_external_ref_unique")]

    class Sensitivity:
        sealed = ("name", "email", "phone")
        clinical = (
            "email_hash", "phone_hash", "language", "zone", "external_ref", "check_in_form", "asks_about_fit",
            "check_in_delay_minutes", "paused_until", "therapist_may_be_named",
        )  # fmt: skip
        plain = ("id", "code", "practice", "data_key", "created_at")

    def __str__(self):
        return str(self.code)

    @property
    def display_name(self):
        return self.name.open(self.data_key)

    @property
    def agreed_to(self):
        """The purposes of the consents that hold now."""
        return set(self.consents.filter(withdrawn_at__isnull=True).values_list("purpose", flat=True))


class EndReason(models.TextChoices):
    COMPLETED = "completed", _("Therapy was completed")
    CLIENT = "client", _("The client ended it")
    TRANSFERRED = "transferred", _("Another therapist took over")
    OTHER = "other", _("Another reason")


class Episode(models.Model):
    """One client's course of therapy with one therapist: the alliance that is tracked."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="episodes")
    therapist = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="episodes")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)
    previous = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="next")
    external_ref = models.CharField(max_length=64, null=True, editable=False)
    import_batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, null=True, editable=False)

    objects = ScopedQuerySet.as_manager()
    scope = ("pk", "pk")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "therapist"], condition=Q(ends_at__isnull=True), name="episode_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True, end_reason="")
                # A missing date compares as NULL, and a check that comes to NULL passes.
                | (Q(ends_at__isnull=False, ends_at__gt=F("starts_at")) & ~Q(end_reason="")),
                name="episode_end_has_a_reason",
            ),
            models.UniqueConstraint(fields=["client", "external_ref"], name="episode_external_ref_unique"),
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("client", "therapist", "starts_at", "ends_at", "end_reason", "previous", "external_ref")
        plain = ("id", "code", "import_batch")

    def __str__(self):
        return str(self.code)

    @property
    def zone(self):
        return self.client.zone or self.client.practice.zone


class Consent(models.Model):
    """What a client agreed to, and when that ended. Asked for again when the text changes."""

    class Purpose(models.TextChoices):
        CHECK_IN = "check_in", _("answering check-ins")
        EMAIL = "email", _("being written to by e-mail")
        HISTORY = "history", _("seeing the own history through a link")

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose)
    text_version = models.CharField(max_length=20)
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True)

    objects = ScopedQuerySet.as_manager()
    scope = ("client", "client")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "purpose"], condition=Q(withdrawn_at__isnull=True), name="consent_one_live"
            )
        ]

    class Sensitivity:
        sealed = ()
        clinical = ("client", "purpose", "given_at", "withdrawn_at")
        plain = ("id", "code", "text_version", "recorded_by")

    def __str__(self):
        return str(self.code)


class AuditEvent(models.Model):
    """Who did what to what, and when. Codes only: no foreign keys, no content. Triggers refuse change and removal."""

    class Verb(models.TextChoices):
        READ = "read", _("read")
        LISTED = "listed", _("listed")
        CREATED = "created", _("created")
        CHANGED = "changed", _("changed")
        ENDED = "ended", _("ended")
        LINKED = "linked", _("link made")
        IMPORTED = "imported", _("imported")
        DENIED = "denied", _("denied")

    actor_code = models.CharField(max_length=36, blank=True)  # empty: a client's link, or a command
    practice_code = models.CharField(max_length=36, blank=True)
    subject_type = models.CharField(max_length=40)
    subject_code = models.CharField(max_length=60, blank=True)
    verb = models.CharField(max_length=20, choices=Verb)
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["subject_code", "at"], name="audit_by_subject"),
            models.Index(fields=["actor_code", "at"], name="audit_by_actor"),
        ]

    def __str__(self):
        return f"{self.verb} {self.subject_type}"
