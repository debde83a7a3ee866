"""What flags state, by a practice's answers: seen first, then used, and taken back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings.cases.actions import end_episode
from ratings.detection.actions import set_detector
from ratings.detection.recalibrate import state_by
from ratings.detection.stored import current_version
from ratings.figures.recalibration import recalibration_page
from ratings.models import Assessment, DetectorVersion, Rupture
from ratings.psychometrics.evidence import Recalibration
from tests.factories import editor_of
from tests.ratings.figures.test_flags import flag

PAGE = "ratings:recalibration"


@pytest.fixture
def hundred(dana):
    """A hundred flags that stated .6, of which 30 had strain."""
    for position in range(100):
        closed_flag(dana, "yes" if position < 30 else "no", 0.6)
    return dana.practice


def closed_flag(dana, answer, stated):
    """A flag that is over, so that no replay asks for what speaks for it."""
    flag(dana, [answer], stated=stated, state="back_to_usual", closed_at=timezone.now() + timedelta(days=1))


def post(http, **given):
    return http.post(reverse(PAGE), given)


def test_below_a_hundred_answers_nothing_is_offered(http, mona, dana):
    for _one in range(99):
        closed_flag(dana, "no", 0.6)
    http.force_login(mona.user)
    page = http.get(reverse(PAGE)).text
    assert "Not enough yet: 99 of the 100 flags of this rule with an answer that it takes." in page
    assert "State it so from now on" not in page
    post(http, deed="use", shown="")
    assert DetectorVersion.objects.count() == 1


def test_what_is_seen_is_what_is_used_and_can_be_taken_back(http, mona, sam, juniper, live_through, hundred):
    live_through(juniper, [3, 3, 3, 3, 0])
    rupture = Rupture.objects.get(episode=juniper)
    before = rupture.evidence["probability"]
    page = recalibration_page(hundred)
    assert page.open_flags == 1 and page.examples[2].then < page.examples[2].now == 60
    http.force_login(sam.user)
    assert post(http, deed="use", shown=page.shown).status_code == 403
    http.force_login(mona.user)
    assert "A flag that now states" in http.get(reverse(PAGE)).text
    assert post(http, deed="nonsense").status_code == 400
    assert post(http, deed="use", shown="0.1 0.9").status_code == 302
    assert DetectorVersion.objects.count() == 1  # something else was seen
    assert post(http, deed="use", shown=page.shown).status_code == 302
    rupture.refresh_from_db()
    assert (rupture.state, rupture.evidence["probability"]) == ("open", page.proposed.stated(before))
    assert AuditEvent.objects.filter(verb="changed", subject_type="detectorversion").count() == 1
    assert post(http, deed="use", shown=page.shown).status_code == 302
    assert DetectorVersion.objects.count() == 2  # nothing was changed, so there is no third
    assert "Flags here state what your practice" in http.get(reverse(PAGE)).text
    assert post(http, deed="back").status_code == 302
    rupture.refresh_from_db()
    assert rupture.evidence["probability"] == before
    assert current_version(hundred).recalibration is None


def test_answers_under_a_recalibration_are_read_as_what_was_found_before_it(mona, hundred, dana):
    proposed = recalibration_page(hundred).proposed
    state_by(practice=hundred, recalibration=proposed, by=mona)
    for _one in range(5):
        closed_flag(dana, "no", proposed.stated(0.6))
    again = recalibration_page(hundred)
    assert again.answered == 105
    assert again.proposed.stated(0.6) < proposed.stated(0.6)


def test_another_rule_does_not_take_it_over(mona, hundred):
    line = Recalibration(-0.5, 0.9)
    state_by(practice=hundred, recalibration=line, by=mona)
    kept = {"criterion": "rupture_filter", "use": "client+therapist", "practice": hundred, "by": mona}
    assert set_detector(**kept, budget="quiet").recalibration == {"intercept": -0.5, "slope": 0.9}
    assert set_detector(**(kept | {"use": "client"}), budget="quiet").recalibration is None


def test_no_session_is_assessed_otherwise(juniper, live_through, mona, millrace):
    live_through(juniper, [3, 3, 3, 3, 1, 1, 3, 3])
    kept = ("therapy_session", "state", "alert", "score", "kind", "pillars", "points")
    first = current_version(millrace)
    second = state_by(practice=millrace, recalibration=Recalibration(-1.0, 0.8), by=mona)
    rows = [list(Assessment.objects.filter(version=one).order_by("pk").values(*kept)) for one in (first, second)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("line", [None, Recalibration(-3.0, 1.0)])
def test_how_a_flag_ends_rests_on_what_was_found(juniper, live_through, mona, millrace, line):
    state_by(practice=millrace, recalibration=line, by=mona)
    live_through(juniper, [3, 3, 3, 3, 0, 0])
    end_episode(editor=editor_of(juniper), reason="completed")
    assert Rupture.objects.get().state == "unrepaired"
