"""What happened in a practice, as pages call things."""

from datetime import timedelta

import pytest

from alliance import audit
from alliance.models import AuditEvent
from alliance.people import audit_page
from alliance.people.audit_page import audit_of, events_of, looked_at
from tests.factories import days_ago, make_member


@pytest.mark.parametrize(
    ("kind", "called"), [("therapysession", "session"), ("supervisionnote", "supervision note"), ("file", "file")]
)
def test_an_event_names_its_subject_as_pages_do(millrace, mona, kind, called):
    audit.record_code(audit.Verb.LISTED, kind, by=mona, practice=millrace, count=3)
    assert audit_of(millrace).events[0].subject == called


def test_what_happened_in_another_practice_is_not_told(millrace, dana, otis):
    for member in (dana, otis):
        audit.record_code(audit.Verb.LISTED, "episode", by=member, practice=member.practice)
    assert [event.actor_code for event in audit_of(millrace).events] == [str(dana.user.code)]


def test_who_did_it_has_the_name_that_they_have_in_this_practice(millrace, dana, otis):
    make_member(otis.practice, "D. Quill", user=dana.user)
    audit.record_code(audit.Verb.LISTED, "episode", by=dana, practice=millrace)
    assert audit_of(millrace).events[0].who == "Dana Whitlock"


def test_what_was_read_is_told_by_the_first_eight_characters_of_its_code(millrace, mona, juniper):
    audit.record(audit.Verb.READ, juniper, by=mona)
    assert audit_of(millrace).events[0].short_code == str(juniper.code)[:8]


@pytest.mark.parametrize(("n", "is_more"), [(2, False), (3, True)])
def test_there_is_an_earlier_page_where_more_happened_than_one_holds(n, is_more, millrace, mona, monkeypatch):
    monkeypatch.setattr(audit_page, "AT_ONCE", 2)
    for _number in range(n):
        audit.record_code(audit.Verb.LISTED, "episode", by=mona, practice=millrace)
    page = audit_of(millrace)
    assert (len(page.events), page.before is not None) == (2, is_more)


# --- Who has looked ---------------------------------------------------------------------------------------------------


def happened(verb, days, code="c1"):
    AuditEvent.objects.create(subject_type="episode", subject_code=code, verb=verb, at=days_ago(days))


def test_a_look_is_what_was_read_listed_taken_out_or_refused_and_no_other_deed(millrace):
    for days, verb in enumerate(AuditEvent.Verb.values):
        happened(verb, days)
    found = looked_at(["c1"], millrace, days_ago(90))
    assert {event.verb_key for event in found} == {"read", "listed", "exported", "denied"}


def test_of_a_time_that_ended_nothing_later_is_told(millrace):
    for days in (5, 3, 1):
        happened("read", days)
    found = looked_at(["c1"], millrace, days_ago(4), days_ago(2))
    assert [days_ago(3) - event.at < timedelta(minutes=1) for event in found] == [True]


def test_of_events_by_their_keys_those_that_are_not_older_are_told(millrace):
    for days in (2, 1, 5):
        happened("read", days, f"c{days}")
    found = events_of(list(AuditEvent.objects.values_list("pk", flat=True)), millrace, days_ago(3))
    assert {event.short_code for event in found} == {"c1", "c2"}
