import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.urls import include, path
from django.views.defaults import page_not_found, permission_denied

from alliance import access, audit
from alliance.models import AuditEvent, Membership
from alliance.urls import alliance_urls
from tests.factories import make_practice

CODE = uuid.UUID(int=7)


@transaction.atomic
def writes_then_denies(request, denial):
    """A view that has written something when it finds that it must not."""
    make_practice("Never stored")
    audit.record_code(audit.Verb.CHANGED, "episode", CODE, by=request.user)
    if denial == "hidden":
        access.get_managed_or_404(Membership.objects, request.user, code=CODE)
    if denial == "denied":
        raise access.Denied("episode", CODE)
    return HttpResponse("done")


urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("<str:denial>/", writes_then_denies),
    path("", include(alliance_urls)),
]
handler404, handler403 = page_not_found, permission_denied


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", "subject_type", "subject_code", "actor_code"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alliance_auditevent SET verb = 'read'",
        "DELETE FROM alliance_auditevent",
        pytest.param("TRUNCATE alliance_auditevent", marks=pytest.mark.postgres),
    ],
)
def test_the_database_refuses_to_change_the_audit(statement, db):
    audit.record_code(audit.Verb.DENIED, "episode", CODE)
    with (
        pytest.raises(DatabaseError, match="the audit only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert events() == [("denied", "episode", str(CODE), "")]


def test_the_orm_is_refused_too(db):
    event = audit.record_code(audit.Verb.READ, "episode", CODE)
    for change in (event.delete, event.save, AuditEvent.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("denial", "status", "subject"), [("hidden", 404, "membership"), ("denied", 403, "episode")])
def test_a_denial_is_the_one_row_left_after_the_rollback(denial, status, subject, http, mona):
    http.force_login(mona.user)
    assert http.get(f"/{denial}/").status_code == status
    assert events() == [("denied", subject, str(CODE), str(mona.user.code))]
    assert http.get("/allowed/").status_code == 200
    assert [verb for verb, *_ in events()] == ["denied", "changed"]


@pytest.mark.django_db(transaction=True)
def test_the_triggers_are_back_after_a_flush():
    """Runs after the tests above have been flushed, and holds by itself as well."""
    audit.record_code(audit.Verb.READ, "episode", CODE)
    with pytest.raises(DatabaseError, match="the audit only grows"), transaction.atomic():
        AuditEvent.objects.update(verb="denied")


def test_an_event_holds_codes_and_no_content(mona, juniper):
    event = audit.record(audit.Verb.READ, juniper, by=mona)
    assert (event.actor_code, event.subject_code) == (str(mona.user.code), str(juniper.code))
    assert event.practice_code == str(mona.practice.code)
    assert not any(field.is_relation for field in AuditEvent._meta.get_fields())


def test_a_deed_by_a_user_is_on_record_in_the_practice_that_is_named(mona, juniper):
    event = audit.record(audit.Verb.CHANGED, juniper, by=mona.user, practice=mona.practice)
    assert (event.actor_code, event.practice_code) == (str(mona.user.code), str(mona.practice.code))


# --- What one answer puts on record -----------------------------------------------------------------------------------


def rows_of(kept):
    return [(row.verb, row.subject_type, row.subject_code, row.count) for row in kept]


def saved(shown, by, read):
    """What is on record after an answer that showed these clients, and in which `read` was recorded."""
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    with audit.reads_together() as reads:
        read()
        assert not AuditEvent.objects.exclude(pk__in=before).exists(), "not before the answer is there"
    reads.save(shown, by)
    return rows_of(AuditEvent.objects.exclude(pk__in=before).order_by("pk"))


def test_a_page_of_one_client_is_one_row(dana, juniper):
    read = [("read", "episode", str(juniper.code), 1)]
    assert saved(["c1"], dana.user, lambda: audit.record(audit.Verb.READ, juniper, by=dana)) == read


def test_of_a_page_of_one_that_shows_two_both_are_named(dana, juniper):
    told = saved(["c1", "c2"], dana.user, lambda: audit.record(audit.Verb.READ, juniper, by=dana))
    listed = [("listed", "client", code, 2) for code in ("c1", "c2")]
    assert told == [*listed, ("read", "episode", str(juniper.code), 1)]


def test_of_a_list_with_one_client_that_one_is_read(dana):
    told = saved(["c1"], dana.user, lambda: audit.record_code(audit.Verb.LISTED, "episode", by=dana, count=3))
    assert told == [("read", "client", "c1", 1), ("listed", "episode", "", 3)]


def test_what_names_no_client_stands_for_none(dana):
    told = saved(["c1"], dana.user, lambda: audit.record(audit.Verb.READ, dana, by=dana))
    assert told == [("read", "client", "c1", 1), ("read", "membership", str(dana.code), 1)]


def test_a_change_is_saved_at_once_and_a_read_too_where_no_answer_is_made(dana, juniper):
    with audit.reads_together() as reads:
        audit.record(audit.Verb.CHANGED, juniper, by=dana)
        assert rows_of(AuditEvent.objects.all()) == [("changed", "episode", str(juniper.code), 1)]
    assert (reads.events, reads.has_one) == ([], False)
    audit.record(audit.Verb.READ, juniper, by=dana)
    assert AuditEvent.objects.count() == 2


def test_several_at_once_each_have_their_count(dana, juniper, sorrel):
    audit.record_each(audit.Verb.EXPORTED, {juniper: 2, sorrel: 3}, by=dana)
    rows = [("exported", "episode", str(one.code), count) for one, count in ((juniper, 2), (sorrel, 3))]
    assert rows_of(AuditEvent.objects.order_by("pk")) == rows
    assert set(AuditEvent.objects.values_list("practice_code", "actor_code")) == {("", str(dana.user.code))}


@pytest.mark.django_db
def test_a_code_that_no_row_has_is_kept_short_and_without_nul():
    audit.record_code(audit.Verb.DENIED, "episode", "a\x00b" + "c" * 90)
    assert rows_of(AuditEvent.objects.all()) == [("denied", "episode", "ab" + "c" * 58, 1)]
