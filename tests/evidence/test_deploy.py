"""The files in `deploy/` at work: what systemd, nginx and PgBouncer make of them. It takes the three of them."""

import getpass
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg2
import pytest
from django.conf import settings

from ratings.management.commands.demo import server_options
from tests.alliance.site.test_logs import KEY, addresses_with_a_key
from tests.e2e.test_parallel import ANSWERS, COUNT, PARALLEL, parallel_submits
from tests.servers import GunicornServer, Project, free_port, wait_until_healthy

pytestmark = pytest.mark.evidence
DEPLOY = settings.BASE_DIR / "deploy"
HOST = "alliance.example.org"
LOUDEST = 3.0


def tool(name, package):
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"This takes {name}: apt-get install {package}"
    return found


# --- systemd ----------------------------------------------------------------------------------------------------------


def exposures(units):
    analyze = tool("systemd-analyze", "systemd")
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}
    found = {}
    for unit in sorted(units.glob("*.service")):
        command = [analyze, "security", "--offline=yes", "--no-pager", str(unit)]
        said = subprocess.run(command, env=environment, capture_output=True, text=True).stdout
        found[unit.name] = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])
    return found


def test_no_service_is_exposed(folder, record_property):
    units = shutil.copytree(DEPLOY / "systemd", folder / "units")
    found = exposures(units)
    record_property("exposure of each service, of 10", found)
    assert max(found.values()) <= LOUDEST
    shutil.rmtree(units / "alliance-.service.d")
    record_property("without the drop-in", exposures(units))
    assert min(exposures(units).values()) > LOUDEST


