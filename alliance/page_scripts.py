"""What the scripts of a page may make markup or a script of: nothing, but on the pages that are marked here.

A policy of that name lets through what its script says: `static/js/parts.js`, `static/js/charts.js`.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.decorators import csp_replace

View = TypeVar("View", bound=Callable[..., Any])


def takes_parts(view: View) -> View:
    """htmx parses the parts of pages that we answer with. It asks for none, so it takes the one called "default"."""
    return _with_policy("default", view)


def draws_charts(view: View) -> View:
    """The charts load Plotly when they come into sight: a script, from one address."""
    return _with_policy("charts", view)


def _with_policy(name: str, view: View) -> View:
    return cast(View, csp_replace({"trusted-types": [name]})(view))
