from ratings.psychometrics.evaluation import compare, report


def test_the_reports_name_every_criterion_and_say_it_is_simulation(results):
    page = report.page(results, 2.0, "", ruptures=150)
    plain = report.plain(results)
    for entry in compare.ENTRIES:
        assert f"| {entry} |" in page
        assert f"| {entry} |" in plain
    assert "Everything with a rupture in it on this page is simulation" in page
    assert str(compare.TUNING_SEED) in page
    assert "--write-docs --ruptures 150" in page
    assert str(compare.REPORTING_SEED) in page
