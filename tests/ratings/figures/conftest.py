"""The manager of the demo, and the files of its export."""

import csv
import io
import zipfile

import pytest

from alliance.models import Membership
from ratings.exchange.actions import export_by_command, write_taken


@pytest.fixture
def manager(demo):
    return Membership.objects.get(user__email="manager@demo.test")


@pytest.fixture
def files(manager):
    """Name of a file of the export -> its rows, with true days."""
    export = export_by_command(practice=manager.practice, reason="quality", keeps_names=False, is_shifted=False)
    archive = io.BytesIO()
    write_taken(export=export, file=archive)
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if name.endswith(".csv")]
        return {name: list(csv.DictReader(io.StringIO(opened.read(name).decode()))) for name in names}
