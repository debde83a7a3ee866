from pathlib import Path

import pytest
from django.core.management import call_command

from ratings.importing.actions import import_ratings
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver

FILES = Path(__file__).parent / "files"
OPENFIT, LONG = (FILES / "openfit.csv").read_bytes(), (FILES / "long.csv").read_bytes()


def lines(data, *numbers):
    """The first line of a file and some others, by number."""
    every = data.splitlines(keepends=True)
    return b"".join([every[0], *(every[number - 1] for number in numbers)])


@pytest.fixture
def millrace(millrace):
    call_command("sync_instruments")
    return millrace


@pytest.fixture
def bring_in(millrace):
    """Imports a file of `files/`, or the bytes that are given."""

    def bring_in(what, by=None, only_good=False, end_before=None, **receiver):
        data = what if isinstance(what, bytes) else (FILES / what).read_bytes()
        preview = make_preview(
            practice=millrace, parsed=read(data), receiver=Receiver(**receiver), end_before=end_before
        )
        return import_ratings(practice=millrace, preview=preview, by=by, only_good=only_good)

    return bring_in
