"""What an upgrade would do to the tables of this database, and the way back."""

from dataclasses import dataclass

from django.db import connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor


class CannotUpgrade(Exception):
    """Why the tables cannot be brought up to date, in a sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The migrations that are missing, by app and name."""

    steps: tuple[tuple[str, str], ...]
    back: tuple[tuple[str, str], ...]  # what `migrate` is given to undo them
    for_good: tuple[tuple[str, str], ...]  # those among the steps that cannot be undone


def plan() -> Plan:
    """What is missing here.

    Raises
    ------
    CannotUpgrade
        The database is of a newer version, or its migrations do not fit those of this one.
    """
    executor = MigrationExecutor(connection)
    loader = executor.loader
    unknown = sorted(set(loader.applied_migrations) - set(loader.disk_migrations))
    unknown = [(app, name) for app, name in unknown if app in loader.migrated_apps]
    if unknown:
        raise CannotUpgrade(
            f"The database is of a newer version than this program: {in_words(unknown)}. Nothing was changed."
        )
    try:
        loader.check_consistent_history(connection)
    except InconsistentMigrationHistory as error:
        raise CannotUpgrade(f"The migrations of this database are out of order. {error}") from error
    missing = [migration for migration, _backwards in executor.migration_plan(loader.graph.leaf_nodes())]
    last = dict(sorted(loader.applied_migrations))
    return Plan(
        steps=tuple((migration.app_label, migration.name) for migration in missing),
        back=tuple((app, last.get(app, "zero")) for app in sorted({migration.app_label for migration in missing})),
        for_good=tuple(
            (migration.app_label, migration.name)
            for migration in missing
            if not all(operation.reversible for operation in migration.operations)
        ),
    )


def in_words(migrations: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> str:
    """Migrations as one reads them, `alliance 0027_digest`, with a comma between."""
    return ", ".join(f"{app} {name}" for app, name in migrations)
