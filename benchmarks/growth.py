"""Measures what pages ask of PostgreSQL while the tables grow and the caseload stays: `python -m benchmarks.growth`.

It brings a PostgreSQL of its own and takes it away at the end. With `--write-docs` the figures go into
`docs/reference/performance.md`.
"""

import argparse
import os
from importlib import import_module

import django

from tests.pg_plugin import postgresql

SIZES = (10_000, 100_000)
UNDISTURBED = "autovacuum = off\n"  # it would lock tables on which a rule is put meanwhile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=SIZES, help="of colleagues, smallest first")
    parser.add_argument("--write-docs", action="store_true")
    given = parser.parse_args()
    with postgresql(UNDISTURBED) as address:
        os.environ["DATABASE_URL"] = address
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alliance.settings")
        django.setup()
        report = import_module("benchmarks.report")  # it reads models, so not before
        grown = report.grown(given.sessions)
        print(report.in_words(grown))
        if given.write_docs:
            report.write(grown)


if __name__ == "__main__":
    main()
