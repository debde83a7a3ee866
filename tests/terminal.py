"""A command at a terminal of its own, and somebody who answers its questions."""

import os
import pty
import select
import subprocess
import sys

# `getpass` asks the terminal that the session belongs to: the first one that its leader opens.
LEADER = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"


def converse(command, conversation, *, seconds=60, **options):
    """Waits for each prompt and types what belongs to it (None: nothing). Returns the exit status and all that stood
    on the terminal."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", LEADER, *command],
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
        **options,
    )
    os.close(there)
    said, position = "", 0
    try:
        for prompt, answer in conversation:
            while prompt not in said[position:]:
                heard = _listen(here, seconds)
                assert heard, f"no {prompt!r} in:\n{said}"
                said += heard
            position = said.index(prompt, position) + len(prompt)
            if answer is not None:
                os.write(here, f"{answer}\n".encode())
        while heard := _listen(here, seconds):
            said += heard
        return process.wait(timeout=seconds), said
    finally:
        process.kill()
        process.wait()
        os.close(here)


def _listen(here, seconds):
    """What is said next; nothing once everybody at the other end has left, or is silent for so long."""
    try:
        return os.read(here, 4096).decode(errors="replace") if select.select([here], [], [], seconds)[0] else ""
    except OSError:
        return ""
