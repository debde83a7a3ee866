"""The files in `deploy/` name what exists, and hold to what the program relies on."""

import configparser
import gzip
import os
import re
import shlex
import shutil
import subprocess
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from ratings.importing.forms import LARGEST
from tests.alliance.site.test_logs import KEY, addresses_with_a_key
from tests.test_doc_commands import unknown_options
from tests.test_docs_reference import all_variables_read

ROOT = settings.BASE_DIR
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("alliance-*.*[!d]"))
FILES = sorted(file for file in DEPLOY.rglob("*") if file.is_file())
PAGE = (ROOT / "docs" / "how-to" / "deploy.md").read_text()
NGINX = (DEPLOY / "nginx" / "alliance.conf").read_text()
CONTAINER = (DEPLOY / "container" / "Containerfile").read_text()

pytestmark = pytest.mark.sqlite


# --- What they name ---------------------------------------------------------------------------------------------------


def unknown_names(text):
    """Settings, commands and options in a file that the program does not have."""
    variables = set(re.findall(r"\bALLIANCE_[A-Z_]+", text)) - all_variables_read()
    return sorted(variables) + unknown_options(f"```sh\n{text}```\n")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_and_every_command_exists(file):
    assert unknown_names(file.read_text()) == []


def test_a_name_that_does_not_exist_would_be_found():
    text = "Environment=ALLIANCE_DANCE=1\nExecStart=/x/python manage.py dance\nExecStart=manage.py send_due --lopo 6\n"
    assert unknown_names(text) == ["ALLIANCE_DANCE", "dance", "--lopo"]


def paths_named(text):
    return sorted(set(re.findall(r"(?<![\w:/.])/(?:srv|etc|var|run)/[\w./-]*\w", text)))


def test_every_path_is_made_on_the_page_or_by_a_unit():
    made = PAGE + "".join(file.read_text() for file in UNITS if file.suffix == ".socket")
    ours = [path for file in FILES for path in paths_named(file.read_text()) if "alliance" in path]
    ours = [path for path in ours if not (ROOT / path.removeprefix("/srv/alliance/")).exists()]
    # What a folder of ours is filled with has no line of its own.
    inside = ("/srv/alliance/.venv/", "/var/lib/alliance_owner/", "/var/backups/alliance/", "/var/log/nginx/")
    assert [path for path in ours if not path.startswith(inside) and path not in made] == [
        # what certbot makes, and what only the pooler needs
        "/etc/letsencrypt/live/alliance.example.org/fullchain.pem",
        "/etc/letsencrypt/live/alliance.example.org/privkey.pem",
    ]


def test_every_file_is_installed_by_the_page():
    for file in FILES:
        name = file.relative_to(ROOT).as_posix()
        assert name in PAGE or name.startswith("deploy/systemd/"), name
    assert "cp -r deploy/systemd/. /etc/systemd/system/" in PAGE


# --- systemd ----------------------------------------------------------------------------------------------------------


def test_every_unit_is_switched_on_and_hardened():
    """A drop-in for alliance-*.service holds what none of them may do."""
    assert len(UNITS) >= 9
    switched_on = " ".join(re.findall(r"^systemctl enable --now (.*)$", PAGE, re.MULTILINE)).split()
    assert sorted(switched_on) == sorted(file.name for file in UNITS if "[Install]" in file.read_text())
    for file in UNITS:
        if file.suffix == ".timer":
            assert file.with_suffix(".service") in UNITS
        if file.suffix == ".service":
            assert re.search(r"^User=(alliance|alliance_owner|postgres)$", file.read_text(), re.MULTILINE)
            assert "[Install]" in file.read_text() or file.with_suffix(".timer") in UNITS


def test_no_service_deletes_the_shared_memory_of_its_user_when_it_ends():
    """The base backup runs as PostgreSQL's user: with its shared memory gone, PostgreSQL turns everybody away."""
    directives = [line for file in FILES for line in file.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in directives if "RemoveIPC" in line] == []


