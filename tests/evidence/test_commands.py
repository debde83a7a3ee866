"""The two commands in a folder that holds nothing but the files of the repository."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.evidence


@pytest.fixture
def bare_clone():
    """The repository as it stands in the working tree, without a virtual environment or a database.

    Not under pytest's own folder: each pytest closes that to other users, and run as root PostgreSQL is another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="alliance-clone-"))
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        source = settings.BASE_DIR / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    yield folder
    shutil.rmtree(folder)


def start_demo(folder, port):
    """Starts `make demo` and gives the seconds until /healthz answered and what was printed by then."""
    start = time.monotonic()
    with (folder / "demo.log").open("wb") as log:
        make = subprocess.Popen(
            ["make", "demo", f"PORT={port}"], cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    seconds = time.monotonic() - start
                break
            except (urllib.error.URLError, ConnectionError):
                assert make.poll() is None, (folder / "demo.log").read_text()
                assert time.monotonic() - start < 600, (folder / "demo.log").read_text()
                time.sleep(0.05)
        printed = (folder / "demo.log").read_text()
        links = re.findall(r"http://\S+/c/\S+", printed)
        with urllib.request.urlopen(links[0], timeout=10) as page:
            return seconds, printed, page.status
    finally:
        os.killpg(make.pid, signal.SIGINT)
        make.wait(timeout=30)


def test_demo_cold_and_again(bare_clone, record_property):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cold, printed, link = start_demo(bare_clone, port)
    record_property("seconds until /healthz, cold", round(cold, 1))
    assert link == 200
    assert all(f"{role}@demo.test" in printed for role in ("therapist", "supervisor", "manager"))
    again, printed_again, link = start_demo(bare_clone, port)
    record_property("seconds until /healthz, again", round(again, 2))
    assert link == 200
    assert set(re.findall(r"/c/(\S+)", printed)).isdisjoint(re.findall(r"/c/(\S+)", printed_again)), "not a fresh link"
    assert again < 5


def test_suite_cold(bare_clone, record_property):
    start = time.monotonic()
    done = subprocess.run(
        ["bash", ".ci/run"],
        cwd=bare_clone,
        env=os.environ | {"CI": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    record_property("seconds, cold", round(time.monotonic() - start))
    record_property("runs", "; ".join(re.findall(r"=+ (.* in .*) =+$", done.stdout, re.MULTILINE)))
    record_property("databases", "; ".join(re.findall(r"^database: (.*)$", done.stdout, re.MULTILINE)))
    assert done.returncode == 0, done.stdout[-5000:]
    assert time.monotonic() - start < 600
