"""What PostgreSQL refuses to the role that runs the program, and that the program needs no more than it has."""

import re
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alliance import audit
from alliance.audit_chain import close_batches
from alliance.installation import roles
from alliance.installation.roles import NEVER, rights_on, tables
from alliance.models import AuditEvent
from alliance.site.start import refuse_weak_start
from ratings.models import Rating
from ratings.rights.erase import may_erase
from ratings.rights.requests import erase_due
from tests.alliance.installation.test_checks import FIT
from tests.browsers import browsers as browsers  # a fixture
from tests.courses import answers
from tests.subjects import subjects as subjects  # a fixture

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def as_application():
    """These say themselves as whom."""


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def acting_as(role):
    run(f'SET LOCAL ROLE "{role}"')
    try:
        yield
    finally:
        run("RESET ROLE")


@pytest.fixture
def role(db):
    """A role that exists as long as the test, and may do nothing yet."""
    name = f"application_{uuid4().hex}"
    run(f'CREATE ROLE "{name}"')
    return name


@pytest.fixture
def application(role):
    call_command("grant_application", role)
    return role


def rights_of(role):
    """table -> what the role may do with it."""
    found = {}
    for table in tables():
        asked = sorted(roles.ALL | NEVER)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name FROM unnest(%s) AS n(name) WHERE has_table_privilege(%s, %s, name)", [asked, role, table]
            )
            found[table] = {name for (name,) in cursor.fetchall()}
    return found


def test_it_may_do_what_it_needs_and_no_more(application):
    found = rights_of(application)
    assert found == {table: set(rights_on(table)) for table in tables()}
    assert found["alliance_auditevent"] == {"SELECT", "INSERT"}
    assert found["alliance_auditseal"] == {"SELECT"}
    assert found["ratings_rating"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert set(tables()) == set(connection.introspection.table_names()), "a table without rights is one that fails"


def test_what_it_had_before_is_taken(role):
    run(f'GRANT ALL ON alliance_auditevent, ratings_rating TO "{role}"')
    call_command("grant_application", role)
    assert rights_of(role) == {table: set(rights_on(table)) for table in tables()}


def test_without_row_security_it_locks_no_table_while_the_program_serves(role, settings):
    settings.ROW_SECURITY = False
    call_command("grant_application", role)
    with CaptureQueriesContext(connection) as asked:
        call_command("grant_application", role)
    assert not [query["sql"] for query in asked if re.search("ALTER TABLE|POLICY", query["sql"])]


@pytest.mark.parametrize("left", ["rule", "switch"])
def test_what_is_left_of_row_security_is_taken_off(role, settings, left):
    settings.ROW_SECURITY = True
    call_command("grant_application", role)
    if left == "rule":
        run("ALTER TABLE ratings_rating DISABLE ROW LEVEL SECURITY")
    else:
        run("DROP POLICY alliance_sight ON ratings_rating")
    settings.ROW_SECURITY = False
    call_command("grant_application", role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relrowsecurity")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_policy")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alliance_auditevent SET verb = 'read'",
        "DELETE FROM alliance_auditevent",
        "TRUNCATE alliance_auditevent",
        "ALTER TABLE alliance_auditevent DISABLE TRIGGER audit_no_update",
        "DROP TRIGGER audit_no_update ON alliance_auditevent",
        "ALTER TABLE alliance_auditevent ADD COLUMN more text",
        "CREATE TRIGGER mine BEFORE INSERT ON alliance_auditevent FOR EACH ROW EXECUTE FUNCTION audit_only_grows()",
        "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
        "SET session_replication_role = replica",
        "UPDATE alliance_auditseal SET digest = ''",
        "INSERT INTO alliance_auditseal (last_event, count, digest, closed_at) VALUES (1, 1, '', now())",
        "DELETE FROM ratings_strainverdict",
        "ALTER TABLE ratings_strainverdict DISABLE TRIGGER strain_verdict_stays",
        "TRUNCATE ratings_rating CASCADE",
        "DROP TABLE ratings_rating",
        "DROP TABLE alliance_auditevent",
        "CREATE TABLE mine (x int)",
    ],
)
def test_the_database_refuses(application, statement):
    audit.record_code(audit.Verb.READ, "episode")
    with (
        acting_as(application),
        pytest.raises(DatabaseError, match="permission denied|must be owner|must be superuser"),
        transaction.atomic(),
    ):
        run(statement)
    assert AuditEvent.objects.count() == 1


def test_the_owner_could(application):
    """It is the role, and not the statement, that is refused above."""
    audit.record_code(audit.Verb.READ, "episode")
    run("ALTER TABLE alliance_auditevent DISABLE TRIGGER audit_no_update")
    run("UPDATE alliance_auditevent SET verb = 'denied'")
    assert AuditEvent.objects.get().verb == "denied"


