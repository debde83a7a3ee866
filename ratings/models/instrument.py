"""Questionnaires, and their wording in each language."""

from django.db import models
from django.utils import timezone


class Instrument(models.Model):
    """One version of a questionnaire, loaded from its definition.

    Its scoring never changes once somebody has used it.
    """

    key = models.SlugField(max_length=40)
    version = models.CharField(max_length=20)
    definition = models.JSONField()
    loaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="instrument_version_unique")]

    def __str__(self):
        return f"{self.key} {self.version}"


class InstrumentText(models.Model):
    """The wording of an instrument in one language.

    A changed translation is a new revision.
    """

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
