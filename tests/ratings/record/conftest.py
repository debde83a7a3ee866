import pytest
from django.urls import reverse

from tests.factories import make_episode


@pytest.fixture
def teasel(dana):
    """Another case of Dana's, to which a session may be moved."""
    return make_episode(dana, "Teasel")


@pytest.fixture
def correct(http):
    """`correct(therapy_session, attendance="no_show")`: the form as it is shown, sent with these fields changed."""

    def send(therapy_session, **changed):
        path = reverse("ratings:session-correct", args=[therapy_session.code])
        form = http.get(path).context["form"]
        shown = {}
        for field in form:
            value = field.value()
            if value is not None:
                shown[field.name] = field.field.widget.format_value(value) if hasattr(value, "isoformat") else value
        return http.post(path, shown | changed)

    return send