def test_the_ledger_of_erasures_never_shrinks(tmp_path):
    """After a restore the database knows of fewer: who is missing from the file would stay."""
    (command,) = re.findall(r"^ExecStart=(.*)$", (DEPLOY / "systemd" / "alliance-erasures.service").read_text(), re.M)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n" + f'cat {tmp_path}/known && exit "$FAILS"')
    python.chmod(0o755)
    command = command.replace("/srv/alliance/.venv/bin/python", str(python))
    command = command.replace("/var/lib/alliance_owner", str(tmp_path))

    def ledger(known, fails="0"):
        (tmp_path / "known").write_text(known)
        subprocess.run(shlex.split(command), env={"PATH": os.environ["PATH"], "FAILS": fails})
        return (tmp_path / "erasures").read_text()

    assert ledger("one\n") == "one\n"
    assert ledger("one\ntwo\n") == "one\ntwo\n"
    assert ledger("one\n") == "one\ntwo\n"
    assert ledger("", fails="1") == "one\ntwo\n"
    assert ledger("three\n") == "one\nthree\ntwo\n"


# --- nginx ------------------------------------------------------------------------------------------------------------


def shown(path):
    """What the access log has of a path; nothing: no line is written."""
    block = re.search(r"^map \$uri \$alliance_shown \{\n(.*?)^\}", NGINX, re.DOTALL | re.MULTILINE)[1]
    for pattern, value in re.findall(r"^\s*~(\S+)\s+(\S+);$", block, re.MULTILINE):
        if found := re.search(pattern, path):
            return found.expand(value.replace("$", "\\")) if "$" in value else value.strip('"')
    return path


def test_no_key_of_an_address_is_in_the_log_of_the_web_server():
    for address in addresses_with_a_key():
        assert KEY not in shown(address), address
        assert KEY not in shown("/" + address), address
        if address.startswith("/c/"):
            assert shown(address) == ""
    assert shown("/today/") == "/today/"
    (log_format,) = re.findall(r"^log_format alliance '(.*)';$", NGINX, re.MULTILINE)
    variables = set(re.findall(r"\$\w+", log_format))
    assert variables.isdisjoint({"$request", "$request_uri", "$uri", "$args", "$http_referer", "$query_string"})
    logs = re.findall(r"^\s*(?:access|error)_log (.*);$", NGINX, re.MULTILINE)
    assert set(logs) == {"/var/log/nginx/alliance.log alliance if=$alliance_shown", "off", "/dev/null crit"}


def test_what_is_typed_stays_in_memory_and_reaches_the_program():
    """A body that is longer than its buffer would be written to the disk unsealed."""
    sizes = {"k": 1024, "m": 1024 * 1024}
    found = re.findall(r"client_max_body_size (\d+)(\w);\s+client_body_buffer_size (\d+)(\w);", NGINX)
    assert [(number, unit) for number, unit, *_buffer in found] == [(n, u) for *_largest, n, u in found]
    usual, imports = (int(number) * sizes[unit] for number, unit, *_buffer in found)
    assert usual > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert LARGEST < imports <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    assert "proxy_max_temp_file_size 0;" in NGINX


def test_of_all_forms_the_web_server_repeats_only_that_of_a_check_in_and_a_stop():
    """A consent that came again after it was taken back would stand against the client's last word."""
    blocks = re.findall(r'^ *location ~ "(\S+)" \{([^{}]*)\}', NGINX, re.MULTILINE)
    (pattern,) = [pattern for pattern, directives in blocks if "non_idempotent" in directives]
    assert NGINX.count("non_idempotent") == 1
    unkeyed = [reverse(f"links:{name}") for name in ("check-in-change", "check-in-forget", "check-in-sent", "privacy")]
    named = [reverse(f"links:{name}", args=[KEY]) for name in ("check-in", "preferences-stop", "digest-stop")]
    repeated = {*named, *(address.removesuffix("/") for address in named)}
    addresses = {*repeated, *addresses_with_a_key(), *unkeyed}
    assert {address for address in addresses if re.search(pattern, address)} == repeated


