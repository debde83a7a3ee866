"""What PostgreSQL shows to whom: the predicate of `alliance.scopes` once more, in the database's own words.

Where the program runs as a role that owns nothing, a filter that was forgotten in Python shows nothing foreign, and a
statement for which nobody was named shows nothing at all (`alliance.acting`). The owner of the tables is not bound by
it, so nothing changes where there is one role. `manage.py grant_application` writes it anew after each migrate, for
every clinical model by its query set and its `scope`: a new model has its rule by itself.

It is written by hand, and not taken from the query of `alliance.scopes`: a fault there is not a fault here. A test
builds care graphs and compares the two with a third account.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db.models import Model

from alliance.query_sets import ScopedQuerySet, SupervisionNoteQuerySet, TherapistOnlyQuerySet, WriterOnlyQuerySet

POLICY = "alliance_sight"
ACTING = "current_setting('alliance.acting', true)"
# Of whoever is signed in; null under a link.
_USER = f"nullif(split_part({ACTING}, 'member ', 2), '')::bigint"
_NOW = "statement_timestamp()"


def _live(row: str) -> str:
    """As `scopes.live`."""
    return f"({row}.starts_at <= {_NOW} AND ({row}.ends_at IS NULL OR {row}.ends_at > {_NOW}))"


_IS_PLACE = f"m.accepted_at IS NOT NULL AND {_live('m')}"


def _holds(a: str) -> str:
    """As `scopes.live_assignments`, of a supervisor who is one."""
    return f"{_live(a)} AND {a}.accepted_at IS NOT NULL AND {a}.opens_at <= {_NOW}"


def _is_open(a: str) -> str:
    """As `scopes.live_assignments`."""
    supervisor = f"u.is_active AND m.is_supervisor AND {_IS_PLACE}"
    return (
        f"{_holds(a)} AND EXISTS (SELECT FROM alliance_membership m"
        f" JOIN alliance_user u ON u.id = m.user_id WHERE m.id = {a}.supervisor_id AND {supervisor})"
    )


# An episode that has not ended, or lately.
_IN_SIGHT = f"""(e.ends_at IS NULL OR e.ends_at > {_NOW} - (SELECT make_interval(days => p.ended_visible_days)
    FROM alliance_client c JOIN alliance_practice p ON p.id = c.practice_id WHERE c.id = e.client_id))"""
_COVERED = f"c.covering_id = ANY(therapist) AND c.taken_back_at IS NULL AND {_live('c')} AND e.ends_at IS NULL"

# Worked out once a statement, however many tables it reads: `acting.said_before` empties what is kept, which is the
# episodes in their own hands, those that they read along, and the clients of both. Its own questions are planned once a
# connection: planning them anew took more buffers each time than answering them.
SIGHT = f"""
CREATE OR REPLACE FUNCTION alliance_sight(what text) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    acting text := {ACTING};
    kept text := current_setting('alliance.sees', true);
    who bigint;
    therapist bigint[];
    supervisor bigint[];
    may_open bigint[];
    places bigint[]; -- every one that they have or had: nobody supervises themselves
    assigned bigint[]; -- by their episode
    therapists bigint[]; -- whose cases they read, but those that somebody is assigned to by name
    theirs bigint[];
    named bigint[];
    own bigint[];
    read_along bigint[];
    own_clients bigint[];
    their_clients bigint[];
    read_clients bigint[];
