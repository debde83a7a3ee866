"""Forms with the code of the row they make, so that sent twice they make one."""

import uuid

from django import forms
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import IntegrityError


class FormKeyField(forms.UUIDField):
    """The code of the row that the form will make."""

    widget = forms.HiddenInput

    def __init__(self):
        super().__init__(required=False, initial=uuid.uuid4)

    def clean(self, value):
        try:
            return super().clean(value) or uuid.uuid4()  # a page from before an upgrade has none
        except ValidationError:
            raise SuspiciousOperation("This is no key of a form.") from None


class KeyedForm(forms.Form):
    """A form that makes one row.

    A subclass has `matches(row)`: whether the row holds what was typed.
    """

    form_key = FormKeyField()

    def row_made(self, rows):
        """The row of the user's own `rows` that this form made before, else None."""
        code = self.cleaned_data["form_key"]
        row = rows.filter(code=code).first()
        if row is None and rows.model._default_manager.filter(code=code).exists():
            raise SuspiciousOperation("The key of this form belongs to another row.")
        return row

    def make_once(self, rows, make, sentence):
        """The row of this form: a new one from `make`, or the one made before.

        That may be by a second tap at the same moment. None where other things were typed into the form since. Then it
        has `sentence` as its error and a new key: whoever goes back and fills it in for somebody else loses nothing,
        and sends it again.
        """
        row = self.row_made(rows)
        if row is None:
            try:
                return make()
            except IntegrityError:
                row = self.row_made(rows)
                if row is None:
                    raise
        if self.matches(row):
            return row
        self.add_error(None, sentence)
        self.data = self.data.copy()
        self.data[self.add_prefix("form_key")] = str(uuid.uuid4())
        return None
