"""A manager sets how flags are made in the practice."""

from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings.findings import names
from ratings.models import Assessment, DetectorVersion, Rupture
from ratings.psychometrics.criteria.registry import REGISTRY


def test_a_manager_sets_the_rule_and_no_old_alert_is_raised(http, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 3])
    http.force_login(mona.user)
    response = http.post(
        reverse("ratings:detection-settings"), {"budget": "watchful", "use": "client", "criterion": "shewhart"}
    )
    assert response.status_code == 302
    assert "open ones are weighed anew" in http.get(response.url).text
    newest = DetectorVersion.objects.order_by("-valid_from").first()
    assert (newest.budget, newest.use, newest.criterion) == ("watchful", "client", "shewhart")
    assert newest.valid_from <= timezone.now()
    assert Assessment.objects.filter(version=newest).count() == 6
    assert not Rupture.objects.exists()
    assert AuditEvent.objects.filter(verb="changed", subject_type="detectorversion").count() == 1


def test_every_rule_that_is_offered_exists_and_has_words_of_its_own():
    assert [name for name in names.OFFERED if name not in REGISTRY] == []
    assert [name for name, said in names.criteria() if said == name.replace("_", " ").capitalize()] == []


def test_a_rule_that_does_not_exist_is_a_form_error(http, mona, instruments):
    http.force_login(mona.user)
    response = http.post(
        reverse("ratings:detection-settings"), {"budget": "loud", "use": "client", "criterion": "gap_change"}
    )
    assert response.status_code == 422
    assert DetectorVersion.objects.count() == 1  # the first, which the page made
