"""Parsing for ratings. The questions come from an instrument's definition and wording."""

from django import forms
from django.utils.translation import gettext_lazy as _

from alliance.forms import PlainTextField
from alliance.models import CheckInFormChoice, Consent, EndReason
from ratings.models import Rating, Verdict
from ratings.psychometrics.evidence import Rater
from ratings.queries import definition_of
from sessions.forms import TherapySessionForm
from sessions.models import Attendance

LONGEST_COMMENT = 5000
NOT_AN_ANSWER = _("Choose one of the answers, or leave it out.")


class Tampered(Exception):
    """The form was sent with fields that it does not have."""


class QuestionsMixin:
    """Adds one question per item of an instrument: labelled answers, nothing preselected, all of them skippable."""

    def add_questions(self, text, rater):
        self.instrument = definition_of(text.instrument)
        wording = text.text[rater]
        answers = list(zip(range(self.instrument.lowest, self.instrument.highest + 1), wording["answers"], strict=True))
        for item in self.instrument.items:
            self.fields[item.id] = forms.TypedChoiceField(
                label=wording["items"][item.id],
                choices=answers,
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": NOT_AN_ANSWER},
            )

    @property
    def questions(self):
        return [self[item.id] for item in self.instrument.items]

    @property
    def answers(self):
        """Item id to answer; a skipped item is absent."""
        given = ((item.id, self.cleaned_data.get(item.id)) for item in self.instrument.items)
        return {item: answer for item, answer in given if answer is not None}


class YesNoField(forms.TypedChoiceField):
    """Two answers, neither of them chosen; left out is None."""

    def __init__(self, *, label, no, yes):
        super().__init__(
            label=label,
            choices=[("no", no), ("yes", yes)],
            coerce=lambda answer: answer == "yes",
            empty_value=None,
            required=False,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": NOT_AN_ANSWER},
        )

    def prepare_value(self, value):
        return {True: "yes", False: "no"}.get(value, value)


class ClientAnswersForm(QuestionsMixin, forms.Form):
    """What a client is asked after a session, on a screen or on paper."""

    nothing = _("Nothing is filled in yet.")
    tension = YesNoField(label=_("Was there any tension or misunderstanding today?"), no=_("No"), yes=_("Yes"))
    # Two answers and not three: a stored yes or no can't give "a little" back to a client who changes their answers.
    tension_talked_about = YesNoField(
        label=_("Did you talk about it?"), no=_("Not yet"), yes=_("Yes, at least a little")
    )
    bring_up = forms.ChoiceField(
        label=_("Is there something you would like your therapist to bring up?"),
        help_text=_("Only your therapist sees this."),
        choices=Rating.BringUp,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_AN_ANSWER},
    )

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if not cleaned["tension"]:
            cleaned["tension_talked_about"] = None
        if not (self.answers or cleaned["comment"] or cleaned["tension"] is not None or cleaned["bring_up"]):
            raise forms.ValidationError(self.nothing)
        return cleaned

    @property
    def given(self):
        """As the actions take it."""
        said = ("comment", "tension", "tension_talked_about", "bring_up")
        return {"answers": self.answers, **{name: self.cleaned_data[name] for name in said}}


class CheckInForm(ClientAnswersForm):
    """The page that a client's link opens."""

    nothing = _("Nothing is filled in yet. Answer what you like, then send.")
    comment = PlainTextField(
        label=_("Anything you want to say?"),
        help_text=_("Only if you like. Your therapist will read it."),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"max_length": _("This is longer than we can keep. Please shorten it.")},
    )
    share_comment = forms.BooleanField(label=_("Their supervisor may read it too."), required=False)

    def __init__(self, data=None, *, text, **kwargs):
        super().__init__(data, **kwargs)
        self.add_questions(text, Rater.CLIENT)
        unknown = set(data or ()) - set(self.fields) - {"csrfmiddlewaretoken"}
        if unknown:
            raise Tampered

    @property
    def filled_in(self):
        """All that is answered by a choice, in the order of the page."""
        return [*self.questions, self["tension"], self["tension_talked_about"], self["bring_up"]]

    @property
    def given(self):
        readers = Rating.CommentFor
        shared = self.cleaned_data["share_comment"] and self.cleaned_data["comment"]
        return super().given | {"comment_for": readers.SUPERVISOR if shared else readers.THERAPIST}


