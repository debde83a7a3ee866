"""The form of a practice's settings."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import LONGEST_DELAY, PHONE, NumberField, PlainTextField, TimeOfDayField, ZoneField
from alliance.models import TherapistForm


class PracticeForm(forms.Form):
    """What a manager decides for the whole practice."""

    name = PlainTextField(label=_("Name"), max_length=120, error_messages={"required": _("Enter a name.")})
    zone = ZoneField(label=_("Time zone"))
    crisis_phone = forms.CharField(
        label=_("Crisis line"),
        help_text=_("The practice's own. It appears on every page and in every message that a client sees."),
        required=False,
        max_length=40,
        validators=[PHONE],
    )
    emergency_phone = forms.CharField(
        label=_("Emergency number"),
        help_text=_("For an emergency, day or night."),
        required=False,
        max_length=40,
        validators=[PHONE],
    )
    check_in_delay_minutes = NumberField(
        label=_("Send the check-in how many minutes after the session?"),
        min_value=0,
        max_value=LONGEST_DELAY,
        error_messages={"min_value": _("Enter 0 minutes or more.")},
    )
    quiet_from = TimeOfDayField(label=_("Quiet from"))
    quiet_to = TimeOfDayField(label=_("Quiet until"))
    reminder_after_hours = NumberField(
        label=_("Send one reminder after (hours)"), help_text=_("0 for none."), min_value=0, max_value=7 * 24
    )
    link_days = NumberField(label=_("Days for which a link works"), min_value=1, max_value=60)
    therapist_form = forms.ChoiceField(
        label=_("After a session, therapists answer"), choices=TherapistForm, widget=forms.RadioSelect
    )
    rates_first = forms.BooleanField(
        label=_("Therapists see a client's answers once they have rated the session themselves."),
        help_text=_("For answers from now on. They can also look without a rating; that is recorded."),
        required=False,
    )
    plan_every_sessions = NumberField(
        label=_("Ask about the plan every how many sessions?"),
        help_text=_("Goals and tasks, in the check-in. From the third session on. 0 for never."),
        min_value=0,
        max_value=52,
    )
    repair_within_sessions = NumberField(
        label=_("Sessions after which a supervisor is told that nothing was done about a rupture"),
        min_value=1,
        max_value=12,
    )
    unseen_after_days = NumberField(
        label=_("Days without a session after which a case leaves “Needs attention”"),
        help_text=_("It stays in the list of all cases."),
        min_value=7,
        max_value=730,
    )
    sight_waits = forms.BooleanField(
        label=_("A new supervisor reads a therapist's cases after a day, or when a second person agrees."),
        help_text=_("The therapist is told at once, and can object. Switching this off holds from tomorrow."),
        required=False,
    )
    shows_history = forms.BooleanField(label=_("Clients may see their own past answers."), required=False)
    names_readers = forms.BooleanField(
        label=_("Clients may see by name who can read their case."),
        help_text=_(
            "From every check-in that they can still answer: each person, what they can read and since when, and who "
            "opened the case in an emergency. Never an e-mail address. Names are left out for a client who did not "
            "agree that the therapist is named."
        ),
        required=False,
    )
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