PAGES = [
    ("dana", "ratings:today", ""),
    ("dana", "ratings:cases", ""),
    ("dana", "ratings:week", ""),
    ("dana", "ratings:case", "juniper"),
    ("dana", "ratings:session-page", "held"),
    ("dana", "ratings:copy-make", "juniper"),
    ("dana", "alliance:browsers", ""),
    ("sam", "ratings:caseload", ""),
    ("sam", "ratings:case", "juniper"),
    ("mona", "alliance:people", ""),
    ("mona", "alliance:audit", ""),
    ("mona", "alliance:practice-settings", ""),
    ("anonymous", "links:check-in", "token"),
    ("anonymous", "links:history", "history"),
    ("anonymous", "account_login", ""),
]


def test_the_program_works_as_that_role(application, subjects, browsers):
    with acting_as(application):
        for persona, route, subject in PAGES:
            assert browsers[persona].get(reverse(route, args=subjects[subject])).status_code == 200, route
        sent = browsers["anonymous"].post(reverse("links:check-in", args=subjects["token"]), answers(4))
        denied = browsers["noor"].get(reverse("ratings:case", args=subjects["juniper"]))
        call_command("send_due")
    assert (sent.status_code, denied.status_code) == (303, 404)
    assert Rating.objects.filter(check_in__code=subjects["check_in"][0], rater="client").exists()
    assert AuditEvent.objects.filter(verb="denied").exists()


def test_the_owner_closes_the_audit_and_the_application_cannot(application, monkeypatch):
    monkeypatch.setattr("alliance.audit_chain.SETTLES_AFTER", timedelta(hours=-1))
    audit.record_code(audit.Verb.READ, "episode")
    with acting_as(application):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            close_batches()
        call_command("verify_audit")
    assert close_batches()


def test_the_owner_erases_and_the_application_leaves_it_to_them(application):
    assert may_erase()
    with acting_as(application):
        assert not may_erase() and erase_due() == 0


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ("SUPERUSER", "passes over every rule"),
        ("BYPASSRLS", "passes over every rule"),
        ("CREATEROLE", "passes over every rule"),
        ("IN ROLE {owner}", "may become their owner"),
    ],
)
def test_a_role_that_could_do_more_is_refused(db, attribute, sentence):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
    run(f"CREATE ROLE too_strong {attribute.format(owner=owner)}")
    with pytest.raises(CommandError, match=sentence):
        call_command("grant_application", "too_strong")


def test_a_role_that_may_create_tables_is_refused(role):
    run(f'GRANT CREATE ON SCHEMA public TO "{role}"')
    with pytest.raises(CommandError, match="may create tables"):
        call_command("grant_application", role)


def test_a_rule_beside_the_programs_is_named(role, settings):
    settings.ROW_SECURITY = True
    run("CREATE POLICY beside ON ratings_rating USING (true)")
    with pytest.raises(CommandError, match="drop them first: beside on ratings_rating"):
        call_command("grant_application", role)


def test_only_the_owner_gives_rights_and_only_to_a_role_that_is_there(application):
    with pytest.raises(CommandError, match="There is no role nobody_here"):
        call_command("grant_application", "nobody_here")
    run("CREATE ROLE another")
    with acting_as(application), pytest.raises(CommandError, match="Only the owner"):
        call_command("grant_application", "another")


# --- At the start -------------------------------------------------------------------------------------------------


@pytest.fixture
def served(settings, tmp_path):
    for name, value in (FIT | {"VAR_DIR": tmp_path}).items():
        setattr(settings, name, value)
    return settings


def test_the_owner_is_warned_of_and_refused_where_two_roles_are_asked_for(served, db, caplog):
    refuse_weak_start()
    assert ["owns its tables" in line for line in caplog.messages] == [True]
    served.TWO_ROLES = True
    with pytest.raises(ImproperlyConfigured, match="owns its tables: it could change the audit"):
        refuse_weak_start()


def test_the_application_starts_silently_and_not_with_other_rights(served, application, caplog):
    served.TWO_ROLES = True
    with acting_as(application):
        refuse_weak_start()
    assert caplog.messages == []
    for change in (
        f'GRANT UPDATE ON alliance_auditevent TO "{application}"',
        f'REVOKE INSERT ON ratings_rating FROM "{application}"',
        f'GRANT CREATE ON SCHEMA public TO "{application}"',
    ):
        run("SAVEPOINT before")
        run(change)
        with acting_as(application), pytest.raises(ImproperlyConfigured, match=f"grant_application {application}"):
            refuse_weak_start()
        run("ROLLBACK TO SAVEPOINT before")


def test_a_local_installation_is_not_asked(settings, db, caplog):
    settings.TWO_ROLES = True
    refuse_weak_start()
    assert caplog.messages == []
