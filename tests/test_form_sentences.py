"""What a form says where something is missing or wrong: a sentence of the program, on every field of every form."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from django import forms

import alliance
import ratings
import sessions

DJANGO = re.compile(r"This field|Ensure |Select a valid|Enter a valid|Enter a whole|Enter a list|[Tt]he submitted")
NO_TEXT = (forms.FileField, forms.BooleanField)


def all_forms():
    """Every form class of the program, found by importing all of its modules."""
    for package in (alliance, sessions, ratings):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name and module.name != "alliance.settings":
                import_module(module.name)
    found = {
        form for form in _below(forms.BaseForm) if form.__module__.split(".")[0] in ("alliance", "sessions", "ratings")
    }
    assert len(found) > 40, "else the walk looks in the wrong place"
    return sorted(found, key=lambda form: (form.__module__, form.__qualname__))


def _below(form):
    for child in form.__subclasses__():
        yield child
        yield from _below(child)


def wrong_values(field):
    """What a person may leave out or get wrong in a field."""
    yield "" if not isinstance(field, forms.MultipleChoiceField) else []
    if isinstance(field, forms.MultipleChoiceField):
        yield ["nonsense"]
        return
    yield "nonsense"
    if getattr(field, "max_length", None):
        yield "x" * (field.max_length + 1)
    if getattr(field, "min_value", None) is not None:
        yield str(field.min_value - 1)
    if getattr(field, "max_value", None) is not None:
        yield str(field.max_value + 1)


def said_by(field):
    """The sentences of a field for all of these."""
    if isinstance(field, forms.ModelChoiceField):  # its rows are there only once the form is made
        yield from (str(field.error_messages[code]) for code in ("required", "invalid_choice"))
        return
    for value in wrong_values(field):
        try:
            field.clean(value)
        except forms.ValidationError as error:
            yield from error.messages


def of_django(form_classes):
    return [
        f"{form.__module__}.{form.__qualname__}.{name}: {sentence}"
        for form in form_classes
        for name, field in form.base_fields.items()
        if not field.widget.is_hidden and not isinstance(field, NO_TEXT)
        for sentence in said_by(field)
        if DJANGO.match(sentence)
    ]


def test_no_form_speaks_in_the_words_of_the_framework():
    assert of_django(all_forms()) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (forms.CharField(max_length=3), "", "Write something here."),
        (forms.CharField(max_length=3), "long", "Shorten this to 3 characters."),
        (forms.IntegerField(min_value=5, max_value=480), "4", "Write 5 or more."),
        (forms.IntegerField(min_value=5, max_value=480), "481", "Write 480 or less."),
        (forms.IntegerField(), "many", "Write a whole number."),
        (forms.TimeField(), "noon", "Write a time, such as 14:30 or 1430."),
        (forms.EmailField(), "ada at home", "Write an e-mail address, such as ada@example.org."),
        (forms.ChoiceField(choices=[("a", "A")]), "b", "Choose one of these."),
    ],
)
def test_each_kind_of_field_has_sentences_of_its_own(field, value, sentence):
    with pytest.raises(forms.ValidationError) as refusal:
        field.clean(value)
    assert refusal.value.messages == [sentence]


def test_a_field_with_words_of_the_framework_would_be_found():
    class Planted(forms.Form):
        name = forms.CharField(error_messages={"required": "This field is required."})

    assert len(of_django([Planted])) == 1


# --- The browser's own boxes ------------------------------------------------------------------------------------------

# Half filled in, or with what it does not take, such a box sends nothing: what was typed there is lost.
SILENT = ("date", "datetime-local", "month", "number", "range", "time", "week")


def silent_boxes(form_classes):
    return [
        f"{form.__module__}.{form.__qualname__}.{name}"
        for form in form_classes
        for name, field in form.base_fields.items()
        for widget in getattr(field.widget, "widgets", [field.widget])
        if (widget.attrs.get("type") or getattr(widget, "input_type", None)) in SILENT
    ]


def test_no_box_keeps_to_itself_what_was_typed():
    assert silent_boxes(all_forms()) == []
    pages = sorted((Path(__file__).parent.parent / "templates").rglob("*.html"))
    assert [page.name for page in pages if re.search(rf'type="({"|".join(SILENT)})"', page.read_text())] == []


def test_a_box_that_keeps_it_to_itself_would_be_found():
    class Planted(forms.Form):
        number = forms.IntegerField()
        time = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}))
        text = forms.CharField()

    assert [found.rpartition(".")[2] for found in silent_boxes([Planted])] == ["number", "time"]


# --- The browser's own sentences --------------------------------------------------------------------------------------

FORM = re.compile(r'(<form\b(?:[^>{]|{[^}]*}+)*method="post"(?:[^>{]|{[^}]*}+)*>)(.*?)</form>', re.DOTALL)
WITH_ERROR = re.compile(
    r'{% include "(includes/(field|choice|choices|pick|five|question)|ratings/week/_field'
    r'|ratings/check_in/_(questions|if_you_like))\.html"'
)


def left_to_the_browser(template):
    """The forms of a template whose boxes have sentences of their own, and which the browser holds back before."""
    return [
        start for start, within in FORM.findall(template) if WITH_ERROR.search(within) and "novalidate" not in start
    ]


def test_no_browser_speaks_in_the_place_of_a_form():
    pages = sorted((Path(__file__).parent.parent / "templates").rglob("*.html"))
    found = {page.name: FORM.findall(page.read_text()) for page in pages}
    assert sum(map(len, found.values())) > 100, "else the pattern misses forms"
    assert [(page.name, start) for page in pages for start in left_to_the_browser(page.read_text())] == []


@pytest.mark.parametrize(
    ("attributes", "within", "n"),
    [
        ("", '{% include "includes/field.html" %}', 1),
        (" novalidate", '{% include "includes/field.html" %}', 0),
        ("", "<button>x</button>", 0),
    ],
)
def test_a_form_that_the_browser_holds_back_would_be_found(attributes, within, n):
    start = f"""<form method="post" action="{{% url 'x' %}}"{attributes}>"""
    assert len(left_to_the_browser(f"{start}{within}</form>")) == n
