"""The form of an export: which cases, why, and in which form."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alliance.models import DataExport, Membership

Extent = DataExport.Extent


@dataclass(frozen=True, slots=True)
class Offer:
    """Cases that somebody may take out, as one choice."""

    by: Membership
    extent: DataExport.Extent

    @property
    def value(self) -> str:
        return f"{self.extent}-{self.by.code}"

    @property
    def label(self) -> str:
        practice = {"practice": self.by.practice.name}
        if self.extent == Extent.PRACTICE:
            return gettext("All cases of %(practice)s, under pseudonyms") % practice
        return gettext("My own cases at %(practice)s") % practice


class ExportForm(forms.Form):
    """What to take out, and why."""

    cases = forms.ChoiceField(label=_("Which cases"))
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[("", ""), *DataExport.Reason.choices],
        help_text=_("It is kept, with your name and the day."),
        error_messages={"required": _("Say why.")},
    )
    keeps_names = forms.BooleanField(
        label=_("Names in place of pseudonyms"),
        help_text=_("To bring the cases into another installation. Whoever has the file knows who they are."),
        required=False,
    )
    is_shifted = forms.BooleanField(
        label=_("Shift the dates"),
        help_text=_("Each client’s by a time of their own, some months back. What lies between two days stays."),
        required=False,
        initial=True,
    )

    def __init__(self, *args, memberships, **kwargs):
        super().__init__(*args, **kwargs)
        self.offers = {offer.value: offer for offer in offers_of(memberships)}
        self.fields["cases"].choices = [(value, offer.label) for value, offer in self.offers.items()]
        if len(self.offers) == 1:
            del self.fields["cases"]
        if not any(offer.extent == Extent.OWN for offer in self.offers.values()):
            del self.fields["keeps_names"], self.fields["is_shifted"]

    def clean(self):
        cleaned = super().clean()
        if self.offer.extent == Extent.PRACTICE and cleaned.get("keeps_names"):
            self.add_error("keeps_names", _("Only your own cases can go out with names. Take this tick away."))
        return cleaned

    @property
    def offer(self):
        return self.offers[self.cleaned_data.get("cases") or next(iter(self.offers))]

    @property
    def form(self):
        """How clients are called, and whether their time is shifted, as the action takes it."""
        return {name: self.cleaned_data[name] for name in ("keeps_names", "is_shifted") if name in self.fields}


def offers_of(memberships):
    """What each membership may take out, the own cases first."""
    for membership in memberships:
        if membership.is_therapist:
            yield Offer(membership, Extent.OWN)
        if membership.is_manager:
            yield Offer(membership, Extent.PRACTICE)
