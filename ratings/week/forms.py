"""Forms of the week: sessions planned, moved, cancelled, and a leave. Times are read in the zone of the request."""

from datetime import datetime, time, timedelta
from itertools import islice, takewhile

from django import forms
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from alliance import access
from alliance.form_fields import DayField, NumberField, TimeOfDayField
from alliance.form_keys import KeyedForm
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS
from ratings.cases.apart import names_apart
from ratings.week.actions import no_such_time
from ratings.week.leave import LeaveChoice
from sessions.models import CancelledBy, Mode
from sessions.schedule import times
from sessions.schedule.clashes import LONGEST_AHEAD, MOST_IN_A_SERIES, on_leave
from sessions.schedule.forms import SESSION_MINUTES, AcceptedMixin
from sessions.schedule.times import NoSuchTime

MOST_WEEKS_APART = 8  # convention of this app
LONGEST_LEAVE = timedelta(days=366)  # convention of this app: a longer one is a slip of the year
TOO_FAR = _("This is more than a year ahead. Check the year.")
TOO_MANY = _("A series has at most %(limit_value)s sessions: a year of weeks.")
ONCE = "0"
NOT_CHOSEN = ("", _("Choose"))  # no answer stands there that nobody gave


def repeats():
    """How far apart the sessions of a series may be."""
    weeks = [(str(n), _("Every %(n)s weeks") % {"n": n}) for n in range(2, MOST_WEEKS_APART + 1)]
    return [(ONCE, _("Once")), ("1", _("Every week")), *weeks]


class PlanForm(AcceptedMixin, KeyedForm):
    """One session, or a series of them."""

    case = forms.ChoiceField(label=_("Client"), error_messages={"required": _("Choose the client.")})
    day = DayField(label=_("Day"))
    time = TimeOfDayField(label=_("Start"))
    minutes = NumberField(label=_("Minutes"), min_value=5, max_value=480, initial=SESSION_MINUTES)
    mode = forms.ChoiceField(label=_("Mode"), choices=Mode, initial=Mode.IN_PERSON)
    repeat = forms.ChoiceField(label=_("Repeat"), choices=repeats, initial=ONCE)
    count = NumberField(
        label=_("How many times"),
        min_value=1,
        max_value=MOST_IN_A_SERIES,
        required=False,
        error_messages={"max_value": TOO_MANY},
    )
    until = DayField(label=_("Or until"), required=False)

    def __init__(self, *args, cases, user, **kwargs):
        """`cases`: the episodes in which the user may plan."""
        super().__init__(*args, **kwargs)
        self.user = user
        self.episodes = {str(episode.code): episode for episode in cases}
        names = names_apart(self.episodes.values())
        by_name = sorted(names.items(), key=lambda item: item[1].casefold())
        named = [(code, self._name(self.episodes[code], name)) for code, name in by_name]
        self.fields["case"].choices = named if len(named) == 1 else [NOT_CHOSEN, *named]

    def _name(self, episode, name):
        """The client, and for whom where it is a colleague's case."""
        if episode.of_user == self.user.pk:
            return name
        return _("%(name)s, for %(therapist)s") % {"name": name, "therapist": episode.therapist.display_name}

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        every, count, until = int(cleaned["repeat"]), cleaned["count"], cleaned["until"]
        if not every and (until or (count or 1) > 1):
            self.add_error("repeat", _("Choose how often it repeats, or leave “How many times” and “until” empty."))
        elif every and not (count or until):
            self.add_error("count", _("Say how many times, or until which day."))
        elif every and count and until:
            self.add_error("until", _("Say how many times or until which day, not both."))
        elif every and until and until < cleaned["day"]:
            self.add_error("until", _("This is before the first day."))
        elif cleaned["day"] < timezone.localdate():  # first: a day of the year 1 may have no instant
            self.add_error("day", _("This lies in the past. A session that has taken place is logged."))
        elif max(cleaned["day"], until or cleaned["day"]) > timezone.localdate() + LONGEST_AHEAD:
            self.add_error("until" if until else "day", TOO_FAR)
        else:
            self._clean_spans(cleaned, every, count, until)
        return cleaned

    def _clean_spans(self, cleaned, every, count, until):
        """Works out the sessions. Days of leave don't count towards how many times."""
        zone, last = timezone.get_current_timezone(), until or timezone.localdate() + LONGEST_AHEAD
        days = [cleaned["day"]]
        if every:
            days = list(takewhile(lambda day: day <= last, times.series_days(cleaned["day"], every)))
        try:
            spans = [times.span(day, cleaned["time"], cleaned["minutes"], zone) for day in days]
        except NoSuchTime as error:
            self.add_error("time", no_such_time(error.day))
            return
        if every and count:
            away = on_leave(self.editor, spans)
            kept = [one for one in spans if one not in away]
            if len(kept) < count:
                self.add_error("count", TOO_FAR)
                return
            end = list(islice(kept, count))[-1]
            spans = [one for one in spans if one.starts_at <= end.starts_at]
        cleaned["spans"] = spans

    @cached_property
    def episode(self):
        chosen = self.episodes[self.cleaned_data["case"]]
        return Episode.objects.select_related(*EPISODE_NEEDS).get(pk=chosen.pk)

    @cached_property
    def editor(self):
        return access.check_log(self.user, self.episode)

    @property
    def every_weeks(self):
        return int(self.cleaned_data["repeat"]) or None

    def matches(self, row):
        return (row.episode_id, row.mode) == (self.episode.pk, self.cleaned_data["mode"]) and row.starts_at in {
            one.starts_at for one in self.cleaned_data["spans"]
        }


