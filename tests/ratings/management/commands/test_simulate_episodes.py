import csv
import io

import pytest
from django.core.management import CommandError, call_command

from ratings.psychometrics.evaluation import compare


def simulated(capsys, *arguments):
    call_command("simulate_episodes", *arguments)
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


@pytest.mark.parametrize("scenario", ["base", compare.OTHER_GENERATOR])
def test_simulated_episodes_go_through_the_detector(tmp_path, scenario):
    made, judged = tmp_path / "made.csv", tmp_path / "judged.csv"
    call_command("simulate_episodes", "-o", str(made), "--episodes", "30", "--seed", "3", "--scenario", scenario)
    call_command("detect_ruptures", str(made), "-o", str(judged))
    rows = list(csv.DictReader(io.StringIO(judged.read_text(encoding="utf-8"))))
    assert len({row["episode"] for row in rows}) == 30
    assert {row["true_rupture"] for row in rows} == {"0", "1"}
    onsets = sum(row["true_onset"] == "1" for row in rows)
    assert 5 < onsets < 60
    assert any(row["alert"] == "1" for row in rows)


def test_the_same_seed_writes_the_same_rows_on_another_scale(capsys):
    one, two = simulated(capsys, "--episodes", "4"), simulated(capsys, "--episodes", "4", "--scale", "0", "100")
    assert [row["true_kind"] for row in one] == [row["true_kind"] for row in two]
    rated = [
        (float(a["client_goal"]), float(b["client_goal"])) for a, b in zip(one, two, strict=True) if a["client_goal"]
    ]
    assert all(a == pytest.approx(1 + 6 * b / 100, abs=1e-4) for a, b in rated)


def test_a_bad_scale_is_refused():
    with pytest.raises(CommandError, match="LO"):
        call_command("simulate_episodes", "--scale", "5", "5")
