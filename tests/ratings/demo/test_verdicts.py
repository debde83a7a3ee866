"""The demo has answers enough to show how well flags work, and one question on the therapist's Today."""

from alliance.models import Practice, User
from ratings.detection.sample import open_questions
from ratings.figures.flags import flags_page
from ratings.models import Draw, Rupture


def test_the_demo_shows_how_well_flags_work(demo):
    quality = flags_page(Practice.objects.get()).quality
    assert quality.precision and quality.caught and quality.false_alerts and quality.useful
    assert 1 <= len(open_questions(User.objects.get(email="therapist@demo.test"))) <= 2


def test_no_session_of_the_demo_with_a_flag_was_drawn(demo):
    opened = Rupture.objects.filter(opened_by="detector").values("opened_session")
    assert not Draw.objects.filter(therapy_session__in=opened).exists()