class MoveForm(AcceptedMixin):
    """Another day or time for a planned session, and for the rest of its series."""

    day = DayField(label=_("Move to"))
    time = TimeOfDayField(label=_("Start"))
    with_rest = forms.BooleanField(label=_("and the later ones of this series alike"), required=False)

    def __init__(self, *args, planned, **kwargs):
        super().__init__(*args, auto_id="move_%s", **kwargs)
        self.planned = planned
        local = timezone.localtime(planned.starts_at)
        self.initial = {"day": local.date(), "time": local.time()}
        if planned.series_id is None:
            del self.fields["with_rest"]

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > timezone.localdate() + LONGEST_AHEAD:
            raise forms.ValidationError(TOO_FAR)
        if day < timezone.localdate() - LONGEST_AHEAD:
            raise forms.ValidationError(_("This lies in the past. Check the year."))
        return day

    @property
    def by_days(self):
        return (self.cleaned_data["day"] - timezone.localdate(self.planned.starts_at)).days


class Cancellation(TextChoices):
    """Who cancelled, and whether in time."""

    CLIENT = "client", _("The client, ahead")
    CLIENT_LATE = "client_late", _("The client, late")
    THERAPIST = "therapist", _("You")
    PRACTICE = "practice", _("The practice")


class CancelForm(AcceptedMixin):
    """By whom a planned session is cancelled, and when that was said."""

    nothing_done = _("Please read this first. Nothing is cancelled yet.")
    who = forms.ChoiceField(
        label=_("Cancelled by"),
        choices=[NOT_CHOSEN, *Cancellation.choices],
        error_messages={"required": _("Say who cancelled.")},
    )
    told_on = DayField(label=_("Told on"))
    with_rest = forms.BooleanField(label=_("and the later ones of this series"), required=False)

    def __init__(self, *args, planned, is_covered=False, **kwargs):
        """`is_covered`: somebody fills it in for the therapist of the session."""
        super().__init__(*args, auto_id="cancel_%s", **kwargs)
        self.initial = {"told_on": timezone.localdate()}
        self.fields["accepted"].label = _("Cancel them all the same")
        if is_covered:
            labels = dict(Cancellation.choices) | {Cancellation.THERAPIST: _("The therapist")}
            self.fields["who"].choices = [NOT_CHOSEN, *labels.items()]
        if planned.series_id is None:
            del self.fields["with_rest"]

    def clean_told_on(self):
        day = self.cleaned_data["told_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        if day < timezone.localdate() - LONGEST_AHEAD:
            raise forms.ValidationError(_("This is more than a year ago. Check the year."))
        return day

    @property
    def told_at(self):
        """An instant for a day without an hour: noon, or now."""
        noon = datetime.combine(self.cleaned_data["told_on"], time(12), timezone.get_current_timezone())
        return min(noon, timezone.now())

    @property
    def cancelled_by(self):
        who = self.cleaned_data["who"]
        return CancelledBy.CLIENT if who == Cancellation.CLIENT_LATE else CancelledBy(who)

    @property
    def is_late(self):
        return self.cleaned_data["who"] == Cancellation.CLIENT_LATE


class LeaveForm(KeyedForm):
    """From which day to which somebody is away, and what becomes of the sessions."""

    first = DayField(label=_("From"))
    last = DayField(label=_("To"))
    choice = forms.ChoiceField(
        label=_("The sessions that fall into it"),
        choices=[NOT_CHOSEN, *LeaveChoice.choices],
        required=False,  # asked for where some do
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="leave_%s", **kwargs)

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if not (first and last):
            return cleaned
        today = timezone.localdate()
        if last < first:
            self.add_error("last", _("The last day is before the first."))
        elif last - first > LONGEST_LEAVE or not -LONGEST_AHEAD < first - today < LONGEST_AHEAD:
            self.add_error("last", _("Such a leave is more than a year long or away. Check the years."))
        return cleaned

    @property
    def chosen(self):
        return LeaveChoice(self.cleaned_data["choice"]) if self.cleaned_data["choice"] else None

    def ask_choice(self):
        self.add_error("choice", _("Choose what becomes of them."))

    def matches(self, leave):
        start, end = timezone.localdate(leave.starts_at), timezone.localdate(leave.ends_at) - timedelta(days=1)
        return (start, end) == (self.cleaned_data["first"], self.cleaned_data["last"])
