from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from alliance.models import Client, Episode, ImportBatch
from sessions.models import TherapySession
from tests.ratings.importing.conftest import FILES

pytestmark = pytest.mark.usefixtures("instruments")


def run(*args, file=FILES / "openfit.csv", practice="Millrace Practice"):
    out, err = StringIO(), StringIO()
    call_command("import_ratings", str(file), "--practice", practice, *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refused(*args, **kwargs):
    with pytest.raises(CommandError) as refusal:
        run(*args, **kwargs)
    assert refusal.value.returncode == 2
    assert Client.objects.count() == 0
    return str(refusal.value)


COUNTS = "clients: 2 new, 0 known\nepisodes: 2 new, 0 known\nsessions: 19 new, 0 known\nratings: 18 new, 0 known\n"


def test_it_imports_and_says_how_much(dana, noor):
    out, err = run()
    assert out.startswith(COUNTS) and err == ""
    assert TherapySession.objects.count() == 19
    again = "clients: 0 new, 2 known\nepisodes: 0 new, 2 known\nsessions: 0 new, 19 known\nratings: 0 new, 18 known\n"
    assert run(practice=str(dana.practice.code)) == (again, "")
    assert ImportBatch.objects.count() == 1


def test_a_dry_run_writes_nothing(dana, noor):
    out, _err = run("--dry-run")
    assert out.startswith(COUNTS)
    assert Client.objects.count() == 0


def test_wrong_lines_are_named_and_nothing_is_written(tmp_path, dana, noor):
    file = tmp_path / "damaged.csv"
    file.write_bytes((FILES / "openfit.csv").read_bytes().replace(b"2025-01-14", b"14.1.25"))
    sentence = "line 3: Session_Date: write the year with four digits."
    assert refused(file=file) == f"{sentence}\nNothing was imported."
    out, err = run("--only-good", file=file)
    assert "sessions: 18 new" in out and err == f"left out, {sentence}\n"


@pytest.mark.parametrize("said", ["7", "7.0"])
def test_a_therapist_is_the_one_whose_number_is_said_with_or_without_a_zero(tmp_path, dana, said):
    file = tmp_path / "numbered.csv"
    file.write_bytes((FILES / "long.csv").read_bytes().replace(b";T-1;", b";7.0;"))
    run("--therapist", f"{said}=dana@millrace.test", file=file)
    assert Client.objects.count() > 0


def test_who_receives_the_cases(dana, noor):
    unknown = refused(file=FILES / "long.csv")
    assert unknown.splitlines()[0] == "line 2: This line names no therapist of this practice."
    run("--therapist", "T-1=DANA@millrace.test", file=FILES / "long.csv")
    run("--all-to", "noor@millrace.test")
    assert sorted(Episode.objects.values_list("therapist__user__email", flat=True)) == [
        "dana@millrace.test", "dana@millrace.test", "noor@millrace.test", "noor@millrace.test",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "args,practice,sentence",
    [
        (["--all-to", "otis@weir.test"], "Millrace Practice", "otis@weir.test is not the e-mail of a therapist of"),
        (
            ["--all-to", "mona@millrace.test"],
            "Millrace Practice",
            "mona@millrace.test is not the e-mail",
        ),
        (["--therapist", "T-1"], "Millrace Practice", "write it as ID=EMAIL"),
        ([], "Elsewhere", "No practice has this code or name: Elsewhere"),
    ],
)
def test_what_is_asked_for_must_exist(millrace, otis, mona, args, practice, sentence):
    assert sentence in refused(*args, practice=practice)


def test_a_file_that_is_not_there(millrace, tmp_path):
    assert "No such file" in refused(file=tmp_path / "none.csv")
