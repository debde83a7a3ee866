"""Fills what was typed into the forms of a page that is ready to go out.

On the finished page, and not in the forms: so it holds for every form that a page has, however it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.utils.html import escape

from alliance.drafts.shown import FIELD, NEVER_KEPT, Fields

# Of hidden fields only those with such a name take a value back: the key of the form, and what was shown when it was
# typed. With what is shown now, a text that was changed meanwhile would be written over unseen.
KEPT_HIDDEN = ("form_key", "shown")
TICKED = ("checkbox", "radio")
NO_TEXT = ("hidden", "submit", "button", "reset", "image", "file", "password")

Attributes = dict[str, str | None]


@dataclass
class Control:
    """A box, a choice or a button of a form, and where in the text of the page it stands."""

    tag: str
    attributes: Attributes
    start: int
    end: int
    text_end: int = 0  # of a textarea
    options: list[Control] = field(default_factory=list)  # of a select
    details: list[Control] = field(default_factory=list)  # what folds it away

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""

    @property
    def kind(self) -> str:
        return (self.attributes.get("type") or "text").lower()

    @property
    def value(self) -> str:
        return self.attributes.get("value") or ""

    @property
    def is_kept_hidden(self) -> bool:
        return self.kind == "hidden" and any(word in self.name for word in KEPT_HIDDEN)


@dataclass
class Form:
    """A form of the page."""

    attributes: Attributes
    start: int
    details: list[Control]
    controls: list[Control] = field(default_factory=list)

    def is_sent_to(self, action: str, page: str) -> bool:
        path = urlsplit(self.attributes.get("action") or "").path or urlsplit(page).path
        return (self.attributes.get("method") or "").lower() == "post" and path == action

    @property
    def can_be_filled(self) -> bool:
        """Whether there is anything to type, and no file, which is not kept."""
        return self.attributes.get("enctype") != "multipart/form-data" and any(
            control.tag in ("textarea", "select") or (control.tag == "input" and control.kind not in NO_TEXT)
            for control in self.controls
        )

    @property
    def names(self) -> set[str]:
        return {control.name for control in self.controls if control.name}


class Page(HTMLParser):
    """A page, its forms, and the changes that are to be made to it."""

    def __init__(self, html: str, address: str) -> None:
        """`address`: where the page stands, to which a form without an action is sent."""
        super().__init__(convert_charrefs=False)
        self.source, self.address = html, address
        self.forms: list[Form] = []
        self.main_end = 0
        self._changes: list[tuple[int, int, str]] = []
        self._open: Form | None = None
        self._select: Control | None = None
        self._details: list[Control] = []
        self._elsewhere: list[tuple[str, Control]] = []  # controls that name their form by its id
        self._textarea: Control | None = None
        self._lines = [0]  # where each line begins
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(html)
        self.close()
        by_id = {form.attributes.get("id"): form for form in self.forms}
        for form_id, control in self._elsewhere:
            if form_id in by_id:
                by_id[form_id].controls.append(control)

    # --- Reading ------------------------------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._position()
        end = start + len(self.get_starttag_text() or "")
        found = Control(tag, dict(attrs), start, end, details=[*self._details])
        if tag == "main":
            self.main_end = found.end
        elif tag == "details":
            self._details.append(found)
        elif tag == "form":
            self._open = Form(found.attributes, start, [*self._details])
            self.forms.append(self._open)
        elif tag == "option" and self._select:
            self._select.options.append(found)
        elif tag in ("input", "textarea", "select", "button"):
            self._select = found if tag == "select" else self._select
            if form_id := found.attributes.get("form"):
                self._elsewhere.append((form_id, found))
            elif self._open:
                self._open.controls.append(found)
            self._textarea = found if tag == "textarea" else self._textarea

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "details" and self._details:
            self._details.pop()
        elif tag == "textarea" and self._textarea:
            self._textarea.text_end = self._position()

    def _position(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    # --- Changing -----------------------------------------------------------------------------------------------------

    def form_for(self, action: str, fields: Fields) -> Form | None:
        """The form that is sent there; of several, the one with a place for most."""
        forms = [form for form in self.forms if form.is_sent_to(action, self.address)]
        return max(forms, key=lambda form: len(form.names & set(fields)), default=None)

    def fill(self, form: Form, fields: Fields, token: str) -> Fields:
        """Fills the form, and has it say that it is the one that was typed into. What found no place is given back."""
        left = {name: list(values) for name, values in fields.items()}
        for control in form.controls:
            if control.name == FIELD:
                self._set(control, {"value": token})
            elif not any(word in control.name.lower() for word in NEVER_KEPT):
                self._fill(control, fields, left)
        self._unfold(form.details)
        return {name: values for name, values in left.items() if values and name not in _hidden(form)}

    def _fill(self, control: Control, fields: Fields, left: Fields) -> None:
        name, typed, waiting = control.name, fields.get(control.name), left.get(control.name, [])
        if control.tag == "select" and typed is not None:
            for option in control.options:
                self._set(option, {"selected": None} if option.value in typed else {}, drop="selected")
                _take(waiting, option.value)
        elif control.tag == "textarea" and waiting:
            # The line break before it belongs to the tag, not to the text.
            self._change(control.end, control.text_end, "\n" + escape(waiting.pop(0)))
            self._unfold(control.details)
        elif control.tag == "button":
            _take(waiting, control.value)
        elif control.tag == "input" and control.kind in TICKED:
            if typed is not None or control.kind == "checkbox":
                value = control.value or "on"
                self._set(control, {"checked": None} if value in (typed or []) else {}, drop="checked")
                _take(waiting, value)
        elif control.tag == "input" and waiting and (control.kind not in NO_TEXT or control.is_kept_hidden):
            self._set(control, {"value": waiting.pop(0)})
        elif name and control.kind in NO_TEXT and waiting:
            waiting.clear()

    def put_before(self, form: Form | None, html: str) -> None:
        """Something to read above the form, or, where it is no longer there, at the head of the page."""
        place = form.start if form else self.main_end
        self._change(place, place, html)

    def html(self) -> str:
        """The page with all changes."""
        parts, done = [], 0
        for start, end, text in sorted(self._changes, key=lambda change: change[:2]):
            parts += [self.source[done:start], text]
            done = end
        return "".join([*parts, self.source[done:]])

    def _set(self, control: Control, attributes: Attributes, drop: str = "") -> None:
        merged = {name: value for name, value in control.attributes.items() if name != drop} | attributes
        if merged != control.attributes and control.name != FIELD:
            self._unfold(control.details)
        written = "".join(
            f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in merged.items()
        )
        self._change(control.start, control.end, f"<{control.tag}{written}>")

    def _unfold(self, folds: list[Control]) -> None:
        """What is filled in is in sight."""
        for details in folds:
            if "open" not in details.attributes:
                details.attributes["open"] = None
                self._set(details, {"open": None})

    def _change(self, start: int, end: int, text: str) -> None:
        self._changes = [change for change in self._changes if change[:2] != (start, end) or start == end]
        self._changes.append((start, end, text))


def _take(waiting: list[str], value: str) -> None:
    if value in waiting:
        waiting.remove(value)


def _hidden(form: Form) -> set[str]:
    return {control.name for control in form.controls if control.tag == "input" and control.kind == "hidden"}
