"""The form of an upload: the file, and whose cases its rows become."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alliance.form_fields import DayField
from alliance.people.forms import named_apart
from ratings.cells.days import DateOrder
from ratings.cells.encoding import decoded
from ratings.importing.matching import read
from ratings.importing.receiver import therapists_of

LARGEST = 5 * 1024 * 1024  # convention of this app; the command takes larger ones


class UploadForm(forms.Form):
    """A file, and for managers the therapist whose cases its rows become."""

    practice = forms.ChoiceField(label=_("Practice"))
    file = forms.FileField(
        label=_("File"),
        help_text=_("A CSV file, at most 5 MB: an export of OpenFIT, or the long layout of this program."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            # A file beyond what the server reads arrives as none at all.
            "required": _("Choose a CSV file of at most 5 MB."),
            "empty": _("The file is empty."),
        },
    )
    therapist = forms.ChoiceField(
        label=_("Whose cases"),
        help_text=_("By default each row goes to the therapist whose e-mail stands in it."),
        required=False,
    )

    def __init__(self, *args, memberships, **kwargs):
        super().__init__(*args, **kwargs)
        self.memberships = {str(membership.practice.code): membership for membership in memberships}
        self.fields["practice"].choices = [
            (code, membership.practice.name) for code, membership in self.memberships.items()
        ]
        if len(self.memberships) == 1:
            del self.fields["practice"]
        managed = [membership.practice for membership in memberships if membership.is_manager]
        self.therapists = {str(m.code): m for practice in managed for m in therapists_of(practice).values()}
        if managed:
            people = [(code, m.display_name, m.user.email) for code, m in self.therapists.items()]
            self.fields["therapist"].choices = [("", _("As the file says")), *named_apart(people)]
        else:
            del self.fields["therapist"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(self.fields["file"].error_messages["required"])
        data = file.read()
        for error in self.unreadable(data):
            sentence = gettext("Line %(line)s: %(sentence)s") % {"line": error.line, "sentence": error.sentence}
            raise forms.ValidationError(sentence)
        return decoded(data)

    def unreadable(self, data):
        """What is wrong with the file as a whole: one error, or none."""
        parsed = read(data)
        return () if parsed.layout else parsed.errors

    def clean(self):
        cleaned = super().clean()
        therapist = self.therapists.get(cleaned.get("therapist", ""))
        if therapist and not self.errors and therapist.practice_id != self.by.practice_id:
            self.add_error("therapist", _("This therapist works in another practice than the one chosen."))
        return cleaned

    @property
    def by(self):
        """The acting membership, in the chosen practice."""
        return self.memberships[self.cleaned_data.get("practice") or next(iter(self.memberships))]

    @property
    def receiver(self):
        return self.therapists.get(self.cleaned_data.get("therapist", ""))


class DateOrderForm(forms.Form):
    """How the dates of the file are written; stands in the address of the preview."""

    dates = forms.ChoiceField(choices=DateOrder)

    @property
    def order(self):
        """None where nobody has said it, or something else."""
        return DateOrder(self.cleaned_data["dates"]) if self.is_valid() else None


class EndOldForm(forms.Form):
    """Which therapies of the file are over."""

    end_old = forms.BooleanField(label=_("End the therapies that were last seen before this day"), required=False)
    last_seen_before = DayField(label=_("Last seen before"), required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("end_old") and not cleaned.get("last_seen_before") and not self.errors:
            self.add_error("last_seen_before", _("Write the day, or take the tick away."))
        return cleaned

    @property
    def end_before(self):
        """The day, if therapies are to end."""
        return self.cleaned_data["last_seen_before"] if self.cleaned_data["end_old"] else None
