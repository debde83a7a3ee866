"""What a client may answer about the plan."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StillRight(models.TextChoices):
    """Whether a goal is still the client's."""

    YES = "yes", _("Yes")
    NOT_QUITE = "not_quite", _("Not quite")
    NO = "no", _("No")


class Helped(models.TextChoices):
    """Whether a task did any good."""

    YES = "yes", _("Yes")
    A_LITTLE = "a_little", _("A little")
    NO = "no", _("No")
    NOT_TRIED = "not_tried", _("I haven't tried it")


class CanSay(models.TextChoices):
    """Whether the client can say what the two are working on."""

    YES = "yes", _("Yes")
    PARTLY = "partly", _("Partly")
    NO = "no", _("No")
