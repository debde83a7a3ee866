"""Forms that put a case into other hands."""

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_COVER = timedelta(days=366)  # convention of this app: who is away for longer hands over


class DayField(forms.DateField):
    """A day of the calendar, in the zone that is active for the request."""

    def __init__(self, **kwargs):
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"required": _("Choose a day."), "invalid": _("Write the day as 2026-12-31.")},
            **kwargs,
        )


def start_of(day):
    """The first instant of a day in the active zone."""
    return timezone.make_aware(datetime.combine(day, time()), timezone.get_current_timezone())


class ColleagueForm(forms.Form):
    """A choice among the colleagues who can take a case."""

    colleague = forms.ChoiceField(
        label=_("Colleague"),
        error_messages={"required": _("Choose a colleague."), "invalid_choice": _("They cannot take this case.")},
    )

    def __init__(self, *args, colleagues, **kwargs):
        super().__init__(*args, **kwargs)
        self.members = {str(colleague.membership.code): colleague.membership for colleague in colleagues}
        self.fields["colleague"].choices = [
            ("", _("Choose")),
            *((str(colleague.membership.code), colleague.label) for colleague in colleagues),
        ]

    @property
    def member(self):
        """The membership that was chosen."""
        return self.members[self.cleaned_data["colleague"]]


class CoverForm(ColleagueForm):
    """Who covers, on which days, and whether this case alone."""

    THIS, ALL = "this", "all"
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day"))
    extent = forms.ChoiceField(
        label=_("Which cases"),
        choices=[(THIS, _("This case")), (ALL, _("All my open cases in this practice"))],
        initial=THIS,
        widget=forms.RadioSelect,
    )

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        today = timezone.localdate()
        if first and first < today:
            self.add_error("first_day", _("This day is over. Choose today or a later one."))
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first."))
        elif last and last > today + LONGEST_COVER:
            self.add_error("last_day", _("A cover lasts a year at most. Hand the case over instead."))
        return cleaned

    @property
    def period(self):
        """The instants from which and until which the cover holds; a first day of today begins now."""
        first, last = self.cleaned_data["first_day"], self.cleaned_data["last_day"]
        return {
            "starts_at": max(start_of(first), timezone.now()),
            "ends_at": start_of(last + timedelta(days=1)),
        }
