"""What all views with a form share: the methods they take, and the posted fields."""

from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods

require_page_or_post = require_http_methods(["GET", "HEAD", "POST"])


def posted(request: HttpRequest) -> QueryDict | None:
    """The fields of a POST, for a bound form; None, for an unbound one, otherwise.

    An empty POST is a form too: `request.POST or None` would show it as if nobody had sent it.
    """
    return request.POST if request.method == "POST" else None
