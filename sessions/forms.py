"""Parsing for what happens in the room."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions.models import Attendance, Mode, TherapySession

USUAL_MINUTES = 50


class TherapySessionForm(forms.Form):
    """When, how, and whether the client came. Times are read in the zone that is active for the request."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(label=_("Start"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=480, initial=USUAL_MINUTES)
    mode = forms.ChoiceField(label=_("How you met"), choices=Mode, initial=Mode.IN_PERSON, widget=forms.RadioSelect)
    attendance = forms.ChoiceField(
        label=_("The client"),
        choices=[choice for choice in Attendance.choices if choice[0] != Attendance.PLANNED],
        initial=Attendance.ATTENDED,
        widget=forms.RadioSelect,
    )
    private_note = forms.CharField(
        label=_("Private note"),
        help_text=_("Only you will see it."),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args, episode, planned=None, **kwargs):
        self.episode, self.planned = episode, planned
        super().__init__(*args, **kwargs)

    def clean(self):
        cleaned = super().clean()
        day, time, minutes = (cleaned.get(name) for name in ("day", "time", "minutes"))
        if not (day and time and minutes):
            return cleaned
        starts_at = _in_current_zone(day, time)
        if starts_at > timezone.now() + timedelta(hours=1):
            self.add_error("day", _("This lies in the future. Log a session after it was held."))
        if starts_at < timezone.now() - timedelta(days=3 * 365):
            self.add_error("day", _("This is more than three years ago. Check the year."))
        others = TherapySession.objects.filter(episode=self.episode, starts_at=starts_at).standing()
        if self.planned:
            others = others.exclude(pk=self.planned.pk)
        if others.exists():
            self.add_error("time", _("There is already a session at this time."))
        if self.episode.ends_at and starts_at >= self.episode.ends_at:
            self.add_error("day", _("This therapy had ended by then."))
        cleaned["starts_at"], cleaned["ends_at"] = starts_at, starts_at + timedelta(minutes=minutes)
        return cleaned


def _in_current_zone(day, time):
    naive = timezone.datetime.combine(day, time)
    return naive.replace(tzinfo=timezone.get_current_timezone())


class GoalForm(forms.Form):
    text = forms.CharField(
        label=_("Goal"),
        help_text=_("In the client's words: “We are working on … so that I can …”"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
