"""What all views with a form share: the methods they take, the posted fields, and the status of the form's page."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import Form
from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods

require_page_or_post = require_http_methods(["GET", "HEAD", "POST"])
OVERTAKEN = "overtaken"


def posted(request: HttpRequest) -> QueryDict | None:
    """The fields of a POST, for a bound form; None, for an unbound one, otherwise.

    An empty POST is a form too: `request.POST or None` would show it as if nobody had sent it.
    """
    return request.POST if request.method == "POST" else None


def say_overtaken(form: Form, sentence: Any) -> None:
    """Something else was done meanwhile, so that the form, which is filled in right, saves nothing."""
    form.add_error(None, ValidationError(sentence, code=OVERTAKEN))


def status_of(form: Form) -> int:
    """Of the page that has the form: 200, or 422 where it has an error, or 409 where something else came first."""
    if not form.errors:
        return 200
    return 409 if form.has_error(NON_FIELD_ERRORS, OVERTAKEN) else 422