class SessionLogForm(QuestionsMixin, TherapySessionForm):
    """One screen for the therapist: the session and the own view of it."""

    instrument_key = forms.CharField(required=False, widget=forms.HiddenInput)  # whose sentences are on this page

    def __init__(self, *args, text, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["instrument_key"] = text.instrument.key
        self.add_questions(text, Rater.THERAPIST)

    def clean(self):
        cleaned = super().clean()
        answered = any(cleaned.get(item.id) is not None for item in self.instrument.items)
        if answered and cleaned.get("attendance") not in (None, Attendance.ATTENDED):
            self.add_error("attendance", _("You rated a session that did not take place. Which of the two is right?"))
        return cleaned


class CaseForm(forms.Form):
    """A new client with the first episode: as little as possible."""

    practice = forms.ChoiceField(label=_("Practice"))
    name = PlainTextField(
        label=_("Name or pseudonym"),
        help_text=_("As you want to see it in your lists. A pseudonym is enough."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
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
    agrees_to_email = forms.BooleanField(label=_("The client agreed to be written to by e-mail."), required=False)
    # Never ticked beforehand: what nobody said is no consent.
    consents_to_check_ins = forms.BooleanField(
        label=_("The client agreed to answer check-ins after sessions."), required=False
    )

    def __init__(self, *args, memberships, **kwargs):
        super().__init__(*args, **kwargs)
        self.memberships = {str(membership.practice.code): membership for membership in memberships}
        self.fields["practice"].choices = [
            (code, membership.practice.name) for code, membership in self.memberships.items()
        ]
        if len(memberships) == 1:
            del self.fields["practice"]

    def clean(self):
        cleaned = super().clean()
        if cleaned["agrees_to_email"] and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Without an address nobody can be written to."))
        return cleaned

    @property
    def membership(self):
        """The therapist's membership in the practice that the client comes to."""
        return self.memberships[self.cleaned_data.get("practice") or next(iter(self.memberships))]

    @property
    def consents(self):
        ticks = {"consents_to_check_ins": Consent.Purpose.CHECK_IN, "agrees_to_email": Consent.Purpose.EMAIL}
        return [purpose for tick, purpose in ticks.items() if self.cleaned_data[tick]]


class CheckInSettingsForm(forms.Form):
    """What one client is asked, and what they agreed to."""

    check_in_form = forms.ChoiceField(label=_("After a session"), choices=CheckInFormChoice, widget=forms.RadioSelect)
    asks_about_fit = forms.BooleanField(
        label=_("In sessions 1 to 3, ask the four questions about fit instead of the six."), required=False
    )
    consents_to_check_ins = forms.BooleanField(label=_("The client agreed to answer check-ins."), required=False)
    consents_to_history = forms.BooleanField(
        label=_("The client agreed to see their own past answers through a link."), required=False
    )

    @property
    def consents(self):
        """Purpose to whether the client agrees to it."""
        return {
            Consent.Purpose.CHECK_IN: self.cleaned_data["consents_to_check_ins"],
            Consent.Purpose.HISTORY: self.cleaned_data["consents_to_history"],
        }


class EpisodeEndForm(forms.Form):
    reason = forms.ChoiceField(label=_("How it ended"), choices=EndReason, widget=forms.RadioSelect)


class VerdictForm(forms.Form):
    answer = forms.ChoiceField(choices=Verdict.Answer)


class SetAsideForm(forms.Form):
    reason = PlainTextField(
        label=_("Reason"),
        help_text=_("A few words, for you and your supervisor."),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class FindCaseForm(forms.Form):
    """Narrows a list of cases that was read already: names are sealed, so no database can look for them."""

    name = forms.CharField(
        label=_("Find a case"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"})
    )
    therapist = forms.ChoiceField(label=_("Therapist"), required=False)

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, auto_id="find_%s", **kwargs)
        therapists = sorted({(row.therapist, row.therapist_code) for row in rows})
        self.fields["therapist"].choices = [("", _("All")), *((code, name) for name, code in therapists)]
        if len(therapists) < 2:
            del self.fields["therapist"]

    def found(self, rows):
        sought = self.cleaned_data if self.is_valid() else {}
        name, therapist = sought.get("name", "").casefold(), sought.get("therapist", "")
        return [row for row in rows if name in row.name.casefold() and therapist in ("", row.therapist_code)]
