import pytest
from django.core.management import CommandError, call_command

from ratings.psychometrics.evaluation import compare


def test_the_evaluation_prints_a_table_and_writes_a_page(capsys, tmp_path):
    page = tmp_path / "report.html"
    call_command("evaluate_detection", "--ruptures", "40", "--scenario", "base", "--report", str(page))
    out = capsys.readouterr().out
    assert "| rupture_filter (client+therapist) |" in out
    assert str(compare.REPORTING_SEED) in out
    assert "newPlot" in page.read_text(encoding="utf-8")


def test_too_few_ruptures_are_refused():
    with pytest.raises(CommandError, match="no share means anything"):
        call_command("evaluate_detection", "--ruptures", "3")


def test_real_series_are_read_from_a_file(capsys, tmp_path):
    series = tmp_path / "series.csv"
    call_command("simulate_episodes", "--episodes", "12", "--scale", "1", "5", "-o", str(series))
    call_command("evaluate_detection", "--real", str(series), "--scale", "1", "5")
    assert "| normal | 5 |" in capsys.readouterr().out
    with pytest.raises(CommandError, match="LO must be below HI"):
        call_command("evaluate_detection", "--real", str(series), "--scale", "5", "1")
    with pytest.raises(CommandError, match="No such file"):
        call_command("evaluate_detection", "--real", str(tmp_path / "none.csv"))


def test_the_rule_that_keeps_its_thresholds_is_not_taken_for_one_to_find_anew():
    with pytest.raises(CommandError, match="invalid choice: 'own_mean_pooled_sd'"):
        call_command(
            "evaluate_detection", "--write-thresholds", "--criterion", "own_mean_pooled_sd", "--ruptures", "20"
        )