BEGIN
    IF coalesce(kept, '') = '' THEN
        IF acting LIKE 'member %' THEN
            who := substr(acting, 8);
            SELECT array_agg(m.id), array_agg(m.id) FILTER (WHERE m.is_therapist AND {_IS_PLACE}),
                array_agg(m.id) FILTER (WHERE m.is_supervisor AND {_IS_PLACE}),
                array_agg(m.id) FILTER (WHERE (m.is_supervisor OR m.is_manager) AND {_IS_PLACE})
            INTO places, therapist, supervisor, may_open
            FROM alliance_membership m JOIN alliance_user u ON u.id = m.user_id WHERE m.user_id = who AND u.is_active;
            SELECT array_agg(e.id), array_agg(e.client_id) INTO own, own_clients FROM (
                SELECT e.id, e.client_id FROM alliance_episode e WHERE e.therapist_id = ANY(therapist) AND {_IN_SIGHT}
                UNION
                SELECT e.id, e.client_id FROM alliance_cover c JOIN alliance_episode e ON e.id = c.episode_id
                WHERE {_COVERED}
                UNION
                SELECT e.id, e.client_id FROM alliance_cover c JOIN alliance_episode e
                ON e.therapist_id = c.therapist_id WHERE {_COVERED}
            ) e;
            SELECT array_agg(a.episode_id), array_agg(a.therapist_id) INTO assigned, therapists
            FROM alliance_supervision a WHERE a.supervisor_id = ANY(supervisor) AND {_holds("a")};
            SELECT array_agg(e.id), array_agg(e.client_id) INTO theirs, their_clients FROM alliance_episode e
            WHERE e.therapist_id = ANY(therapists) AND e.therapist_id <> ALL(places) AND {_IN_SIGHT};
            named := ARRAY(
                SELECT o.episode_id FROM alliance_supervision o WHERE o.episode_id = ANY(theirs) AND {_is_open("o")}
            );
            SELECT array_agg(e.id), array_agg(e.client_id) INTO read_along, read_clients FROM (
                SELECT e.id, e.client_id FROM alliance_episode e
                WHERE e.id = ANY(assigned) AND e.therapist_id <> ALL(places) AND {_IN_SIGHT}
                UNION
                SELECT e.id, e.client_id FROM unnest(theirs, their_clients) e(id, client_id) WHERE e.id <> ALL(named)
                UNION
                SELECT e.id, e.client_id FROM alliance_emergencyaccess x JOIN alliance_episode e ON e.id = x.episode_id
                WHERE x.reader_id = ANY(may_open) AND {_live("x")} AND {_IN_SIGHT}
            ) e;
        ELSIF acting LIKE 'link %' THEN
            SELECT array_agg(e.id), array_agg(e.client_id) INTO own, own_clients
            FROM ratings_clientlink l JOIN alliance_episode e ON e.client_id = l.client_id
            WHERE l.token_hash = substr(acting, 6);
        END IF;
        kept := coalesce(own::text, '{{}}') || ' ' || coalesce(read_along::text, '{{}}') || ' '
            || coalesce((own_clients || read_clients)::text, '{{}}');
        PERFORM set_config('alliance.sees', kept, true);
    END IF;
    IF what = 'clients' THEN
        RETURN QUERY SELECT unnest(split_part(kept, ' ', 3)::bigint[]);
    ELSE
        RETURN QUERY SELECT unnest(split_part(kept, ' ', 1)::bigint[]);
    END IF;
    IF what = 'all' THEN
        RETURN QUERY SELECT unnest(split_part(kept, ' ', 2)::bigint[]);
    END IF;
END $$
"""
FUNCTIONS = {
    "alliance_sight": SIGHT,
    "alliance_sight_of_clients": """
CREATE OR REPLACE FUNCTION alliance_sight_of_clients() RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT alliance_sight('clients');
END $$
""",
}


def bodies() -> dict[str, str]:
    """What stands between the dollars of each function."""
    return {name: made.split("$$")[1] for name, made in FUNCTIONS.items()}


def clinical_models() -> list[type[Model]]:
    """Every model whose rows are about a client."""
    return [model for model in apps.get_models() if isinstance(model._default_manager.all(), ScopedQuerySet)]


def rule_of(model: type[Model]) -> str:
    """The condition under which a row of the model is there, as its `visible_to` has it."""
    rows = model._default_manager.all()
    column, of_episode = model.scope  # type: ignore[attr-defined]  # each of these models has it
    key: Any = model._meta.pk if column == "pk" else model._meta.get_field(column)
    sight = "own" if isinstance(rows, TherapistOnlyQuerySet) else "all"
    seen = "alliance_sight_of_clients()" if of_episode == "client" else f"alliance_sight('{sight}')"
    rule = f"{key.column} IN (SELECT {seen})"
    if isinstance(rows, WriterOnlyQuerySet):
        rule += f" AND written_by_id IN (SELECT m.id FROM alliance_membership m WHERE m.user_id = {_USER})"
    if isinstance(rows, SupervisionNoteQuerySet):
        rule += f" AND (written_by_id IN ({_places('supervisor')}) OR reader = 'both' AND meeting_id IN ("
        rule += f"SELECT x.id FROM ratings_meeting x WHERE x.therapist_id IN ({_places('therapist')})))"
    if model._meta.label == "ratings.ClientLink":
        rule = f"({rule}) OR token_hash = (SELECT substr({ACTING}, 6))"  # the key that somebody holds
    return f"(SELECT {ACTING}) = 'program' OR {rule}"


def _places(role: str) -> str:
    return (
        "SELECT m.id FROM alliance_membership m JOIN alliance_user u ON u.id = m.user_id"
        f" WHERE m.user_id = {_USER} AND u.is_active AND m.is_{role} AND m.accepted_at IS NOT NULL AND {_live('m')}"
    )


def put() -> Iterator[str]:
    """What the owner runs: the functions, then a rule for each table. Again, it changes nothing."""
    for name, made in FUNCTIONS.items():
        yield made
        yield f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC"
    for model in clinical_models():
        table = model._meta.db_table
        yield f"DROP POLICY IF EXISTS {POLICY} ON {table}"
        yield f"CREATE POLICY {POLICY} ON {table} USING ({rule_of(model)})"
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"


def taken_off(tables: Iterable[str]) -> Iterator[str]:
    """What the owner runs for tables that have any of it and are to have none. Each statement locks its table."""
    for table in tables:
        yield f"DROP POLICY IF EXISTS {POLICY} ON {table}"
        yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
