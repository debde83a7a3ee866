"""The people of a practice, and who supervises whom."""

import uuid
from datetime import UTC, datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.crypto import SealedTextField
from alliance.models.practice import Practice
from alliance.query_sets import MembershipQuerySet, SupervisionQuerySet

# Rows from before anybody was asked, and those that a program of that time writes, hold since ever.
NEVER_ASKED = datetime(1970, 1, 1, tzinfo=UTC)


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


class Membership(models.Model):
    """A user's dated place in one practice, with one role or more."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="memberships")
    name = SealedTextField()  # under the practice's key
    is_therapist = models.BooleanField(default=False)
    is_supervisor = models.BooleanField(default=False)
    is_manager = models.BooleanField(default=False)
    manager_since = models.DateTimeField(null=True)  # empty: since the place began; see `manager_from`
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(null=True, blank=True)  # signed in, while this place was theirs
    # Empty: a practice offers the place to somebody of another one, who has not said yes. Until then it is none.
    accepted_at = models.DateTimeField(null=True, blank=True, default=timezone.now, db_default=NEVER_ASKED)

    objects = MembershipQuerySet.as_manager()
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
    def display_name(self) -> str:
        return self.name.shown(self.practice.data_key)

    @property
    def manager_from(self) -> datetime:
        """Since when a manager is one: `scopes.was_manager` asks the same of the database."""
        return self.manager_since or self.starts_at


class SightAnswer(models.TextChoices):
    """What somebody says to an assignment that is not open yet."""

    ACCEPT = "accept", _("Accept")
    DECLINE = "decline", _("Decline")
    AGREE = "agree", _("I agree")
    OBJECT = "object", _("I object")


class Supervision(models.Model):
    """A dated assignment of a supervisor, to a therapist or to one episode.

    It opens the cases once the supervisor has accepted it and `opens_at` has come: `alliance.people.sight`.
    """

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
    asked_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True, default=None, db_default=NEVER_ASKED)
    # Empty: only when somebody agrees.
    opens_at = models.DateTimeField(null=True, blank=True, default=None, db_default=NEVER_ASKED)
    not_before = models.DateTimeField(null=True, blank=True)  # the first day that was asked for: nothing opens earlier
    objected_at = models.DateTimeField(null=True, blank=True)  # by the therapist
    agreed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    objects = SupervisionQuerySet.as_manager()
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