def test_headers_are_left_to_the_program():
    assert "add_header" not in NGINX and "proxy_hide_header" not in NGINX


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def test_a_part_of_the_log_may_come_twice_and_is_never_overwritten(tmp_path):
    """PostgreSQL hands over the same part until it hears that it is kept, also after a crash right then."""
    (command,) = re.findall(r"^archive_command = '(.*)'$", (DEPLOY / "postgresql" / "archive.conf").read_text(), re.M)
    command = command.replace("/var/backups/alliance-postgresql/wal", str(tmp_path)).replace("%f", "0001")

    def hand_over(part):
        (tmp_path / "pg_wal").write_text(part)
        done = subprocess.run(["sh", "-c", command.replace("%p", str(tmp_path / "pg_wal"))])
        return done.returncode == 0, gzip.decompress((tmp_path / "0001.gz").read_bytes()).decode()

    assert hand_over("a part") == (True, "a part")
    assert hand_over("a part") == (True, "a part")
    assert hand_over("another") == (False, "a part")


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """PostgreSQL's programs, of which none is needed here: each does nothing, and a base backup takes a second."""
    (tmp_path / "tools").mkdir()
    for name in ("pg_basebackup", "pg_verifybackup", "pg_archivecleanup", "pg_ctl", "pg_isready"):
        tool = tmp_path / "tools" / name
        takes = 'sleep 1.1; mkdir "${1#--pgdata=}"; date -u +%Y%m%dT%H%M%SZ > "${1#--pgdata=}/backup_label"'
        tool.write_text("#!/bin/sh\n" + (takes if name == "pg_basebackup" else "true"))
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:{os.environ['PATH']}")


def test_a_base_backup_leads_to_no_instant_before_its_end(tools, tmp_path):
    scripts = DEPLOY / "postgresql"
    subprocess.run([scripts / "base-backup", tmp_path, "14"], check=True)
    (made,) = (tmp_path / "base").iterdir()
    ended = (made / "backup_label").read_text().strip()
    assert made.name >= ended

    def restored(seconds):
        instant = str(datetime.strptime(made.name, "%Y%m%dT%H%M%S%z") + timedelta(seconds=seconds))
        command = [scripts / "restore-to", tmp_path, tmp_path / f"restored{seconds}", instant, "5433"]
        return subprocess.run(command, capture_output=True, text=True)

    assert "There is no base backup from before" in restored(-1).stdout
    assert restored(0).returncode == 1
    assert restored(1).returncode == 0


# --- PgBouncer and the container --------------------------------------------------------------------------------------


def test_the_pooler_waits_no_longer_than_the_program():
    pooler = configparser.ConfigParser(interpolation=None)
    pooler.read(DEPLOY / "pgbouncer" / "pgbouncer.ini")
    assert pooler["pgbouncer"]["pool_mode"] == "transaction"
    assert int(pooler["pgbouncer"]["query_wait_timeout"]) == settings.DATABASE_SECONDS
    assert pooler["pgbouncer"]["listen_addr"] == ""


def test_the_container_has_all_of_the_program_and_no_rights():
    copied = re.findall(r"^COPY (\w+) \1$", CONTAINER, re.MULTILINE)
    packages = {file.parent.name for file in ROOT.glob("*/apps.py")} | {"templates", "static", "locale"}
    assert set(copied) == packages
    assert re.search(r"^USER [1-9]\d*$", CONTAINER, re.MULTILINE)
    assert "pip install --no-cache-dir --require-hashes -r requirements.lock" in CONTAINER


# --- A new version ----------------------------------------------------------------------------------------------------

