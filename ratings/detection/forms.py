"""The forms of how flags are made, and of whether there was strain."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ratings.detection.actions import CHANGED_MEANWHILE
from ratings.detection.proposal import Choice
from ratings.findings import names
from ratings.models import StrainVerdict


class StrainForm(forms.Form):
    """Was there strain between the two?"""

    class CameFrom(TextChoices):
        TODAY = "today"

    strain = forms.ChoiceField(choices=StrainVerdict.Answer)
    came_from = forms.ChoiceField(choices=CameFrom, required=False)


class DetectionForm(forms.Form):
    """The budget, what counts and the rule: words for values of the detector."""

    shown_names = ("shown_version", "shown_choice")

    budget = forms.ChoiceField(
        label=_("How many flags"),
        choices=names.budgets,
        help_text=_("Quiet sessions are those without strain. The numbers come from our simulations."),
        widget=forms.RadioSelect,
    )
    use = forms.ChoiceField(
        label=_("What counts"),
        choices=names.uses,
        help_text=_("Behaviour helps only where it means what we assume. Leave it out until your verdicts say more."),
        widget=forms.RadioSelect,
    )
    clear_only = forms.BooleanField(
        label=_("Tell us of clear flags only."),
        help_text=_(
            "About half of the clear flags are right, and about one in four of the others, or one in seven at the "
            "watchful setting."
        ),
        required=False,
    )
    shadow = forms.BooleanField(
        label=_("Shadow mode: work everything out, store it, and show none of it."),
        help_text=_(
            "For a study. No flag, no usual range and no word of strain stands on any page. What people say stays: "
            "answers, comments, ticks of tension, what a therapist notices or names, and its repair. What the program "
            "found meanwhile counts as old when you untick this."
        ),
        required=False,
    )
    criterion = forms.ChoiceField(label=_("Rule"), choices=names.criteria)
    learn = forms.BooleanField(
        label=_("Learn anew from the latest cases of this practice."),
        help_text=_(
            "How people rate, how far therapists' ratings follow their clients', and, from 100 answers on, how often "
            "clients report strain where there was some. No page shows these figures."
        ),
        required=False,
    )

    renew = forms.BooleanField(label=_("Take over the newer figures."), required=False)
    shown_version = forms.UUIDField(widget=forms.HiddenInput, required=False)  # the one in force on the page
    shown_choice = forms.CharField(widget=forms.HiddenInput, required=False)  # the one whose changes were shown

    @property
    def cleaned_choice(self) -> dict[str, Any]:
        """The fields of a `Choice`; of a valid form."""
        return {name: given for name, given in self.cleaned_data.items() if name not in self.shown_names}

    @property
    def choice(self) -> Choice:
        """What a manager asks for; of a valid form."""
        return Choice(**self.cleaned_choice)

    @property
    def was_shown(self) -> bool:
        """Whether the page showed what this very choice changes; of a valid form."""
        return bool(self.cleaned_data["shown_choice"] == self.choice.shown)

    def show(self) -> None:
        """The form comes back with the choice whose changes are shown now; of a valid form."""
        self.data = {**dict(self.data.items()), "shown_choice": self.choice.shown}

    def clean(self):
        """Only a rule that says how likely a rupture is can tell clear flags from the others."""
        given = super().clean() or {}
        if given.get("shown_version") not in (None, self.initial["shown_version"]):
            self.refuse(str(CHANGED_MEANWHILE))
        if given.get("clear_only") and given.get("criterion") not in (None, *names.GRADED):
            self.add_error(
                "clear_only", _("Only our filter tells clear flags from the others. Choose it, or untick this.")
            )
        return given

    def refuse(self, sentence: str) -> None:
        """The form comes back as it was filled in, and knows what is in force now."""
        self.add_error(None, sentence)
        shown = {"shown_version": str(self.initial["shown_version"]), "shown_choice": ""}
        self.data = {**dict(self.data.items()), **shown}


class BackForm(forms.Form):
    """To go back to the settings before, as they were shown."""

    shown_version = forms.UUIDField(widget=forms.HiddenInput)  # the one in force on the page

    def clean_shown_version(self):
        """The version whose way back was shown must be in force still."""
        shown = self.cleaned_data["shown_version"]
        if shown != self.initial["shown_version"]:
            self.refuse(str(CHANGED_MEANWHILE), self.initial["shown_version"])
        return shown

    def refuse(self, sentence: str, in_force: UUID) -> None:
        """The form comes back, and knows what is in force now."""
        self.add_error(None, sentence)
        self.data = {**dict(self.data.items()), "shown_version": str(in_force)}
