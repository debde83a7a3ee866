"""The forms of how flags are made, and of whether there was strain."""

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ratings.detection.actions import CHANGED_MEANWHILE
from ratings.findings import names
from ratings.models import StrainVerdict
from ratings.psychometrics.evidence import Budget, Use


class StrainForm(forms.Form):
    """Was there strain between the two?"""

    class CameFrom(TextChoices):
        TODAY = "today"

    strain = forms.ChoiceField(choices=StrainVerdict.Answer)
    came_from = forms.ChoiceField(choices=CameFrom, required=False)


class DetectionForm(forms.Form):
    """The budget, what counts and the rule: words for values of the detector."""

    budget = forms.ChoiceField(
        label=_("How many flags"),
        choices=[
            (Budget.QUIET, _("Quiet: about 2 new flags in 100 quiet sessions")),
            (Budget.NORMAL, _("Normal: about 5")),
            (Budget.WATCHFUL, _("Watchful: about 10")),
        ],
        widget=forms.RadioSelect,
    )
    use = forms.ChoiceField(
        label=_("What counts"),
        choices=[
            (Use.CLIENT, _("The client's answers only")),
            (Use.BOTH, _("The client's and the therapist's answers")),
            (Use.ALL, _("Also what happens: missed sessions, check-ins not answered, shorter comments")),
        ],
        help_text=_("Behaviour helps only where it means what we assume. Leave it out until your verdicts say more."),
        widget=forms.RadioSelect,
    )
    clear_only = forms.BooleanField(
        label=_("Tell us of clear flags only."),
        help_text=_("About half of the clear flags are right, and about one in four of the others."),
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
        help_text=_("How people rate, and how far therapists' ratings follow their clients'. No page shows that."),
        required=False,
    )

    renew = forms.BooleanField(label=_("Take over the newer figures."), required=False)
    shown_version = forms.UUIDField(widget=forms.HiddenInput, required=False)  # the one in force on the page

    def clean(self):
        """Only a rule that says how likely a rupture is can tell clear flags from the others."""
        given = super().clean() or {}
        if given.pop("shown_version", None) not in (None, self.initial["shown_version"]):
            self.refuse(str(CHANGED_MEANWHILE))
        if given.get("clear_only") and given.get("criterion") not in (None, *names.GRADED):
            self.add_error(
                "clear_only", _("Only our filter tells clear flags from the others. Choose it, or untick this.")
            )
        return given

    def refuse(self, sentence: str) -> None:
        """The form comes back as it was filled in, and knows what is in force now."""
        self.add_error(None, sentence)
        self.data = {**dict(self.data.items()), "shown_version": str(self.initial["shown_version"])}
