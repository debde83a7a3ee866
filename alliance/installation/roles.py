"""Two roles of PostgreSQL: one owns the tables and migrates, the other runs the program and owns nothing.

Whoever owns a table can lift its triggers and rules. The program cannot, where it runs as the second one: then it is
the database that keeps the audit as it was written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from psycopg2.sql import SQL, Identifier

from alliance import row_security

ALL = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
READS, ADDS = frozenset({"SELECT"}), frozenset({"SELECT", "INSERT"})
NEVER = frozenset({"TRUNCATE", "REFERENCES", "TRIGGER"})
# Less than all. What the owner alone changes here: closing the audit, erasing a client, migrating.
LESS = {
    "alliance_auditevent": ADDS,
    "ratings_strainverdict": ADDS,
    "ratings_usefulverdict": ADDS,
    "alliance_auditseal": READS,
    "alliance_erasure": READS,
    "django_migrations": READS,
}


class CannotGrant(Exception):
    """Why the rights were not given, in a sentence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a role is in this database."""

    name: str
    is_owner: bool  # or may become one, or passes over every rule
    may_create: bool


def standing_of(role: str = "") -> Standing | None:
    """What this role is, or the one that runs the program; None where there is no such role."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.rolname, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR EXISTS ("
            "   SELECT FROM pg_class c WHERE c.relname = ANY(%s) AND c.relnamespace = current_schema()::regnamespace"
            "   AND pg_has_role(r.oid, c.relowner, 'MEMBER')),"
            " has_schema_privilege(r.oid, current_schema(), 'CREATE')"
            " FROM pg_roles r WHERE r.rolname = coalesce(nullif(%s, ''), current_user)",
            [tables(), role],
        )
        row = cursor.fetchone()
    return Standing(*row) if row else None


def tables() -> list[str]:
    """Every table of the program, with those that have no model."""
    of_models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return sorted(of_models | {"alliance_cache", "django_migrations"})


def rights_on(table: str) -> frozenset[str]:
    """What the application may do with a table."""
    return LESS.get(table, ALL)


def grant_application(role: str) -> int:
    """Gives a role what the program needs and takes all else from it; how many tables there are. For the owner.

    Raises
    ------
    CannotGrant
        There is no such role, it could do more than the program may, a rule stands beside the program's, or this is
        not the owner.
    """
    standing, own = standing_of(role), standing_of()
    if standing is None:
        raise CannotGrant(f"There is no role {role}. Make it as docs/how-to/deploy.md says.")
    if standing.is_owner:
        raise CannotGrant(
            f"The role {role} owns tables, may become their owner, or passes over every rule. Take another."
        )
    if own is None or not own.is_owner:
        raise CannotGrant("Only the owner of the tables can do this: run it as the role that runs `migrate`.")
    if standing.may_create:
        raise CannotGrant(
            f"The role {role} may create tables. Take that away first, as a superuser of PostgreSQL: "
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
        )
    if missing := set(tables()) - set(connection.introspection.table_names()):
        raise CannotGrant(f"{len(missing)} tables are missing. Run `manage.py migrate` first.")
    if settings.ROW_SECURITY and (beside := _rules_beside()):
        raise CannotGrant(f"There are rules that are not the program's, drop them first: {', '.join(beside)}.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        here, to = Identifier(cursor.fetchone()[0]), Identifier(role)
        for what in ("TABLES", "SEQUENCES"):
            cursor.execute(SQL("REVOKE ALL ON ALL " + what + " IN SCHEMA {} FROM PUBLIC, {}").format(here, to))
        cursor.execute(SQL("GRANT USAGE ON SCHEMA {} TO {}").format(here, to))
        cursor.execute(SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(here, to))
        for table in tables():
            rights = SQL(", ".join(sorted(rights_on(table))))
            cursor.execute(SQL("GRANT {} ON {}.{} TO {}").format(rights, here, Identifier(table), to))
        cursor.execute(SQL("SET LOCAL search_path = {}, pg_temp").format(here))  # which the functions keep
        for statement in row_security.put() if settings.ROW_SECURITY else row_security.taken_off(_filtered()):
            cursor.execute(statement)
        _mark_rules()
        if settings.ROW_SECURITY:
            _give_functions_to(_owner())
        for function in row_security.FUNCTIONS if settings.ROW_SECURITY else ():
            cursor.execute(SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(Identifier(function), to))
    return len(tables())


def _owner() -> str:
    """The role that owns the tables: a superuser may stand in for it here, and would own what is made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.relname = 'alliance_episode'"
            " AND c.relnamespace = current_schema()::regnamespace"
        )
        return str(cursor.fetchone()[0])


def _give_functions_to(owner: str) -> None:
    with connection.cursor() as cursor:
        for function in row_security.FUNCTIONS:
            cursor.execute(SQL("ALTER FUNCTION {} OWNER TO {}").format(Identifier(function), Identifier(owner)))


def _filtered() -> list[str]:
    """The clinical tables that have a rule of PostgreSQL, or ask for one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relname = ANY(%s)"
            " AND c.relnamespace = current_schema()::regnamespace AND (c.relrowsecurity"
            "   OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s))",
            [_clinical(), row_security.POLICY],
        )
        return [table for (table,) in cursor.fetchall()]


