"""Fills, measures, and says what was found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from alliance import acting
from alliance.models import User
from benchmarks.colleagues import Colleagues
from benchmarks.pages import Measured, control, look_ups, measured_pages
from benchmarks.secured import as_application
from ratings.models import Assessment, Rating

PAGE = settings.BASE_DIR / "docs" / "reference" / "performance.md"
BEGINS, ENDS = "<!-- figures -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured beside so many therapy sessions of colleagues."""

    sessions: int
    pages: list[Measured]
    secured: list[Measured]  # the same, where PostgreSQL filters too
    rating_bytes: int  # of the table with its indexes, for a million rows
    assessment_bytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """A page over all sizes."""

    page: str
    statements: int
    size: int
    buffers: list[int]
    exponent: float  # of buffers over sessions: 0, where they stay; 1, where they grow alike
    secured: float  # times as many buffers at the largest size, where PostgreSQL filters too


def grown(sizes: Sequence[int]) -> list[Size]:
    """Fills an empty database with the demo practice, and then with colleagues, and measures at each size."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_demo", verbosity=0)
    colleagues = Colleagues()
    therapist, supervisor = (User.objects.get(email=f"{role}@demo.test") for role in ("therapist", "supervisor"))
    found = []
    for wanted in sizes:
        sessions = colleagues.fill_to(wanted)
        _settle()
        pages = [*measured_pages(therapist, supervisor), look_ups(), control()]
        with as_application():
            secured = measured_pages(therapist, supervisor)
            with acting.as_program():
                secured += [look_ups(), control()]
        found.append(Size(sessions, pages, secured, _bytes_of_a_million(Rating), _bytes_of_a_million(Assessment)))
    return found


def _settle() -> None:
    """What PostgreSQL does by itself a minute after so many rows came."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _bytes_of_a_million(model: type[Rating] | type[Assessment]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [model._meta.db_table])
        (size,) = cursor.fetchone()
    return round(int(size) / model.objects.count() * 1_000_000)


def rows_of(found: Sequence[Size]) -> list[Row]:
    rows = []
    pages_by_size = zip(*(size.pages for size in found), strict=True)
    for pages, secured in zip(pages_by_size, found[-1].secured, strict=True):
        buffers = [page.cost.buffers for page in pages]
        grows = math.log(buffers[-1] / buffers[0]) / math.log(found[-1].sessions / found[0].sessions)
        times = secured.cost.buffers / buffers[-1]
        rows.append(Row(pages[0].page, pages[-1].cost.statements, pages[-1].size, buffers, grows, times))
    return rows


def in_words(found: Sequence[Size]) -> str:
    """The table, as the page in docs has it."""
    heads = [f"{size.sessions:,} sessions" for size in found]
    lines = [
        f"| page | statements | bytes, compressed | {' | '.join(heads)} | exponent | × with row security |",
        f"|---|---|---|{'---|' * len(heads)}---|---|",
    ]
    for row in rows_of(found):
        buffers = " | ".join(f"{count:,}" for count in row.buffers)
        lines.append(
            f"| {row.page} | {row.statements} | {row.size or ''} | {buffers} | {row.exponent:.2f} | {row.secured:.2f} |"
        )
    last = found[-1]
    lines += [
        "",
        f"A million ratings take {last.rating_bytes / 1e6:.0f} MB with their indexes, a million assessments "
        f"{last.assessment_bytes / 1e6:.0f} MB. Measured on PostgreSQL {_server_version()}.",
    ]
    return "\n".join(lines)


def _server_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def write(found: Sequence[Size]) -> None:
    """Puts the figures into the page, between its two marks."""
    put_between(BEGINS, ENDS, in_words(found))


def put_between(begins: str, ends: str, text: str) -> None:
    before, rest = PAGE.read_text().split(begins)
    PAGE.write_text(f"{before}{begins}\n{text}\n{ends}{rest.split(ends)[1]}")
