"""Forms for a new case, the end of a therapy, and a search."""

from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.clients.wordings import wording_in_force
from alliance.dates import zone_in_words
from alliance.form_fields import DayField, PlainTextField, TimeOfDayField
from alliance.form_keys import KeyedForm
from alliance.models import Consent, EndReason
from ratings.cases.own import Only, OwnAsked, Sort
from ratings.cases.register import Asked, Missing, Order, State, Unseen
from ratings.check_in.forms import YesNoField
from ratings.findings.date_axis import Show
from sessions.models import Mode, TherapySession
from sessions.schedule import times
from sessions.schedule.clashes import LONGEST_AHEAD
from sessions.schedule.forms import LEFT_OUT, SESSION_MINUTES


class CaseForm(KeyedForm):
    """A new client with the first episode: as little as possible."""

    practice = forms.ChoiceField(label=_("Practice"))
    name = PlainTextField(
        label=_("Name or pseudonym"),
        help_text=_("As you want to see it in your lists. A pseudonym is enough."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a name.")},
    )
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("For check-in links later. Leave empty to show links on your screen."),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    goal = PlainTextField(
        label=_("First goal"),
        help_text=_("In the client's words: “We are working on … so that I can …”. It can wait."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    agrees_to_email = forms.BooleanField(
        label=_("The client agreed to receive e-mail."),
        help_text=wording_in_force(Consent.Purpose.EMAIL).text,
        required=False,
    )
    first_day = DayField(
        label=_("First session"),
        help_text=_("It stands in your week then, and the check-in goes out after it. It can wait."),
        required=False,
    )
    first_time = TimeOfDayField(label=_("Start"), required=False)
    # Never ticked beforehand: what nobody said is no consent.
    consents_to_check_ins = forms.BooleanField(
        label=_("The client agreed to answer check-ins after sessions."),
        help_text=wording_in_force(Consent.Purpose.CHECK_IN).text,
        required=False,
    )

    def __init__(self, *args, memberships, **kwargs):
        super().__init__(*args, **kwargs)
        self.memberships = {str(membership.practice.code): membership for membership in memberships}
        self.fields["practice"].choices = [
            (code, membership.practice.name) for code, membership in self.memberships.items()
        ]
        zones = {membership.practice.zone for membership in memberships}
        self.fields["first_time"].help_text = (
            zone_in_words(*zones) if len(zones) == 1 else _("By the clock of that practice.")
        )
        if len(memberships) == 1:
            del self.fields["practice"]

    def clean(self):
        cleaned = super().clean()
        if cleaned["agrees_to_email"] and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Without an address nobody can be written to."))
        if not self.errors:
            cleaned["first_session"] = self._first_session(cleaned["first_day"], cleaned["first_time"])
        return cleaned

    def _first_session(self, day, time):
        """When the first session is; None where it is left open, or can't be so."""
        if day is None and time is None:
            return None
        today = timezone.localdate(timezone=self.zone)
        if day is None or time is None:
            name, sentence = (
                ("first_time", _("Enter the time, too.")) if day else ("first_day", _("Enter the day, too."))
            )
        elif day < today:
            name, sentence = "first_day", _("This lies in the past. Log that session once the case is open.")
        elif day > today + LONGEST_AHEAD:
            name, sentence = "first_day", _("This is more than a year ahead. Check the year.")
        else:
            try:
                return times.span(day, time, SESSION_MINUTES, self.zone)
            except times.NoSuchTime:
                name, sentence = "first_time", LEFT_OUT
        self.add_error(name, sentence)
        return None

    @property
    def membership(self):
        """The therapist's membership in the practice that the client comes to."""
        return self.memberships[self.cleaned_data.get("practice") or next(iter(self.memberships))]

    @property
    def zone(self):
        return ZoneInfo(self.membership.practice.zone)

    @property
    def consents(self):
        ticks = {"consents_to_check_ins": Consent.Purpose.CHECK_IN, "agrees_to_email": Consent.Purpose.EMAIL}
        return [purpose for tick, purpose in ticks.items() if self.cleaned_data[tick]]

    def matches(self, episode):
        client, typed = episode.client, self.cleaned_data
        email = client.email.open(client.data_key) if client.email else ""
        goals, first = [goal.text.open(client.data_key) for goal in episode.goals.all()], typed["first_session"]
        return (
            (episode.therapist, client.display_name, email) == (self.membership, typed["name"], typed["email"])
            and goals == ([typed["goal"]] if typed["goal"] else [])
            and client.agreed_to == set(self.consents)
            and (not first or TherapySession.objects.filter(episode=episode, starts_at=first.starts_at).exists())
        )


class EpisodeEndForm(forms.Form):
    reason = forms.ChoiceField(label=_("How it ended"), choices=EndReason, widget=forms.RadioSelect)
    planned = YesNoField(label=_("Was the ending planned?"), no=_("No"), yes=_("Yes"))
    agreed = YesNoField(label=_("Did you both agree to end?"), no=_("No"), yes=_("Yes"))


class FindCaseForm(forms.Form):
    """Looks for a case by name. Names are sealed, so no database can find them: the list opens them all."""

    name = forms.CharField(
        label=_("Find a case"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search", "aria-keyshortcuts": "/"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="find_%s", **kwargs)


class CaseloadForm(forms.Form):
    """Whose cases the caseload shows, in all that is on it; it stands in the address, so that it can be kept."""

    therapist = forms.CharField(label=_("Therapist"), required=False)

    def __init__(self, *args, therapists=(), **kwargs):
        super().__init__(*args, auto_id="of_%s", **kwargs)
        choices = [("", _("All")), *((one.code, one.name) for one in therapists)]
        self.fields["therapist"].widget = forms.Select(choices=choices)

    @property
    def chosen(self):
        """What the address has for the code of a therapist; one that is made up is that of nobody."""
        self.is_valid()
        return self.cleaned_data.get("therapist", "")


class RegisterForm(CaseloadForm):
    """Filters, order and page of all cases. What is made up by hand counts as not chosen."""

    state = forms.ChoiceField(label=_("State"), choices=State, required=False)
    missing = forms.ChoiceField(label=_("Missing"), choices=Missing, required=False)
    unseen = forms.ChoiceField(label=_("Not seen for"), choices=Unseen, required=False)
    mode = forms.ChoiceField(label=_("Last session"), choices=[("", _("Any")), *Mode.choices], required=False)
    order = forms.ChoiceField(label=_("Sort by"), choices=Order, required=False)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, states=State, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [(one.value, one.label) for one in states]

    @property
    def asked(self):
        self.is_valid()
        given = self.cleaned_data
        return Asked(
            therapist=given.get("therapist", ""),
            state=State(given.get("state", "")),
            missing=Missing(given.get("missing", "")),
            unseen=Unseen(given.get("unseen", "")),
            mode=given.get("mode", ""),
            order=Order(given.get("order", "")),
            after=given.get("after"),
        )


class CaseListForm(forms.Form):
    """Filter, order and page of the own list; they stand in the address, so that it can be kept.

    What is made up by hand counts as not chosen.
    """

    only = forms.ChoiceField(choices=Only, required=False)
    sort = forms.ChoiceField(choices=Sort, required=False)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @property
    def asked(self):
        self.is_valid()
        given = self.cleaned_data
        return OwnAsked(Only(given.get("only") or Only.ALL), Sort(given.get("sort") or Sort.LOOK), given.get("after"))


class ShowForm(forms.Form):
    """Of which sessions the charts are; it stands in the address, so that it can be kept."""

    show = forms.ChoiceField(choices=Show, required=False)

    @property
    def chosen(self):
        """All sessions where the address names none, or something made up."""
        self.is_valid()
        return Show(self.cleaned_data.get("show") or Show.ALL)
