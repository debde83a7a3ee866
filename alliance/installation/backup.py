"""Makes a backup of the whole database while it is in use, and brings one back.

SQLite is copied by its own backup interface (a copy of the file while somebody writes loses what was acknowledged),
PostgreSQL by `pg_dump`, both as of one instant. What nobody needs after a restore is left out: who was signed in,
attempts and drafts. With the rows goes how many there are of each table: a restore can tell whether all are there.
"""

import json
import os
import sqlite3
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2
from django.apps import apps
from django.conf import settings
from psycopg2.extensions import make_dsn

LEFT_OUT = ("django_session", "alliance_browsersession", "alliance_cache", "alliance_formdraft", "alliance_importdraft")
OPTIONS_OF_DJANGO = (
    "isolation_level",
    "assume_role",
    "pool",
    "server_side_binding",
    "cursor_factory",
    "connection_factory",
)
PIECE_BYTES = 256 * 1024
Counts = dict[str, int]  # table -> rows


class BackupFailed(Exception):
    """It was not made, or not brought back, and why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    kind: str  # sqlite or postgresql
    counts: Counts

    def to_line(self) -> bytes:
        return json.dumps({"kind": self.kind, "counts": self.counts}).encode() + b"\n"


# --- Out --------------------------------------------------------------------------------------------------------------


def backup(folder: Path) -> Iterator[bytes]:
    """The content of a backup, in pieces; `folder` has room for a copy of SQLite's file meanwhile."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        yield from _backup_sqlite(Path(database["NAME"]), folder)
    else:
        yield from _backup_postgresql(database)


def _backup_sqlite(path: Path, folder: Path) -> Iterator[bytes]:
    with TemporaryDirectory(dir=folder) as private:  # 0700
        copy = Path(private) / "copy"
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as out,
        ):
            source.backup(out)
            out.execute("PRAGMA secure_delete = ON")
            present = {name for (name,) in out.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table in present.intersection(LEFT_OUT):
                out.execute(f'DELETE FROM "{table}"')
            out.commit()
            out.execute("VACUUM")
            (said,) = out.execute("PRAGMA integrity_check").fetchone()
            if said != "ok":
                raise BackupFailed(f"The database is damaged: {said}")
            yield Manifest("sqlite", counts_of_sqlite(copy)).to_line()
        squeeze = zlib.compressobj(1)
        with copy.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield squeeze.compress(piece)
        yield squeeze.flush()


def _backup_postgresql(database: Mapping[str, Any]) -> Iterator[bytes]:
    with closing(psycopg2.connect(**_address(database))) as connection, connection.cursor() as cursor:
        # One instant for the counts and the rows.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        yield Manifest("postgresql", _counts(cursor)).to_line()
        left_out = [f"--exclude-table-data={table}" for table in LEFT_OUT]
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", *left_out]
        with _tool("pg_dump", database, *options, stdout=subprocess.PIPE) as dump:
            while piece := dump.stdout.read(PIECE_BYTES):
                yield piece


# --- Back -------------------------------------------------------------------------------------------------------------


def restore_sqlite(pieces: Iterable[bytes], path: Path) -> Counts:
    """Writes a new SQLite file; the rows that were missing, by table."""
    manifest, content = _read(pieces)
    if manifest.kind != "sqlite":
        raise BackupFailed("This is a backup of PostgreSQL: name an empty database of it.")
    unsqueeze = zlib.decompressobj()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in content:
            file.write(unsqueeze.decompress(piece))
        file.write(unsqueeze.flush())
        os.fsync(file.fileno())
    with closing(sqlite3.connect(path)) as restored:
        (said,) = restored.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        raise BackupFailed(f"The restored file is damaged: {said}")
    return _missing(manifest.counts, counts_of_sqlite(path))


def restore_postgresql(pieces: Iterable[bytes], database: Mapping[str, Any]) -> Counts:
    """Fills an empty database; the rows that were missing, by table."""
    with closing(psycopg2.connect(**_address(database))) as connection, connection.cursor() as cursor:
        if _counts(cursor):
            raise BackupFailed("This database is not empty. Restore into a new one.")
    manifest, content = _read(pieces)
    if manifest.kind != "postgresql":
        raise BackupFailed("This is a backup of SQLite: name a file that is not there yet.")
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    with _tool("pg_restore", database, *options, stdin=subprocess.PIPE) as restore:
        try:
            for piece in content:
                restore.stdin.write(piece)
            restore.stdin.close()
        except BrokenPipeError:
            pass  # its own words follow
    with closing(psycopg2.connect(**_address(database))) as connection, connection.cursor() as cursor:
        return _missing(manifest.counts, _counts(cursor))


def _read(pieces: Iterable[bytes]) -> tuple[Manifest, Iterator[bytes]]:
    rest = iter(pieces)
    start = b""
    for piece in rest:
        start += piece
        if b"\n" in start:
            break
    line, _newline, start = start.partition(b"\n")

    def content() -> Iterator[bytes]:
        yield start
        yield from rest

    return Manifest(**json.loads(line)), content()


def _missing(expected: Counts, found: Counts) -> Counts:
    return {table: number - found.get(table, 0) for table, number in expected.items() if number != found.get(table, 0)}


# --- What is there ----------------------------------------------------------------------------------------------------


def tables() -> list[str]:
    """All tables of the program that a backup takes along."""
    return sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)} - set(LEFT_OUT))


def counts_of_sqlite(path: Path) -> Counts:
    """How many rows each table of a SQLite file has."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        # Of the version before it may have fewer.
        present = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        there = [table for table in tables() if table in present]
        return {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in there}


def _counts(cursor: Any) -> Counts:
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
    present = {name for (name,) in cursor.fetchall()}
    counts = {}
    for table in (table for table in tables() if table in present):
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        (counts[table],) = cursor.fetchone()
    return counts


def _address(database: Mapping[str, Any]) -> dict[str, Any]:
    """What libpq takes, as Django has it."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    address = {name: database[key] for name, key in named.items() if database.get(key)}
    options = database.get("OPTIONS", {})
    return address | {name: value for name, value in options.items() if name not in OPTIONS_OF_DJANGO}


@contextmanager
def _tool(name: str, database: Mapping[str, Any], *options: str, **streams: Any) -> Iterator[Any]:
    """A tool of PostgreSQL at work; the password goes by the environment, as others see a command line."""
    address = _address(database)
    environment = os.environ | {"PGPASSWORD": address.pop("password", "")}
    command = [name, *options, f"--dbname={make_dsn(**address)}"]
    try:
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, **streams)
    except FileNotFoundError:
        raise BackupFailed(f"{name} is not installed here; it comes with the client of PostgreSQL.") from None
    try:
        yield process
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
        if process.wait() != 0:
            raise BackupFailed(f"{name} has failed: {said.strip()}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream and not stream.closed:
                stream.close()
