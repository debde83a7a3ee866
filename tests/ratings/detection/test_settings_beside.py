"""The settings of two versions beside each other: what was learned is told apart."""

from ratings.detection.settings_beside import settings_beside
from ratings.models import DetectorVersion


def test_learned_reports_are_not_called_learned_ratings():
    rule = {"criterion": "rupture_filter", "budget": "normal", "use": "client"}
    before = DetectorVersion(**rule, constants={})
    now = DetectorVersion(**rule, constants={"report_quiet": 0.05})
    assert [row.title for row in settings_beside(now, before)] == ["What clients report of strain"]
