"""Forms about people.

Each offers only what lies within the practices of `managers`, the acting memberships.
"""

from collections import Counter

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.dates import DateFormat, day
from alliance.form_fields import DayAhead, DayField, PlainTextField
from alliance.models import Membership, SightAnswer
from alliance.names import folded
from alliance.people.roles import MemberRole
from alliance.people.sight import Days
from alliance.people.supervisors import case_by_code
from alliance.scopes import live_therapists

AHEAD = DayAhead(years=3)  # convention of this app

ROLES = [
    (MemberRole.THERAPIST, _("Therapist: logs sessions and sees their own cases")),
    (MemberRole.SUPERVISOR, _("Supervisor: reads the cases of the people assigned to them")),
    (MemberRole.MANAGER, _("Manager: people, settings and counts; a case only in an emergency")),
]


class InviteForm(forms.Form):
    practice = forms.ChoiceField(label=_("Practice"))
    name = PlainTextField(
        label=_("Name"),
        max_length=120,
        help_text=_("As colleagues know them."),
        error_messages={"required": _("Enter a name.")},
    )
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
    def by(self):
        """The acting membership: the manager's own in the chosen practice."""
        return self.managers[self.cleaned_data.get("practice") or next(iter(self.managers))]


class RolesForm(forms.Form):
    """The roles of somebody who has a place."""

    roles = forms.TypedMultipleChoiceField(
        label=_("Roles"),
        choices=ROLES,
        coerce=MemberRole,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role. To end their place, remove their access.")},
    )


def named_apart(people):
    """Choices (code, name) by name, from (code, name, e-mail); who shares a name has the e-mail behind it."""
    times = Counter(folded(name) for _code, name, _email in people)
    choices = [(code, f"{name}, {email}" if times[folded(name)] > 1 else name) for code, name, email in people]
    return sorted(choices, key=lambda choice: folded(choice[1]))


class DaysForm(forms.Form):
    """For which days somebody is asked to supervise."""

    first_day = DayField(
        label=_("First day"), required=False, validators=[AHEAD], help_text=_("Leave blank to begin now.")
    )
    last_day = DayField(label=_("Last day"), required=False, validators=[AHEAD], help_text=_("Leave blank for no end."))

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first."))
        return cleaned

    @property
    def days(self):
        return Days(self.cleaned_data["first_day"], self.cleaned_data["last_day"])


class EndForm(forms.Form):
    """When an assignment ends."""

    last_day = DayField(
        label=_("Last day"), required=False, validators=[AHEAD], help_text=_("Leave blank to end it now.")
    )


class AssignForm(DaysForm):
    supervisor = forms.ChoiceField(label=_("Supervisor"))
    therapist = forms.ChoiceField(
        label=_("Therapist"), help_text=_("The supervisor can then read all cases of this therapist.")
    )

    def __init__(self, *args, staffs, **kwargs):
        super().__init__(*args, **kwargs)
        self.staffs = staffs
        for role in MemberRole.SUPERVISOR, MemberRole.THERAPIST:
            people = [
                (str(member.code), f"{member.name}, {staff.practice}" if len(staffs) > 1 else member.name, member.email)
                for staff in staffs
                for member in staff.members
                if role in member.roles
            ]
            self.fields[role].choices = [("", _("Choose")), *named_apart(people)]

    @property
    def zone(self):
        """The clock that judges the days: of the practice whose supervisor is chosen; until then, of the first."""
        chosen = self["supervisor"].value() or ""
        return next((staff.zone for staff in self.staffs if staff.has_member(chosen)), self.staffs[0].zone)

    @property
    def codes(self):
        """Role -> the code of who was chosen."""
        return {role.value: self.cleaned_data[role] for role in (MemberRole.SUPERVISOR, MemberRole.THERAPIST)}


class CaseSupervisorForm(DaysForm):
    """A supervisor for one case of a therapist; the case by its code."""

    case = forms.ChoiceField(
        label=_("Case"),
        help_text=_("By its code. It stands at the end of the page of the case, where the therapist sees it."),
        error_messages={"invalid_choice": _("This is no open case of theirs. Choose another one.")},
    )
    supervisor = forms.ChoiceField(label=_("Supervisor"), help_text=_("They can then read this case."))

    def __init__(self, *args, cases, staff, therapist, **kwargs):
        super().__init__(*args, **kwargs)
        by_code = [(str(case.code), _case_label(case)) for case in cases]
        self.fields["case"].choices = [("", _("Choose")), *by_code]
        people = [
            (str(member.code), member.name, member.email)
            for member in staff.members
            if MemberRole.SUPERVISOR in member.roles and member.code != therapist.code
        ]
        self.fields["supervisor"].choices = [("", _("Choose")), *named_apart(people)]

    @property
    def chosen(self):
        return {
            "episode": case_by_code(self.cleaned_data["case"]),
            "supervisor": Membership.objects.select_related("practice").get(code=self.cleaned_data["supervisor"]),
            "days": self.days,
        }


def _case_label(case):
    names = {"code": case.short_code, "day": day(case.starts_at, DateFormat.SHORT)}
    if not case.own_supervisors:
        return _("%(code)s, open since %(day)s") % names
    names["supervisors"] = ", ".join(case.own_supervisors)
    return _("%(code)s, open since %(day)s, supervised by %(supervisors)s") % names


class EmergencyForm(forms.Form):
    """Whose case is opened, and why. The client's name has to be known: no list shows it."""

    therapist = forms.ChoiceField(label=_("Therapist"))
    client = PlainTextField(
        label=_("Client"),
        max_length=120,
        help_text=_("The name under which the therapist knows them."),
        error_messages={"required": _("Enter the client's name.")},
    )
    why = PlainTextField(
        label=_("Why now?"),
        max_length=2000,
        help_text=_("One or two sentences. The therapist, supervisors and managers read this, and it stays on record."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why.")},
    )

    def __init__(self, *args, memberships, **kwargs):
        super().__init__(*args, **kwargs)
        self.memberships = {membership.practice_id: membership for membership in memberships}
        rows = live_therapists().filter(practice__in=self.memberships).select_related("user", "practice__data_key")
        self.therapists = {str(row.code): row for row in rows}
        people = [(code, row.display_name, row.user.email) for code, row in self.therapists.items()]
        self.fields["therapist"].choices = [("", _("Choose")), *named_apart(people)]

    @property
    def chosen(self):
        """The therapist, and the membership with which the user opens the case."""
        therapist = self.therapists[self.cleaned_data["therapist"]]
        return therapist, self.memberships[therapist.practice_id]


class SightAnswerForm(forms.Form):
    """One of two buttons under an assignment that is not open yet."""

    answer = forms.TypedChoiceField(choices=SightAnswer, coerce=SightAnswer)


class OfferAnswerForm(forms.Form):
    """Yes or no to a place in another practice."""

    answer = forms.ChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))])

    @property
    def accepts(self):
        return self.cleaned_data["answer"] == "yes"
