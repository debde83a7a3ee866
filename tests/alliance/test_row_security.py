"""What PostgreSQL shows by itself is what `alliance.scopes` picks, and what the plain data say."""

import time
import zipfile
from contextvars import copy_context

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg2 import extensions
from psycopg2.extensions import set_wait_callback

from alliance import acting, form_keys, row_security, scopes
from alliance.crypto import token_hash
from alliance.installation import roles
from alliance.models import Client, Episode
from alliance.patience import NoAnswer, Patience
from ratings.exchange.actions import count_cases, export_by_command, make_export, take_archive, write_key
from ratings.joining.queries import obstacle_between
from ratings.models import ClientLink, Rating
from sessions.models import PrivateNote
from tests.alliance.test_models import CLINICAL
from tests.care_graphs import Sight, found, sights
from tests.factories import make_episode

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_application")]


def by_the_predicate(stored, user):
    return Sight(
        found(stored.episodes, scopes.visible_episodes(user).values_list("pk", flat=True)),
        found(stored.episodes, scopes.own_episodes(user).values_list("pk", flat=True)),
        found(stored.clients, Client.objects.visible_to(user).values_list("pk", flat=True)),
        found(stored.notes, PrivateNote.objects.visible_to(user).values_list("pk", flat=True)),
    )


def by_the_database(stored, user):
    with acting.acting_as(acting.member(user.pk)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT alliance_sight('own')")
            own = [key for (key,) in cursor.fetchall()]
        return Sight(
            found(stored.episodes, Episode.objects.values_list("pk", flat=True)),
            found(stored.episodes, own),
            found(stored.clients, Client.objects.values_list("pk", flat=True)),
            found(stored.notes, PrivateNote.objects.values_list("pk", flat=True)),
        )


def differing(seeds, told):
    """The seeds and people of whom `told` says something else than the plain data; and how many may read something."""
    wrong, reading = [], 0
    for seed in seeds:
        with transaction.atomic():
            for stored, user, sight in sights(seed):
                reading += bool(sight.episodes)
                if told(stored, user) != sight:
                    wrong.append((seed, user.email))
            transaction.set_rollback(True)
    return wrong, reading


FEW = range(20)


def test_the_predicate_picks_what_the_plain_data_say():
    wrong, reading = differing(FEW, by_the_predicate)
    assert not wrong and reading > len(FEW)


@pytest.mark.postgres
def test_the_database_alone_shows_the_same():
    wrong, reading = differing(FEW, by_the_database)
    assert not wrong and reading > len(FEW)


@pytest.mark.postgres
@pytest.mark.evidence
def test_a_thousand_care_graphs():
    for told in (by_the_predicate, by_the_database):
        wrong, reading = differing(range(1000, 2000), told)
        assert not wrong and reading > 1000


# --- Who is named, and for how long -----------------------------------------------------------------------------------


def seen():
    return Episode.objects.count()


@pytest.mark.postgres
def test_every_clinical_table_has_its_rule():
    assert {model._meta.label for model in row_security.clinical_models()} == {m._meta.label for m in CLINICAL}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(p.polqual, p.polrelid) FROM pg_class c"
            " JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relrowsecurity"
        )
        rules = dict(cursor.fetchall())
    assert set(rules) == {model._meta.db_table for model in CLINICAL}
    assert all("alliance_sight" in rule for rule in rules.values())


ON_RATINGS = f"POLICY {row_security.POLICY} ON ratings_rating"


