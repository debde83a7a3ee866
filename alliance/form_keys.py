"""Forms with the code of the row they make, so that sent twice they make one."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from alliance.acting import as_program

NOT_ITS_KEY = _("This form could not be told from another one. Nothing was saved: check it and send it again.")
WHAT_WAS_SAVED = _("Open what was saved")


class FormKeyField(forms.UUIDField):
    """The code of the row that the form will make; None where what was sent is no code."""

    widget = forms.HiddenInput

    def __init__(self):
        super().__init__(required=False, initial=uuid.uuid4)

    def clean(self, value):
        try:
            return super().clean(value) or uuid.uuid4()  # a page from before an upgrade has none
        except ValidationError:
            return None


@as_program()
def _is_taken(model, code):
    """Whether any row has this code, whosever it is."""
    return model._default_manager.filter(code=code).exists()


class KeyedForm(forms.Form):
    """A form that makes one row.

    A subclass has `matches(row)`: whether the row holds what was typed.
    """

    form_key = FormKeyField()

    def row_made(self, rows):
        """The row of the user's own `rows` that this form made before, else None.

        Where the key is none, or that of a row which is not among them, the form has an error and a new key.
        """
        code = self.cleaned_data["form_key"]
        row = rows.filter(code=code).first() if code else None
        if row is None and (code is None or _is_taken(rows.model, code)):
            self._ask_again(NOT_ITS_KEY)
        return row

    def make_once(self, rows, make, sentence, address):
        """The row of this form: a new one from `make`, or the one made before.

        That may be by a second tap at the same moment. None where other things were typed into the form since, or into
        the row. Then it has `sentence` as its error, with a link to the `address` of what was saved, and a new key:
        whoever goes back and fills it in for somebody else loses nothing, and sends it again.
        """
        row = self.row_made(rows)
        if self.errors:
            return None
        if row is None:
            try:
                return make()
            except IntegrityError:
                row = self.row_made(rows)
                if row is None and self.errors:
                    return None
                if row is None:
                    raise
        if self.matches(row):
            return row
        self._ask_again(format_html('{} <a href="{}">{}</a>', sentence, address(row), WHAT_WAS_SAVED))
        return None

    def _ask_again(self, sentence):
        """The form comes back as it was typed, with a sentence and a key that is its own."""
        self.add_error(None, sentence)
        self.data = self.data.copy()
        self.data[self.add_prefix("form_key")] = str(uuid.uuid4())
