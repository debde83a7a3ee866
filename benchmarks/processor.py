"""Measures what pages take of the processor, beside an empty page: `python -m benchmarks.processor`.

It fills a SQLite of its own and takes it away at the end. Django's admin shows the same rows beside; so does Datasette,
where `--datasette` names its program. With `--write-docs` the figures go into `docs/reference/performance.md`.
"""

import argparse
import os
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--datasette", metavar="PROGRAM", help="from an environment of its own")
    parser.add_argument("--write-docs", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, ExitStack() as ends:
        database = Path(folder, "benchmark.sqlite3")
        os.environ["DATABASE_URL"] = f"sqlite:///{database}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "alliance.settings"
        settings.INSTALLED_APPS += ["django.contrib.admin"]
        settings.ROOT_URLCONF = "benchmarks.admin"
        django.setup()
        arms = import_module("benchmarks.arms")  # it reads models, so not before
        arms.fill()
        others = arms.of_the_program() + arms.of_the_admin()
        if given.datasette:
            serving = import_module("benchmarks.datasette").serving
            others.append(ends.enter_context(serving(given.datasette, database, Path(folder, "datasette.log"))))
        found = import_module("benchmarks.work").compared(arms.floor(), others, given.rounds)
        print(arms.in_words(found))
        if given.write_docs:
            arms.write(found)


if __name__ == "__main__":
    main()
