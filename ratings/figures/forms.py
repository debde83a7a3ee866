"""The form of what flags state."""

from django import forms
from django.db.models import TextChoices


class RecalibrationForm(forms.Form):
    """What to do, and the proposal that was seen."""

    class Deed(TextChoices):
        USE = "use"
        BACK = "back"

    deed = forms.ChoiceField(choices=Deed)
    shown = forms.CharField(required=False)
