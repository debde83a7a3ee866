"""The program in processes of its own, for what happens at the same time; and a mail server to send to."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email import message_from_bytes
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
import pytest
from aiosmtpd.controller import Controller
from django.conf import settings

from ratings.management.commands.demo import server_options
from tests.pg_plugin import postgresql


@dataclass(frozen=True)
class Project:
    """The project on a database of its own."""

    environment: dict

    def start(self, *arguments, **options):
        """A management command as a process that nobody waits for."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment, **options)

    def manage(self, *arguments):
        """Runs a management command and gives what it printed."""
        process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said, complained = process.communicate(timeout=900)
        assert process.returncode == 0, complained
        return said

    def python(self, code):
        """Runs lines of Python (`manage.py shell`) and gives what they printed."""
        return self.manage("shell", "--no-imports", "--command", code)


@dataclass(frozen=True)
class GunicornServer(Project):
    url: str


@pytest.fixture(scope="session")
def postgresql_server():
    with postgresql() as address:
        yield address


@pytest.fixture
def postgresql_database(postgresql_server):
    """The address of an empty database on the one server of this run."""
    name = f"test_{uuid4().hex}"
    connection = psycopg2.connect(postgresql_server)
    connection.autocommit = True  # a database is not created in a transaction
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return urlsplit(postgresql_server)._replace(path=f"/{name}").geturl()


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request, tmp_path):
    """Migrated, on an empty SQLite file and then on PostgreSQL."""
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    environment |= {
        "ALLIANCE_VAR": str(tmp_path),
        "DATABASE_URL": request.getfixturevalue("postgresql_database") if request.param == "postgresql" else "",
        "PORT": str(free_port()),
    }
    project = Project(environment)
    project.manage("migrate", "--verbosity=0")
    return project


@pytest.fixture
def gunicorn_server(project, tmp_path):
    """The server of the demo on that project."""
    with ExitStack() as stack:
        port = int(project.environment["PORT"])
        server = GunicornServer(project.environment, f"http://127.0.0.1:{port}")
        log = stack.enter_context((tmp_path / "gunicorn.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *server_options(("127.0.0.1", port))],
            cwd=settings.BASE_DIR,
            env=project.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack.callback(process.wait, timeout=30)
        stack.callback(process.terminate)
        wait_until_healthy(server.url, process, tmp_path / "gunicorn.log")
        yield server


def free_port():
    """A port below those that the system gives to connections, for a server that starts a while later."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until_healthy(url, process, log, seconds=600, **headers):
    question = urllib.request.Request(f"{url}/healthz", headers=headers)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(question, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not answer: {log.read_text()}")


class Mailbox:
    """Takes what a real mail server is sent. `answers`: what is said instead of yes, to a recipient's address, or
    at the steps MAIL and DATA of every conversation."""

    def __init__(self):
        self.received = []
        self.answers = {}
        self.pause = 0  # seconds, once before the text of a message comes and once after, before it is said to be here
        self.arrived = threading.Condition()

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.answers:
            return self.answers[address]
        await asyncio.sleep(self.pause)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.arrived:
            self.received.append((envelope.rcpt_tos[0], message_from_bytes(envelope.content)))
            self.arrived.notify_all()
        await asyncio.sleep(self.pause)
        return self.answers.get("DATA", "250 OK")

    def wait_for(self, count, seconds=60):
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, seconds), f"{len(self.received)} came"


@pytest.fixture
def mail_server():
    """A mail server on this machine; `.handler` is its one mailbox, `.port` where it listens."""
    controller = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()
