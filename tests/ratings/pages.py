"""What tests of pages count and read."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

LIST = "/check-ins/"


def statements(http, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert http.get(path).status_code == 200
    return len(captured)


def states(http):
    return {row.name: row.progress for row in http.get(LIST).context["rows"]}