def test_systemd_understands_every_unit(folder):
    units = shutil.copytree(DEPLOY / "systemd", folder / "units")
    for unit in units.glob("alliance-*.*"):
        if unit.is_file():
            text = unit.read_text().replace("/srv/alliance/.venv/bin/python", sys.executable)
            unit.write_text(text.replace("/srv/alliance", str(settings.BASE_DIR)))
    files = sorted(str(unit) for unit in units.glob("alliance-*.*") if unit.is_file())
    command = [tool("systemd-analyze", "systemd"), "verify", *files]
    done = subprocess.run(command, env=os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- nginx, and the program behind its socket -------------------------------------------------------------------------


def served(folder, **more):
    """The environment of a served installation, without a mail server that takes anything."""
    python = [sys.executable, "-c"]
    make = {
        "ALLIANCE_SECRET_KEY": "import secrets; print(secrets.token_urlsafe(50))",
        "ALLIANCE_HASH_KEY": "import secrets; print(secrets.token_urlsafe(50))",
        "ALLIANCE_DATA_KEYS": "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())",
    }
    keys = {name: subprocess.check_output([*python, code], text=True).strip() for name, code in make.items()}
    return (
        os.environ
        | keys
        | {
            "ALLIANCE_ALLOWED_HOSTS": HOST,
            "ALLIANCE_BASE_URL": f"https://{HOST}",
            "ALLIANCE_SMTP_HOST": "127.0.0.1",
            "ALLIANCE_BEHIND_PROXY": "yes",
            "ALLIANCE_VAR": str(folder),
        }
        | more
    )


# systemd hands a socket over as descriptor 3, and says so in the environment.
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def start_nginx(folder, port, plain_port, program, more=""):
    """nginx by our file, on ports of its own, with a certificate that nobody has signed."""
    nginx, openssl = tool("nginx", "nginx"), tool("openssl", "openssl")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}", "-days", "2"]
    subprocess.run([openssl, *made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = re.sub(r"^ *listen \[::\].*\n", "", (DEPLOY / "nginx" / "alliance.conf").read_text(), flags=re.MULTILINE)
    for there, here in {
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(certificate),
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(key),
        "http://unix:/run/alliance/web.sock": program,
        "/var/log/nginx/alliance.log": f"{folder}/access.log",
    }.items():
        assert there in text, there
        text = text.replace(there, here)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\nclient_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n{more}{text}}}\n"
    )
    command = [nginx, "-e", str(folder / "error.log"), "-c", str(conf)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert "test is successful" in checked.stderr, checked.stderr
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(path, port, *, over_https=True, body=b""):
    """The head of an answer of nginx; empty: there was none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    verb = "POST" if body else "GET"
    head = f"{verb} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    try:
        with ExitStack() as stack:
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            if over_https:
                line = stack.enter_context(context.wrap_socket(line, server_hostname=HOST))
            line.sendall(head.encode() + body)
            answer = line.recv(4096)
    except OSError:
        return ""
    return answer.partition(b"\r\n\r\n")[0].decode() if answer.startswith(b"HTTP/") else ""


class Site:
    """nginx by our file, on ports of its own, before gunicorn by our unit, on a socket that outlives it."""

    def __init__(self, folder):
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        self.environment = served(folder)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "web.sock"))
        self.listener.listen(128)
        (folder / "web.sock").chmod(0o666)
        self.web = self.nginx = None

    def start_web(self):
        unit = (DEPLOY / "systemd" / "alliance-web.service").read_text()
        (line,) = re.findall(r"^ExecStart=/srv/alliance/.venv/bin/python (.*)$", unit, re.MULTILINE)
        number = self.listener.fileno()
        command = [sys.executable, "-c", AS_SYSTEMD, str(number), *line.split()]
        with (self.folder / "gunicorn.log").open("ab") as log:
            self.web = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                pass_fds=[number],
                start_new_session=True,
            )

    def start_nginx(self):
        self.nginx = start_nginx(self.folder, self.port, self.plain_port, f"http://unix:{self.folder}/web.sock")
        deadline = time.monotonic() + 60
        while self.ask("/healthz") != 200:
            assert time.monotonic() < deadline, (self.folder / "gunicorn.log").read_text()
            time.sleep(0.1)

    def stop(self):
        for process in (self.nginx, self.web):
            if process and process.poll() is None:
                process.terminate()
                process.wait(timeout=60)
        self.listener.close()

    def ask(self, path, port=None, body=b""):
        """The status of an answer over https, or in the clear where a port is named; 0: there was none."""
        head = ask(path, port or self.port, over_https=port is None, body=body)
        return int(head.split()[1]) if head else 0


@pytest.fixture
def site(open_folder):
    site = Site(open_folder)
    project = Project(site.environment)
    project.manage("migrate", "--verbosity=0")
    try:
        site.start_web()
        site.start_nginx()
        yield site
    finally:
        site.stop()


class Visitors:
    """Four that ask again and again, each waiting for its answer, until the block ends; at most a minute."""

    def __init__(self, site):
        self.site, self.statuses, self.is_over = site, [], threading.Event()
        self.threads = [threading.Thread(target=self._ask) for _number in range(4)]

    def _ask(self):
        end = time.monotonic() + 60
        while not self.is_over.wait(0.05) and time.monotonic() < end:
            self.statuses.append(self.site.ask("/healthz"))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def test_a_reload_and_a_restart_drop_no_request(site, record_property):
    with Visitors(site) as visitors:
        for _reload in range(3):
            time.sleep(2)
            site.web.send_signal(signal.SIGHUP)
        time.sleep(5)
        site.web.terminate()
        site.web.wait(timeout=40)
        site.start_web()
        time.sleep(5)
    assert set(visitors.statuses) == {200}
    record_property("answers through three reloads and a restart, all 200", len(visitors.statuses))
    plug, away = site.folder / "web.sock", site.folder / "away.sock"
    with Visitors(site) as visitors:  # the control: where the program brings its own socket, and takes it away
        time.sleep(1)
        plug.rename(away)
        site.web.terminate()
        site.web.wait(timeout=40)
        site.start_web()
        time.sleep(1)
        away.rename(plug)
        time.sleep(1)
    lost = sum(status != 200 for status in visitors.statuses)
    assert lost
    record_property("lost by a restart without the socket of systemd", lost)


def test_no_log_of_the_web_server_holds_a_key_or_what_was_searched_for(site, record_property):
    def visit_all():
        for address in addresses_with_a_key():
            for port in (None, site.plain_port):
                site.ask(f"{address}?x=1", port)
            site.ask(f"{address}?x=1", body=b"x" * 600_000)  # too long for nginx
        site.ask("/cases/?q=Juniper")

    visit_all()
    os.killpg(site.web.pid, signal.SIGKILL)
    (site.folder / "web.sock").unlink()
    visit_all()
    logs = {name: (site.folder / name).read_text() for name in ("access.log", "error.log", "gunicorn.log")}
    assert not [name for name, text in logs.items() if KEY in text or "Juniper" in text]
    statuses = {line.split()[-3] for line in logs["access.log"].splitlines()}
    assert {"302", "413", "502"} <= statuses, "the log does not tell what happened"
    assert "/cases/ " in logs["access.log"] and "/c/" not in logs["access.log"]
    record_property("lines in the access log", len(logs["access.log"].splitlines()))


# --- PgBouncer --------------------------------------------------------------------------------------------------------


@pytest.fixture
def pooled(folder, postgresql_database):
    """The program behind PgBouncer by our file; commands go past it."""
    me, port = getpass.getuser(), free_port()
    address = urlsplit(postgresql_database)
    (home,) = parse_qs(address.query)["host"]
    with closing(psycopg2.connect(postgresql_database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {me} LOGIN SUPERUSER")
    direct = address._replace(netloc=f"{me}@").geturl()
    for name in ("hba.conf", "userlist.txt"):
        (folder / name).write_text((DEPLOY / "pgbouncer" / name).read_text().replace("alliance", me))
    text = (DEPLOY / "pgbouncer" / "pgbouncer.ini").read_text()
    for there, here in {
        "host=/var/run/postgresql port=5432 dbname=alliance": f"host={home} dbname={address.path[1:]}",
        "listen_port = 6432": f"listen_port = {port}",
        "/var/run/postgresql": str(folder),
        "/etc/pgbouncer": str(folder),
        "/var/log/postgresql": str(folder),
    }.items():
        assert there in text, there
        text = text.replace(there, here)
    (folder / "pgbouncer.ini").write_text(text)
    folder.chmod(0o777)
    as_other = {"user": Path(home).owner()} if os.getuid() == 0 else {}  # it refuses to be root
    command = [tool("pgbouncer", "pgbouncer"), str(folder / "pgbouncer.ini")]
    pooler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_other)
    environment = os.environ | {"ALLIANCE_VAR": str(folder), "DATABASE_URL": direct}
    through = environment | {
        "DATABASE_URL": f"postgres://{me}@{quote(str(folder), safe='')}:{port}/alliance",
        "ALLIANCE_POOLER": "yes",
        "ALLIANCE_CONN_MAX_AGE": "0",
    }
    with closing(psycopg2.connect(direct)):
        Project(environment).manage("migrate", "--verbosity=0")
    web_port = free_port()
    with (folder / "web.log").open("wb") as log:
        command = [sys.executable, "-m", "gunicorn", *server_options(("127.0.0.1", web_port))]
        web = subprocess.Popen(command, cwd=settings.BASE_DIR, env=through, stdout=log, stderr=log)
    try:
        wait_until_healthy(f"http://127.0.0.1:{web_port}", web, folder / "web.log")
        yield GunicornServer(environment, f"http://127.0.0.1:{web_port}")
    finally:
        for process in (web, pooler):
            process.terminate()
            process.wait(timeout=60)


def test_a_hundred_at_once_through_the_pooler_leave_one_rating(pooled, record_property):
    for _round in range(3):
        parallel_submits(pooled)
    kept = json.loads(pooled.python(COUNT))
    assert kept["ratings"] == [ANSWERS] * 3
    record_property("submits through PgBouncer in transaction mode", 3 * PARALLEL)
