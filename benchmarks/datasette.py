"""Datasette on the same rows: a program of its own, asked over the loopback, whose processor time the system tells."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from benchmarks.work import Arm
from tests.servers import free_port

ROWS = """
SELECT client.name, therapist.name, rupture.state, standing.words, standing.spark,
       standing.check_ins_answered, standing.sessions_held, standing.last_session_at, episode.ends_at
FROM alliance_episode AS episode
JOIN alliance_client AS client ON client.id = episode.client_id
JOIN alliance_membership AS therapist ON therapist.id = episode.therapist_id
JOIN ratings_standing AS standing ON standing.episode_id = episode.id
LEFT JOIN ratings_rupture AS rupture ON rupture.id = standing.rupture_id
WHERE episode.ends_at IS NULL ORDER BY standing.attention DESC, episode.id LIMIT 50
"""


@contextmanager
def serving(program: str, database: Path, log: Path) -> Iterator[Arm]:
    """Its page of fifty rows, as long as the block lasts."""
    port = free_port()
    command = [program, "serve", "--immutable", str(database), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        _wait_for(f"http://127.0.0.1:{port}/")
        address = f"http://127.0.0.1:{port}/{database.stem}?{urlencode({'sql': ROWS})}"
        yield Arm("Datasette, the same fifty", lambda: _read(address), 20, lambda: _seconds_of(process.pid), False)
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str) -> None:
    for _time in range(600):
        try:
            urlopen(address).close()
            return
        except URLError:
            time.sleep(0.1)
    raise RuntimeError("Datasette did not start.")


def _read(address: str) -> None:
    with urlopen(address) as page:
        if page.read().count(b"<tr>") < 50:
            raise RuntimeError("Datasette shows fewer than fifty rows.")


def _seconds_of(process: int) -> float:
    """The processor time that a process took, as Linux tells; in hundredths, so of several pages at once."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
