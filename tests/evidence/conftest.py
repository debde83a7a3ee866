"""What the long measurements found, in one report: var/evidence/report.txt for people, report.json for programs."""

import json
import os
import platform
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.evidence.hosts import Network

FOLDER = settings.BASE_DIR / "var" / "evidence"
measured = []


def pytest_runtest_logreport(report):
    if report.when == "call" or report.failed:
        measured.append(
            {
                "test": report.nodeid,
                "outcome": report.outcome,
                "seconds": round(report.duration, 1),
                "found": dict(report.user_properties),
            }
        )


def pytest_sessionfinish(session):
    if session.config.option.markexpr != "evidence" or session.config.option.collectonly:
        return
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "--short", "HEAD") + (" and changes" if git("status", "--porcelain") else ""),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "report.json").write_text(json.dumps({"about": about, "measured": measured}, indent=2) + "\n")
    lines = ["Evidence", *(f"  {name}: {value}" for name, value in about.items())]
    for row in measured:
        lines += ["", f"{row['outcome']}  {row['test']}  ({row['seconds']} s)"]
        lines += [f"  {name}: {value}" for name, value in row["found"].items()]
    (FOLDER / "report.txt").write_text("\n".join(lines) + "\n")


def pytest_terminal_summary(terminalreporter, config):
    if config.option.markexpr == "evidence":
        terminalreporter.write_line(f"The report: {FOLDER / 'report.txt'}")


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=settings.BASE_DIR, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def open_folder():
    """Not under pytest's own, which is closed to other users: started by root, PgBouncer and nginx become some."""
    made = Path(tempfile.mkdtemp(prefix="alliance-deploy-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def network():
    with Network() as made:
        yield made
