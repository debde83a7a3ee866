"""What comes before Django."""

from io import BytesIO

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.core.handlers.wsgi import WSGIRequest

from alliance.site.handler import forms_without_charset


def environ(kind):
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/c/privacy/",
        "QUERY_STRING": "text=%5c",
        "CONTENT_TYPE": kind,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
    }


@pytest.mark.parametrize(
    "kind", ["text/plain; charset=idna", 'a/b;CHARSET="idna"', "a/b; boundary=x; charset = idna; y=z", "a/b", ""]
)
def test_an_odd_charset_is_no_fault_either_where_the_address_holds_something(kind):
    asked = forms_without_charset(lambda asked, _start: WSGIRequest(asked))(environ(kind), None)
    assert asked.GET["text"] == "\\"


def test_django_alone_fails_at_it():
    """When it does not any more, `alliance.site.handler` can go."""
    with pytest.raises(TooManyFieldsSent):
        WSGIRequest(environ("text/plain; charset=idna"))


def test_the_rest_of_what_it_is_called_stays():
    found = {}
    forms_without_charset(lambda asked, _start: found.update(asked))(environ("a/b; charset=idna; boundary=x"), None)
    assert found["CONTENT_TYPE"] == "a/b; boundary=x"
