"""The form of an upload: the file, and whose cases its rows become."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ratings.importing.matching import read, therapists_of

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
            names = sorted(
                ((code, m.display_name) for code, m in self.therapists.items()), key=lambda c: c[1].casefold()
            )
            self.fields["therapist"].choices = [("", _("As the file says")), *names]
        else:
            del self.fields["therapist"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(self.fields["file"].error_messages["required"])
        data = file.read()
        parsed = read(data)
        if not parsed.layout:
            (error,) = parsed.errors
            sentence = gettext("Line %(line)s: %(sentence)s") % {"line": error.line, "sentence": error.sentence}
            raise forms.ValidationError(sentence)
        return data.decode("utf-8-sig")

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