@pytest.mark.postgres
@pytest.mark.parametrize(
    "change",
    [
        f"DROP {ON_RATINGS}",
        f"ALTER {ON_RATINGS} USING (true)",
        f"ALTER {ON_RATINGS} TO CURRENT_USER",
        "CREATE POLICY beside ON ratings_rating USING (true)",
        "ALTER TABLE ratings_rating DISABLE ROW LEVEL SECURITY",
        row_security.SIGHT.replace("AND u.is_active ", "").replace("SET search_path FROM CURRENT", ""),
        "ALTER FUNCTION alliance_sight SECURITY INVOKER",
        "ALTER FUNCTION alliance_sight RESET search_path",
        "ALTER FUNCTION alliance_sight SET search_path = pg_temp, public",
        "ALTER FUNCTION alliance_sight_of_clients RESET ALL",
        "ALTER FUNCTION alliance_sight IMMUTABLE",
        "ALTER FUNCTION alliance_sight OWNER TO pg_monitor",
    ],
)
def test_a_filter_that_is_not_as_this_release_has_it_is_found(change, settings, application_role):
    settings.ROW_SECURITY = True
    with connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{application_role}"')
        assert roles.filters_as_said()
        cursor.execute("RESET ROLE")
        cursor.execute(change)
        cursor.execute(f'SET LOCAL ROLE "{application_role}"')
        assert not roles.filters_as_said()
        cursor.execute("RESET ROLE")


@pytest.mark.postgres
def test_functions_of_another_owner_are_given_back_to_that_of_the_tables(settings, application_role):
    settings.ROW_SECURITY = True
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION alliance_sight OWNER TO pg_monitor")
    roles.grant_application(application_role)
    assert roles.filters_as_said()


@pytest.mark.postgres
def test_the_rules_of_an_earlier_release_are_found(settings, monkeypatch):
    settings.ROW_SECURITY = True
    assert roles.filters_as_said()
    monkeypatch.setattr(row_security, "rule_of", lambda model: "true")
    assert not roles.filters_as_said()


@pytest.mark.postgres
def test_where_nobody_is_named_nothing_is_there(juniper, application_role):
    with connection.connection.cursor(cursor_factory=extensions.cursor) as cursor:  # which says nothing before
        cursor.execute(f'SET LOCAL ROLE "{application_role}"')
        for model in row_security.clinical_models():
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
            assert cursor.fetchone() == (0,), model
        cursor.execute("RESET ROLE")


@pytest.mark.postgres
def test_who_is_named_holds_for_the_block_and_no_longer(juniper, dana, noor):
    with acting.acting_as(acting.member(dana.user.pk)):
        assert seen() == 1
        with acting.acting_as(acting.member(noor.user.pk)):
            assert seen() == 0
        assert seen() == 1
        with acting.as_program():
            assert seen() == 1
    with acting.acting_as("nobody that there is"):
        assert seen() == 0


@pytest.mark.postgres
def test_a_page_is_read_in_ones_own_sight_and_a_deed_is_the_programs(juniper, dana, noor):
    with acting.acting_as(acting.member(noor.user.pk)):
        assert seen() == 0
        with transaction.atomic():
            assert seen() == 1
        assert seen() == 0


@pytest.mark.postgres
def test_a_manager_takes_out_every_case_of_the_practice_and_reads_none(juniper, sorrel, mona):
    with acting.acting_as(acting.member(mona.user.pk)):
        assert seen() == 0
        assert count_cases(make_export(by=mona, extent="practice", reason="quality")) == 2
        assert seen() == 0


@pytest.mark.postgres
def test_the_archive_of_a_manager_holds_the_ratings_that_they_may_not_read(juniper, mona, live_through):
    live_through(juniper, [3, 3])
    with acting.acting_as(acting.member(mona.user.pk)):
        export = make_export(by=mona, extent="practice", reason="quality")
        with take_archive(export=export) as file, zipfile.ZipFile(file) as archive:
            _names, *rows = archive.read("ratings.csv").decode().splitlines()
    assert len(rows) >= Rating.objects.count() > 0


@pytest.mark.postgres
def test_a_key_names_every_case_of_the_practice_whoever_sees_none(juniper, sorrel, mona):
    export = export_by_command(practice=mona.practice, reason="research", keeps_names=False, is_shifted=True)
    with acting.acting_as(acting.member(mona.user.pk)):
        text = write_key(export=export)
    assert all(episode.client.display_name in text for episode in (juniper, sorrel))


@pytest.mark.postgres
def test_a_key_of_somebody_elses_row_is_taken(juniper, noor):
    """Else it would be given to a second row, and the database would refuse that."""
    with acting.acting_as(acting.member(noor.user.pk)):
        assert form_keys._is_taken(Episode, juniper.code)


