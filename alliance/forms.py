"""Forms of a manager's pages. Each offers only what lies within the practices of `managers`, the acting memberships."""

import re
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

LONGEST_DELAY = 7 * 24 * 60  # minutes; convention of this app: later, nobody remembers the session
PHONE = RegexValidator(r"^\+?[0-9][0-9 ()./-]+$", _("Write a phone number, in digits."))

# C0 and C1 controls except line break and tab, and marks that turn, join or hide text without being seen.
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class PlainTextField(forms.CharField):
    """Words a person wrote: line breaks count once, and what cannot be seen is left out."""

    def to_python(self, value):
        value = super().to_python(value)
        return INVISIBLE.sub("", value.replace("\r\n", "\n")).strip() if value else value


ROLES = [
    ("therapist", _("Therapist: logs sessions and sees their own cases")),
    ("supervisor", _("Supervisor: reads the cases of the people assigned to them")),
    ("manager", _("Manager: people and settings, no clinical content")),
]


class InviteForm(forms.Form):
    practice = forms.ChoiceField(label=_("Practice"))
    name = PlainTextField(label=_("Name"), max_length=120, help_text=_("As colleagues know them."))
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, help_text=_("Used to sign in; a link to set a password is sent here.")
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), choices=ROLES, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, managers, **kwargs):
        super().__init__(*args, **kwargs)
        self.managers = {str(manager.practice.code): manager for manager in managers}
        self.fields["practice"].choices = [(code, manager.practice.name) for code, manager in self.managers.items()]
        if len(managers) == 1:
            del self.fields["practice"]

    @property
    def member(self):
        return {field: self.cleaned_data[field] for field in ("name", "email", "roles")}

    @property
    def by(self):
        """The manager who acts: the place of the signed-in person in the chosen practice."""
        return self.managers[self.cleaned_data.get("practice") or next(iter(self.managers))]


class AssignForm(forms.Form):
    supervisor = forms.ChoiceField(label=_("Supervisor"))
    therapist = forms.ChoiceField(
        label=_("Therapist"), help_text=_("The supervisor can read all cases of this therapist, from now on.")
    )

    def __init__(self, *args, staffs, **kwargs):
        super().__init__(*args, **kwargs)
        for role, field in self.fields.items():
            field.choices = [("", _("Choose"))] + [
                (str(member.code), f"{member.name}, {staff.practice}" if len(staffs) > 1 else member.name)
                for staff in staffs
                for member in staff.members
                if role in member.roles
            ]


class EndForm(forms.Form):
    """Nothing to fill in: it carries the sentence when the practice's rules say no."""


class ZoneField(forms.ChoiceField):
    """A place whose clock counts. The names of the database of zones, without those that are no place."""

    def __init__(self, *, empty="", **kwargs):
        zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
        choices = [("", empty)] if empty else []
        super().__init__(choices=[*choices, ("UTC", "UTC"), *((name, name) for name in zones)], **kwargs)


class PracticeForm(forms.Form):
    """What a manager decides for the whole practice."""

    name = PlainTextField(label=_("Name"), max_length=120)
    zone = ZoneField(label=_("Time zone"))
    crisis_phone = forms.CharField(
        label=_("Crisis line"),
        help_text=_("The practice's own. It stands on every page and in every message that a client sees."),
        required=False,
        max_length=40,
        validators=[PHONE],
    )
    emergency_phone = forms.CharField(
        label=_("Emergency number"),
        help_text=_("Any time, day or night."),
        required=False,
        max_length=40,
        validators=[PHONE],
    )
    check_in_delay_minutes = forms.IntegerField(
        label=_("Minutes from the end of a session to its check-in"), min_value=0, max_value=LONGEST_DELAY
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_to = forms.TimeField(label=_("Quiet until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    reminder_after_hours = forms.IntegerField(
        label=_("Hours to the one reminder"), help_text=_("0: no reminder."), min_value=0, max_value=7 * 24
    )
    link_days = forms.IntegerField(label=_("Days for which a link works"), min_value=1, max_value=60)
    shows_history = forms.BooleanField(label=_("Clients may see their own past answers."), required=False)
    is_live = forms.BooleanField(
        label=_("The practice is live: check-ins and reminders are sent by e-mail."), required=False
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("is_live") and not cleaned.get("crisis_phone") and "crisis_phone" not in self.errors:
            self.add_error(
                "crisis_phone",
                _("Without a crisis line the practice cannot be live: nobody reads the answers right away."),
            )
        return cleaned
