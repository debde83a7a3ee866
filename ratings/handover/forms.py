"""Forms that put a case into other hands."""

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import DayField
from alliance.models import HistoryShare
from alliance.people.forms import SightAnswerForm
from ratings.handover.actions import Choice, What
from sessions.schedule.forms import AcceptedMixin

LONGEST_NOTICE = timedelta(days=2 * 366)  # convention of this app: a later day is a slip of the year
LONGEST_COVER = timedelta(days=366)  # convention of this app: who is away for longer hands over


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


class TakingForm(AcceptedMixin, ColleagueForm):
    """A colleague takes what is planned: they may have other sessions then, or be on leave."""

    nothing_done = _("Please read this first. Nothing is saved yet.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["accepted"].label = _("Save it all the same")


class CoverForm(TakingForm):
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


class HandOverForm(TakingForm):
    """Who takes the case over, and what the client lets them see."""

    extent = forms.ChoiceField(
        label=_("What goes along, as the client decides"),
        choices=[("", _("Nothing, or not asked yet")), *HistoryShare.Extent.choices],
        initial="",
        required=False,
        widget=forms.RadioSelect,
    )


class ShareForm(forms.Form):
    """What the client lets the therapist see of the therapy before."""

    extent = forms.ChoiceField(
        label=_("What the client lets you see"),
        choices=[("", _("Nothing, or not asked yet")), *HistoryShare.Extent.choices],
        required=False,
        widget=forms.RadioSelect,
    )


class TakeForm(AcceptedMixin, SightAnswerForm):
    """Accepts or declines a case that was offered."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["accepted"].label = _("Take it all the same, and move these sessions in my week")


class SettleForm(forms.Form):
    """What becomes of each case: a choice for each, and the last day of the covers.

    `by`: the manager who chooses, where they stay.
    """

    covered_until = DayField(
        label=_("Last day of each cover"), help_text=_("Only where a colleague covers."), required=False
    )

    def __init__(self, *args, cases, colleagues, by=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases = {f"case_{case.code}": case for case in cases}
        self.members = {str(colleague.membership.code): colleague.membership for colleague in colleagues}
        handed, covered = (
            [(f"{what}:{found.membership.code}", said % {"name": found.label}) for found in colleagues]
            for what, said in (
                (What.HAND_OVER, _("Hand over to %(name)s")),
                (What.COVER, _("Cover by %(name)s")),
            )
        )
        for name, case in self.cases.items():
            label = _("What happens to case %(code)s") % {"code": case.short_code}
            options = [("", _("Not yet")), *handed]
            if case.is_ended:
                # The manager's own: nobody else could read what waits there.
                if by and by.is_therapist and case.therapist_code == by.code:
                    self.members[str(by.code)] = by
                    options.append((f"{What.HAND_OVER}:{by.code}", _("Read it in a new case of yours")))
                options.append((What.LEAVE_UNREAD, _("Leave it unread")))
            else:
                options += [*covered, (What.END, _("End the therapy"))]
                options += [(What.LEAVE_UNREAD, _("End it, and leave it unread"))] * case.left.says_something
            self.fields[name] = forms.ChoiceField(label=label, choices=options, required=False)

    @property
    def open_cases(self):
        return [case for case in self.cases.values() if not case.is_ended]

    @property
    def ended_cases(self):
        return [case for case in self.cases.values() if case.is_ended]

    @property
    def case_fields(self):
        """(case, bound field) of each case."""
        return [(case, self[name]) for name, case in self.cases.items()]

    def clean(self):
        cleaned = super().clean()
        covers = any((cleaned.get(name) or "").startswith(What.COVER) for name in self.cases)
        if covers and not cleaned.get("covered_until") and "covered_until" not in self.errors:
            self.add_error("covered_until", _("Choose the last day of the cover."))
        elif covers and cleaned.get("covered_until") and cleaned["covered_until"] < timezone.localdate():
            self.add_error("covered_until", _("This day is over. Choose today or a later one."))
        return cleaned

    @property
    def choices(self):
        """What was chosen; a case that is left for later is absent."""
        day = self.cleaned_data.get("covered_until")
        found = []
        for name, case in self.cases.items():
            what, _colon, member = self.cleaned_data[name].partition(":")
            if what:
                until = start_of(day + timedelta(days=1)) if day and what == What.COVER else None
                found.append(Choice(case.code, What(what), self.members.get(member), until))
        return found


class LeavingForm(SettleForm):
    """When somebody's place ends, and what becomes of their cases."""

    NOW, LATER, ROLE = "now", "later", "role"
    when = forms.ChoiceField(
        label=_("When"),
        choices=[(NOW, _("Now")), (LATER, _("After a coming day"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    last_day = DayField(label=_("Last day here"), required=False)

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        if member.is_therapist and (member.is_supervisor or member.is_manager):
            role = (self.ROLE, _("Now, and only as a therapist: they keep their other roles"))
            self.fields["when"].choices = [*self.fields["when"].choices, role]

    def clean(self):
        cleaned = super().clean()
        when, last_day = cleaned.get("when"), cleaned.get("last_day")
        if when == self.LATER and not last_day and "last_day" not in self.errors:
            self.add_error("last_day", _("Choose a day."))
        elif when == self.LATER and last_day and last_day < timezone.localdate():
            self.add_error("last_day", _("This day is over. Choose today or a later one."))
        elif when == self.LATER and last_day and last_day > timezone.localdate() + LONGEST_NOTICE:
            self.add_error("last_day", _("This is more than two years away. Check the year."))
        if when in (self.NOW, self.ROLE):
            for name in self.cases:
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Choose what happens to this case."))
        return cleaned

    @property
    def ends_at(self):
        """The instant at which the place ends; None: now."""
        if self.cleaned_data["when"] != self.LATER:
            return None
        return start_of(self.cleaned_data["last_day"] + timedelta(days=1))

    @property
    def as_therapist_only(self):
        return self.cleaned_data["when"] == self.ROLE