@pytest.mark.postgres
def test_a_colleagues_case_with_the_same_client_keeps_two_apart(juniper, sorrel, dana, noor):
    make_episode(noor, client=sorrel.client)
    with acting.acting_as(acting.member(dana.user.pk)):
        assert "A colleague has a case" in obstacle_between(juniper, sorrel)


@pytest.mark.postgres
def test_after_a_failed_statement_it_is_still_the_same_person(juniper, dana, noor):
    with acting.acting_as(acting.member(noor.user.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            Episode.objects.create(client_id=juniper.client_id, therapist_id=dana.pk)
        assert seen() == 0


@pytest.mark.postgres
def test_a_client_of_two_therapists_and_a_link_of_one(juniper, sorrel):
    key = token_hash("a" * 43)
    ClientLink.objects.create(client=juniper.client, kind="preferences", token_hash=key, channel="email")
    other = ClientLink.objects.create(client=sorrel.client, kind="preferences", token_hash=token_hash("b"))
    with acting.acting_as(acting.link(key)):
        assert list(Episode.objects.all()) == [juniper] and list(Client.objects.all()) == [juniper.client]
        assert not ClientLink.objects.filter(pk=other.pk).exists()
        assert list(ClientLink.objects.all()) == [ClientLink.objects.get(token_hash=key)]
    with acting.acting_as(acting.link(token_hash("c"))):
        assert seen() == 0


@pytest.mark.postgres
def test_a_link_that_could_end_the_statement_is_nobodys():
    assert acting.link("x', true); DROP TABLE ratings_rating; --") == acting.NOBODY


def named():
    """Who is named to the database by the next statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('alliance.acting', true)")
        return cursor.fetchone()[0] or acting.NOBODY


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_next_on_the_same_connection_knows_nothing_of_it(juniper, dana):
    with acting.acting_as(acting.member(dana.user.pk)):
        assert named() == f"member {dana.user.pk}"
    assert named() == acting.NOBODY


@pytest.mark.postgres
def test_who_was_named_is_not_named_any_more_for_the_rest_of_the_transaction(dana):
    with acting.acting_as(dana_named := acting.member(dana.user.pk)):
        assert named() == dana_named
    assert named() == acting.NOBODY


@pytest.mark.postgres
def test_whoever_is_named_from_here_on_is_named_until_somebody_else_is(dana, noor):
    def both():
        for member in (dana, noor):
            acting.act_as(acting.member(member.user.pk))
            yield named()

    assert copy_context().run(list, both()) == [acting.member(member.user.pk) for member in (dana, noor)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_where_nobody_is_named_a_statement_goes_by_itself():
    """Some of PostgreSQL's go in no other way."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM alliance_lastrun")
    assert named() == acting.NOBODY


@pytest.mark.postgres
def test_one_statement_for_many_values_changes_what_whoever_is_named_sees(juniper, dana, noor):
    made = {"kind": "copy", "token_hash": "a", "channel": "email", "expires_at": timezone.now()}
    own = ClientLink.objects.create(client=juniper.client, episode=juniper, **made)
    changed = []
    for member in (noor, dana):
        with acting.acting_as(acting.member(member.user.pk)), connection.cursor() as cursor:
            cursor.executemany("UPDATE ratings_clientlink SET channel = 'screen' WHERE id = %s", [(own.pk,), (0,)])
        own.refresh_from_db()
        changed.append(own.channel == "screen")
    assert changed == [False, True]


@pytest.mark.postgres
def test_a_wait_has_its_limit_also_for_the_statement_behind_it(dana):
    set_wait_callback(Patience(0.5))
    try:
        other = psycopg2.connect(**connection.get_connection_params())
        other.autocommit = True
        start = time.monotonic()
        with acting.acting_as(acting.member(dana.user.pk)), pytest.raises(NoAnswer), other.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        assert time.monotonic() - start < 3
    finally:
        set_wait_callback(None)
        other.close()


@pytest.mark.postgres
def test_a_cursor_of_the_server_is_refused(dana):
    with (
        acting.acting_as(acting.member(dana.user.pk)),
        connection.connection.cursor("named") as cursor,
        pytest.raises(RuntimeError, match="cannot say for whom"),
    ):
        cursor.execute("SELECT 1")