def _clinical() -> list[str]:
    return sorted(model._meta.db_table for model in row_security.clinical_models())


def other_rights() -> Iterator[str]:
    """The tables on which the role that runs the program has other rights than it is given here."""
    privileges = sorted(ALL | NEVER)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.name FROM pg_class c, unnest(%s) AS p(name) WHERE c.relname = ANY(%s)"
            " AND c.relnamespace = current_schema()::regnamespace"
            " AND has_table_privilege(c.oid, p.name)",
            [privileges, tables()],
        )
        found: dict[str, set[str]] = {table: set() for table in tables()}
        for table, privilege in cursor.fetchall():
            found[table].add(privilege)
    yield from (table for table, rights in found.items() if rights != rights_on(table))


def filters_as_said() -> bool:
    """Whether PostgreSQL filters every clinical table where ALLIANCE_ROW_SECURITY is on, and none where it is off.

    By the rules as this release has them, with no other rule beside: `grant_application` writes them anew.
    """
    if not settings.ROW_SECURITY:
        return not _filtered()
    rules = {model._meta.db_table: row_security.rule_of(model) for model in row_security.clinical_models()}
    found = {rule.table: rule for rule in _rules()}
    is_whole = found.keys() == rules.keys() and _function_bodies() == sorted(row_security.bodies().items())
    return is_whole and all(found[table].mark == found[table].marked_as(rules[table]) for table in rules)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule as it stands in PostgreSQL, which keeps it in its own words: they cannot be compared with ours.

    So the mark says from which words of ours these were made. It is a comment of the rule.
    """

    table: str
    kept: str
    mark: str

    def marked_as(self, rule: str) -> str:
        return sha256(f"{rule}\n{self.kept}".encode()).hexdigest()


def _rules() -> list[_Rule]:
    """The rules of clinical tables that are alone on theirs, and there for everybody and everything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(p.polqual, c.oid), coalesce(obj_description(p.oid, 'pg_policy'), '')"
            " FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s"
            " WHERE c.relname = ANY(%s) AND c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity"
            " AND p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}' AND p.polqual IS NOT NULL"
            " AND p.polwithcheck IS NULL"
            " AND NOT EXISTS (SELECT FROM pg_policy o WHERE o.polrelid = c.oid AND o.oid <> p.oid)",
            [row_security.POLICY, _clinical()],
        )
        return [_Rule(*row) for row in cursor.fetchall()]


def _rules_beside() -> list[str]:
    """The rules of clinical tables that are not the program's: one can show what that hides."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.polname || ' on ' || c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
            " WHERE c.relname = ANY(%s) AND c.relnamespace = current_schema()::regnamespace AND p.polname <> %s",
            [_clinical(), row_security.POLICY],
        )
        return sorted(name for (name,) in cursor.fetchall())


def _mark_rules() -> None:
    rules = {model._meta.db_table: row_security.rule_of(model) for model in row_security.clinical_models()}
    for rule in _rules():
        on = SQL("COMMENT ON POLICY {} ON {} IS %s").format(Identifier(row_security.POLICY), Identifier(rule.table))
        with connection.cursor() as cursor:
            cursor.execute(on, [rule.marked_as(rules[rule.table])])


def _function_bodies() -> list[tuple[str, str]]:
    """The functions that the rules ask, each with its body: PostgreSQL keeps it letter by letter.

    Of those alone that are as `row_security.put` makes them: they run as the owner of the tables, look for names where
    they looked then, and may be asked once a statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.prosrc FROM pg_proc p WHERE p.proname = ANY(%s) AND p.prosecdef"
            " AND p.pronamespace = current_schema()::regnamespace AND p.provolatile = 's'"
            " AND p.proowner = ALL(SELECT c.relowner FROM pg_class c WHERE c.relname = ANY(%s)"
            "   AND c.relnamespace = current_schema()::regnamespace)"
            " AND p.proconfig = ARRAY['search_path=' || quote_ident(current_schema()) || ', pg_temp',"
            "   'plan_cache_mode=force_generic_plan']",
            [list(row_security.FUNCTIONS), _clinical()],
        )
        return sorted(cursor.fetchall())
