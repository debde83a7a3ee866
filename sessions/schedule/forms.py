"""Forms of therapy sessions."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.dates import DateFormat, written, zone_in_words
from alliance.form_fields import DayField, NumberField, PlainTextField, TimeOfDayField
from sessions.models import Attendance, Mode, TherapySession
from sessions.schedule.times import NoSuchTime, instant

SESSION_MINUTES = 50
LONGEST_AHEAD = timedelta(days=365)  # convention of this app: a later day is a slip of the year
LONGEST_AGO = timedelta(days=3 * 365)  # convention of this app: so is an earlier one
CLOCKS_DIFFER = timedelta(hours=1)  # convention of this app: the wall clock of a room may be ahead of the server's
FUTURE = _("This date is in the future. Log the session once it has taken place.")
LATER_TODAY = _("This is later today. Log the session once it has taken place.")
TAKEN = _("There is already a session at this time.")
LEFT_OUT = _("The clock goes forward over this time; it does not exist that day.")
AHEAD = (Attendance.CANCELLED, Attendance.CANCELLED_LATE)  # what may be said before the session


def times_of(therapy_session: TherapySession) -> dict[str, Any]:
    """The fields of a session's time, as a form shows them in the zone that is active."""
    start = timezone.localtime(therapy_session.starts_at)
    minutes = (therapy_session.ends_at - therapy_session.starts_at) // timedelta(minutes=1)
    return {"day": start.date(), "time": start.time(), "minutes": minutes}


class AcceptedMixin(forms.Form):
    """A form whose warnings may be read and accepted: sent once more, it goes through."""

    accepted = forms.BooleanField(label=_("Plan it all the same"), required=False)
    nothing_done = _("Please read this first. Nothing is planned yet.")
    warnings: Sequence[str] = ()

    def warn(self, warnings: Sequence[str]) -> None:
        """Shows the form again with what should be known first, and the box to accept it."""
        self.warnings = warnings
        self.add_error(None, self.nothing_done)


class TherapySessionForm(forms.Form):
    """When a session was, how you met, and whether the client came.

    Times are read in the zone that is active for the request.
    """

    day = DayField(label=_("Day"))
    time = TimeOfDayField(label=_("Start"))
    minutes = NumberField(label=_("Minutes"), min_value=5, max_value=480, initial=SESSION_MINUTES)
    mode = forms.ChoiceField(label=_("Mode"), choices=Mode, initial=Mode.IN_PERSON, widget=forms.RadioSelect)
    attendance = forms.ChoiceField(
        label=_("Attendance"),
        choices=[choice for choice in Attendance.choices if choice[0] != Attendance.PLANNED],
        initial=Attendance.ATTENDED,
        widget=forms.RadioSelect,
    )
    private_note = PlainTextField(
        label=_("Private note"),
        help_text=_("Your supervisor can’t read it."),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    may_be_future = False

    def __init__(self, *args, episode, on_record=None, **kwargs):
        """`on_record`: the stored session, planned or held; None for a new one."""
        self.episode, self.on_record = episode, on_record
        super().__init__(*args, **kwargs)

    def clean(self):
        cleaned = super().clean()
        day, time, minutes = (cleaned.get(name) for name in ("day", "time", "minutes"))
        if not (day and time and minutes):
            return cleaned
        today = timezone.localdate()
        if day > today + LONGEST_AHEAD:  # first: a day of the year 9999 may have no instant
            self.add_error("day", FUTURE)
        elif day < today - LONGEST_AGO:
            self.add_error("day", _("This is more than three years ago. Check the year."))
        else:
            self._clean_start(cleaned, day, time, timedelta(minutes=minutes))
        return cleaned

    def _clean_start(self, cleaned, day, time, length):
        """Turns the local time into instants, and checks them."""
        try:
            starts_at = self._instant(day, time, timezone.get_current_timezone())
        except NoSuchTime:
            self.add_error("time", LEFT_OUT)
            return
        cleaned["starts_at"], cleaned["ends_at"] = starts_at, starts_at + length
        ahead = self.may_be_future or cleaned.get("attendance") in AHEAD
        if starts_at > timezone.now() + CLOCKS_DIFFER and not ahead:
            later_today = day == timezone.localdate()
            self.add_error(*("time", LATER_TODAY) if later_today else ("day", FUTURE))
        if self.episode.ends_at and starts_at >= self.episode.ends_at:
            self.add_error("day", _("This therapy had ended by then."))
        if self._is_taken(starts_at):
            self.add_error("time", TAKEN)
        elif cleaned.get("attendance") not in AHEAD and (other := self._overlapped(starts_at, starts_at + length)):
            local = timezone.localtime(other.starts_at)
            at = {"at": written(local, DateFormat.TIME), "n": (other.ends_at - other.starts_at) // timedelta(minutes=1)}
            self.add_error("time", _("This overlaps the session at %(at)s, which lasts %(n)s minutes.") % at)

    def _instant(self, day, time, zone):
        """The instant at which a clock on the wall shows this.

        When it goes back at night, the first of the two is meant; unless the session on record stands at the second
        and its time is left as it was.
        """
        if self.on_record:
            on_record = self.on_record.starts_at.replace(second=0, microsecond=0)
            local = on_record.astimezone(zone)
            if (local.date(), local.time()) == (day, time):
                return on_record
        return instant(day, time, zone)

    def _others(self):
        return TherapySession.objects.filter(episode=self.episode).exclude(pk=self.on_record and self.on_record.pk)

    def _is_taken(self, starts_at):
        return self._others().not_voided().filter(starts_at=starts_at).exists()

    def _overlapped(self, starts_at, ends_at):
        """Another session of the same client in this time."""
        return self._others().taking_time().overlapping(starts_at, ends_at).order_by("starts_at").first()

    def says_taken(self):
        """Whether another session has taken the time meanwhile; adds the error then.

        To be called after the database has refused the row.
        """
        is_taken = self._is_taken(self.cleaned_data["starts_at"])
        if is_taken:
            self.add_error("time", TAKEN)
        return is_taken


class SessionMoveForm(AcceptedMixin, TherapySessionForm):
    """Another time for a stored session; a held one cannot move into the future."""

    nothing_done = _("Please read this first. Nothing is saved yet.")

    mode = attendance = private_note = None  # type: ignore[assignment]  # so Django leaves an inherited field out

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["accepted"].label = _("Save it all the same")
        self.may_be_future = self.on_record.attendance == Attendance.PLANNED
        self.fields["time"].help_text = zone_in_words(timezone.get_current_timezone_name())
