"""What happened in a practice, as pages call things."""

import pytest

from alliance import audit
from alliance.people.audit_page import audit_of


@pytest.mark.parametrize(
    ("kind", "called"), [("therapysession", "session"), ("supervisionnote", "supervision note"), ("file", "file")]
)
def test_an_event_names_its_subject_as_pages_do(millrace, mona, kind, called):
    audit.record_code(audit.Verb.LISTED, kind, by=mona, practice=millrace, count=3)
    assert audit_of(millrace).events[0].subject == called
