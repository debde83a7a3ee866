"""The command that takes a practice's ratings out: what it writes, and that it leaves nothing half done."""

import csv
import io
import stat
import zipfile

import pytest
from django.core.management import CommandError, call_command

from alliance.models import AuditEvent
from ratings.exchange import files


@pytest.fixture
def run(millrace, tmp_path, juniper, live_through):
    """Runs it for a practice with one case, and gives what it said."""
    live_through(juniper, [3, None])

    def export(*more):
        said = io.StringIO()
        call_command(
            "export_ratings", str(tmp_path / "out.zip"), *more, practice=millrace.name, reason="move", stdout=said
        )
        return said.getvalue()

    return export


def cells(path, column):
    with zipfile.ZipFile(path) as archive:
        return {row[column] for row in csv.DictReader(io.StringIO(archive.read("ratings-wide.csv").decode()))}


def test_it_says_how_much_it_wrote(run):
    assert run().endswith("out.zip: 1 cases, 2 sessions, 3 ratings\n")


def test_it_writes_pseudonyms_and_the_key_apart(run, tmp_path):
    run("--key", str(tmp_path / "key.csv"))
    (called,) = cells(tmp_path / "out.zip", "client_pid")
    assert called.startswith("C-") and f"{called},Juniper" in (tmp_path / "key.csv").read_text(encoding="utf-8-sig")


def test_names_and_true_dates_go_out_where_they_are_asked_for(run, juniper, tmp_path):
    run("--names", "--true-dates")
    assert cells(tmp_path / "out.zip", "client_pid") == {"Juniper"}
    first = juniper.therapy_sessions.earliest("starts_at").starts_at
    assert first.isoformat().replace("+00:00", "Z") in cells(tmp_path / "out.zip", "session_start_utc")


def test_nobody_else_on_the_machine_reads_the_files(run, tmp_path):
    run("--key", str(tmp_path / "key.csv"))
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out.zip", "key.csv")}
    assert modes == {0o600}


@pytest.mark.parametrize("named", ["--practice", "--reason"])
def test_it_asks_for_the_practice_and_the_reason(millrace, tmp_path, named):
    given = {"--practice": millrace.name, "--reason": "move"}
    with pytest.raises(CommandError, match=f"required: {named}"):
        call_command(
            "export_ratings", str(tmp_path / "out.zip"), *(f"{name}={given[name]}" for name in given if name != named)
        )


def test_it_writes_over_no_file(run, tmp_path):
    (tmp_path / "out.zip").write_text("of before")
    with pytest.raises(CommandError, match="File exists. Nothing was written.") as refused:
        run()
    assert refused.value.returncode == 2
    assert (tmp_path / "out.zip").read_text() == "of before"


def test_where_a_record_went_meanwhile_there_is_no_file_and_nothing_on_record(run, tmp_path, monkeypatch):
    monkeypatch.setattr(files.Exported, "are_all_here", lambda exported: False)
    with pytest.raises(CommandError, match="Take the file once more. Nothing was written.") as refused:
        run()
    assert refused.value.returncode == 2
    assert not (tmp_path / "out.zip").exists()
    assert not AuditEvent.objects.filter(verb="exported").exists()