# Stands for each program that changes the machine: it writes down what it was called with, and fails where told to.
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$SAID"
case "$(basename "$0") $*" in $FAILS) exit 1;; esac
case "$(basename "$0")" in sudo) shift 2; exec "$@";; esac
"""


@pytest.fixture
def upgrade(tmp_path):
    """`upgrade(fails)`: the script among stand-ins; its status, which version is in place, what was called."""
    places = {name: tmp_path / name for name in ("etc", "owner", "units", "old", "new", "tools")}
    for place in places.values():
        place.mkdir()
    (places["etc"] / "environment").write_text("ALLIANCE_ALLOWED_HOSTS=alliance.example.org\n")
    (places["owner"] / "environment").touch()
    for version in ("old", "new"):
        (places[version] / "deploy" / "systemd").mkdir(parents=True)
        (places[version] / "deploy" / "systemd" / "alliance-web.service").write_text(version)
        (places[version] / ".venv" / "bin").mkdir(parents=True)
    for tool in [places["tools"] / name for name in ("sudo", "systemctl", "curl", "chown", "install", "python3")]:
        tool.write_text(STAND_IN)
        tool.chmod(0o755)
    (places["new"] / ".venv" / "bin" / "python").symlink_to(places["tools"] / "python3")
    text = (DEPLOY / "upgrade").read_text()
    link = tmp_path / "alliance"
    for there, here in (("/srv/alliance", link), ("/etc/alliance", places["etc"])):
        text = text.replace(there, str(here))
    text = text.replace("/var/lib/alliance_owner", str(places["owner"]))
    script = places["new"] / "deploy" / "upgrade"
    script.write_text(text.replace("/etc/systemd/system", str(places["units"])))

    def run(fails="nothing", *options):
        link.unlink(missing_ok=True)
        link.symlink_to(places["old"])
        environment = {
            "PATH": f"{places['tools']}:{os.environ['PATH']}",
            "SAID": str(tmp_path / "said"),
            "FAILS": fails,
        }
        (tmp_path / "said").write_text("")
        done = subprocess.run(["sh", str(script), *options], env=environment, capture_output=True, text=True)
        return done.returncode, link.resolve().name, (tmp_path / "said").read_text()

    run.units, run.tools = places["units"], places["tools"]
    return run


def test_a_new_version_comes_in_this_order(upgrade):
    status, version, said = upgrade()
    assert (status, version) == (0, "new")
    assert (upgrade.units / "alliance-web.service").read_text() == "new"
    steps = [
        "pip install",
        "manage.py collectstatic",
        "manage.py upgrade /var/backups/alliance",
        "import alliance.wsgi",
    ]
    steps += ["systemctl restart alliance-web.service", "curl", "manage.py rebuild_standings"]
    assert [said.find(step) for step in steps] == sorted(said.find(step) for step in steps)
    assert -1 not in [said.find(step) for step in steps]


def test_the_program_cannot_change_what_root_runs(upgrade):
    _status, _version, said = upgrade()
    lines = re.findall(r"^(?:chown|install) .*$", said + PAGE, re.MULTILINE)
    to_program = [line.split()[-1] for line in lines if re.search(r"-R alliance\b|-o alliance ", line)]
    assert len(lines) > 5
    assert {path for path in to_program if not path.endswith("/staticfiles")} == {"/var/lib/alliance"}


def test_a_new_version_that_does_not_answer_is_taken_back(upgrade):
    for fails in ("curl*", "systemctl restart*"):
        status, version, said = upgrade(fails)
        assert (status, version) == (1, "old") and "rebuild_standings" not in said
        assert (upgrade.units / "alliance-web.service").read_text() == "old"
        assert said.count("systemctl restart") == 2


def test_the_way_back_asks_nothing_of_the_tables(upgrade):
    status, version, said = upgrade("nothing", "--back")
    assert (status, version) == (0, "new")
    assert "manage.py upgrade" not in said and "pip install" not in said and "manage.py rebuild_standings" in said
    assert upgrade("nothing", "--bakc")[:2] == (2, "old")


def test_without_curl_nothing_begins(upgrade, tmp_path, monkeypatch):
    """What cannot be asked would count as a version that does not answer."""
    (upgrade.tools / "curl").unlink()
    (tmp_path / "bare").mkdir()
    for tool in ("sh", "dirname", "basename", "readlink", "ln", "cp"):
        (tmp_path / "bare" / tool).symlink_to(shutil.which(tool))
    monkeypatch.setenv("PATH", str(tmp_path / "bare"))
    for options in ((), ("--back",)):
        assert upgrade("nothing", *options) == (1, "old", "")


@pytest.mark.parametrize("fails", ["*pip install*", "*collectstatic*", "*manage.py upgrade*", "*import alliance.wsgi*"])
def test_where_it_cannot_be_made_ready_the_old_one_stays_untouched(upgrade, fails):
    status, version, said = upgrade(fails)
    assert (status, version) == (1, "old")
    assert "systemctl" not in said
