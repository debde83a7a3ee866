"""A manager sets how flags are made in the practice."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from alliance.access import Denied
from alliance.models import AuditEvent
from alliance.refusal import Refused
from ratings.detection.actions import set_detector
from ratings.detection.shadow import in_shadow
from ratings.detection.stored import current_version
from ratings.findings import names
from ratings.models import Assessment, DetectorVersion, Rupture
from ratings.psychometrics.criteria.registry import REGISTRY
from ratings.psychometrics.evidence import EDITION
from tests.factories import make_episode


def choose(http, choice):
    """Sends a choice, and once more what the page then shows of it."""
    path = reverse("ratings:detection-settings")
    page = http.post(path, choice)
    assert page.status_code == 200, "what would change comes first"
    return http.post(path, choice | {"shown_choice": page.context["form"]["shown_choice"].value()})


def test_a_manager_sets_the_rule_and_no_old_alert_is_raised(http, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 3])
    http.force_login(mona.user)
    response = choose(http, {"budget": "watchful", "use": "client", "criterion": "shewhart"})
    assert response.status_code == 302
    assert "open ones are reassessed" in http.get(response.url).text
    newest = DetectorVersion.objects.order_by("-valid_from").first()
    assert (newest.budget, newest.use, newest.criterion) == ("watchful", "client", "shewhart")
    assert newest.valid_from <= timezone.now()
    assert Assessment.objects.filter(version=newest).count() == 6
    assert not Rupture.objects.exists()
    assert AuditEvent.objects.filter(verb="changed", subject_type="detectorversion").count() == 1


def test_every_rule_that_is_offered_exists_and_has_words_of_its_own():
    assert [name for name in names.OFFERED if name not in REGISTRY] == []
    assert [name for name, said in names.criteria() if said == name.replace("_", " ").capitalize()] == []


def measured():
    """By rule, the false flags at 2, 5 and 10: the mean, the fewest and the most, as the page of figures has them."""
    page = (settings.BASE_DIR / "docs/reference/detection.md").read_text()
    rows = page.split("at each setting")[1].split("###")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if "(" in row and " to " in row]
    return {rule: [[float(n) for n in re.findall(r"[\d.]+", one)] for one in found] for rule, *found in cells}


def whole(number):
    """A half goes up."""
    return int(Decimal(str(number)).quantize(Decimal(1), ROUND_HALF_UP))


def test_each_setting_says_what_was_measured_of_it(http, mona, instruments):
    http.force_login(mona.user)
    page = http.get(reverse("ratings:detection-settings")).text
    for name, (mean, fewest, most) in zip(
        ("Quiet", "Normal", "Watchful"), measured()["rupture_filter (client+therapist)"], strict=True
    ):
        said = re.search(rf"{name}: (\d+) to (\d+).*, on average (\d+)\s*<", page)
        assert [int(n) for n in said.groups()] == [whole(fewest), whole(most), whole(mean)]


def test_the_settings_say_which_rules_raise_fewer(http, mona, instruments):
    """All that are offered have as many as our filter, but for two."""
    ours, *others = (measured()[name] for name in ("rupture_filter (client+therapist)", *names.OFFERED[1:]))
    near = [all(abs(a[0] - b[0]) <= 2 for a, b in zip(one, ours, strict=True)) for one in others]
    fewer = [one for one, is_near in zip(names.OFFERED[1:], near, strict=True) if not is_near]
    assert fewer == ["ewma", "cusum"]
    http.force_login(mona.user)
    page = " ".join(http.get(reverse("ratings:detection-settings")).text.split())
    assert "EWMA and CUSUM: at the watchful setting they raise about 6" in page
    assert [whole(measured()[name][2][0]) for name in fewer] == [6, 6]


def test_a_rule_that_does_not_exist_is_a_form_error(http, mona, instruments):
    http.force_login(mona.user)
    response = http.post(
        reverse("ratings:detection-settings"), {"budget": "loud", "use": "client", "criterion": "gap_change"}
    )
    assert response.status_code == 422
    assert DetectorVersion.objects.count() == 1  # the first, which the page made


def detector_alerts(episode):
    newest = DetectorVersion.objects.order_by("-valid_from").first()
    return Assessment.objects.filter(episode=episode, version=newest, alert=True).count()


def test_a_practice_asks_for_clear_flags_only(http, mona, juniper, sorrel, live_through):
    http.force_login(mona.user)
    path = reverse("ratings:detection-settings")
    rule = {"budget": "normal", "use": "client+therapist", "criterion": "rupture_filter", "clear_only": "on"}
    assert choose(http, rule).status_code == 302
    assert DetectorVersion.objects.order_by("-valid_from").first().clear_only
    form = http.get(path).context["form"]
    assert form["clear_only"].value() is True
    live_through(juniper, [3, [3, 3, 4, 3, 3, 3], 3, [3, 2, 3, 3, 3, 3], [4, 3, 3, 3, 3, 4], 3, [2, 2, 3, 2, 2, 3]])
    live_through(sorrel, [3, 3, 3, 3, 3, 0])
    assert [rupture.episode for rupture in Rupture.objects.all()] == [sorrel]
    assert detector_alerts(juniper) == 0
    choose(http, {**rule, "clear_only": ""})
    assert detector_alerts(juniper) == 1


def test_use_this_with_nothing_changed_changes_nothing(http, mona, instruments):
    http.force_login(mona.user)
    path = reverse("ratings:detection-settings")
    shown = {name: value for name, value in http.get(path).context["form"].initial.items() if value is not False}
    assert "Nothing was changed" in http.post(path, shown, follow=True).text
    assert DetectorVersion.objects.count() == 1
    assert not AuditEvent.objects.filter(verb="changed", subject_type="detectorversion").exists()


def test_a_rule_without_a_probability_has_no_clear_flags(http, mona, instruments):
    http.force_login(mona.user)
    rule = {"budget": "normal", "use": "client", "criterion": "shewhart", "clear_only": "on"}
    response = http.post(reverse("ratings:detection-settings"), rule)
    assert response.status_code == 422
    assert "Only our filter tells clear flags from the others" in response.text
    assert DetectorVersion.objects.count() == 1


def test_a_preview_asks_as_often_for_three_cases_as_for_one(
    http, mona, dana, live_through, django_assert_max_num_queries
):
    http.force_login(mona.user)
    path = reverse("ratings:detection-settings")
    rule = {"budget": "quiet", "use": "client", "criterion": "rupture_filter"}
    counts = []
    for _case in range(2):
        live_through(make_episode(dana), [3, 3])
        with django_assert_max_num_queries(100) as asked:
            http.post(path, rule)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_newer_figures_are_offered_where_there_are_some(http, mona, instruments):
    http.force_login(mona.user)
    path = reverse("ratings:detection-settings")
    assert "Take over the newer figures" not in http.get(path).text
    DetectorVersion.objects.update(edition=1)
    assert "Take over the newer figures" in http.get(path).text
    rule = {"budget": "normal", "use": "client+therapist", "criterion": "rupture_filter"}
    assert "Nothing was changed" in http.post(path, rule, follow=True).text
    choose(http, {**rule, "renew": "on"})
    assert [row.edition for row in DetectorVersion.objects.order_by("valid_from")] == [1, EDITION]


SLIDES, REPAIRED, MORE, ANEW = "slow slides", "called repaired", "a few more flags", "fitted anew to the latest cases"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"edition": 1}, [SLIDES, REPAIRED, MORE]),
        ({"edition": 2}, [REPAIRED, MORE]),
        ({"edition": 3}, [MORE]),
        ({"edition": 3, "constants": {"mean": 70.0}}, [ANEW]),
        ({"edition": 3, "clear_only": True}, []),
        ({"edition": 3, "criterion": "own_mean_pooled_sd"}, []),
        ({"edition": EDITION}, []),
    ],
    ids=["first", "second", "third", "learned", "clear ones only", "simple rule", "newest"],
)
def test_a_practice_reads_what_the_newer_figures_change_for_it(http, mona, instruments, row, said):
    http.force_login(mona.user)
    DetectorVersion.objects.filter(pk=current_version(mona.practice).pk).update(**row)
    page = http.get(reverse("ratings:detection-settings")).text
    assert [one for one in (SLIDES, REPAIRED, MORE, ANEW) if one in page] == said


@pytest.mark.parametrize(
    ("constants", "is_said"),
    [({"report_quiet": 0.05}, False), ({"mean": 70.0, "report_quiet": 0.05}, True)],
    ids=["reports alone", "ratings too"],
)
def test_ratings_are_called_learned_where_they_were(http, mona, instruments, constants, is_said):
    http.force_login(mona.user)
    DetectorVersion.objects.filter(pk=current_version(mona.practice).pk).update(constants=constants)
    page = http.get(reverse("ratings:detection-settings")).text
    assert ("was learned from this practice" in page) == is_said


def test_the_settings_say_what_shadow_mode_hides_and_keeps(http, mona, instruments):
    http.force_login(mona.user)
    path = reverse("ratings:detection-settings")
    page = http.get(path)
    assert page.context["form"]["shadow"].value() is False
    assert "What people say stays" in page.text
    rule = {"budget": "normal", "use": "client+therapist", "criterion": "rupture_filter", "shadow": "on"}
    assert choose(http, rule).status_code == 302
    assert in_shadow([mona.practice_id])
    assert AuditEvent.objects.filter(verb="changed", subject_type="detectorversion").count() == 1
    assert choose(http, rule | {"shadow": ""}).status_code == 302
    assert not in_shadow([mona.practice_id])


def test_shadow_mode_of_one_practice_says_nothing_of_another(mona, otis, instruments):
    set_detector(
        practice=mona.practice, criterion="rupture_filter", budget="normal", use="client", shadow=True, by=mona
    )
    assert in_shadow([mona.practice_id, otis.practice_id]) == {mona.practice_id}


def test_two_managers_at_once_do_not_overwrite_each_other(http, mona, instruments):
    http.force_login(mona.user)
    path = reverse("ratings:detection-settings")
    mine = {"budget": "quiet", "use": "client", "criterion": "rupture_filter"}
    shown = str(http.get(path).context["form"]["shown_version"].value())
    set_detector(practice=mona.practice, by=mona, budget="watchful", use="client", criterion="rupture_filter")
    refused = http.post(path, mine | {"shown_version": shown})
    assert (refused.status_code, refused.context["form"]["budget"].value()) == (422, "quiet")
    assert "Somebody else changed these settings meanwhile." in refused.text
    assert DetectorVersion.objects.order_by("-valid_from").first().budget == "watchful"
    again = str(refused.context["form"]["shown_version"].value())
    assert choose(http, mine | {"shown_version": again}).status_code == 302
    assert DetectorVersion.objects.order_by("-valid_from").first().budget == "quiet"


def test_settings_that_changed_before_the_lock_are_refused(http, mona, instruments):
    before = current_version(mona.practice)
    rule = {"budget": "quiet", "use": "client", "criterion": "rupture_filter"}
    set_detector(practice=mona.practice, by=mona, **rule)
    with pytest.raises(Refused):
        set_detector(practice=mona.practice, by=mona, shown=before, **rule | {"budget": "watchful"})


def test_who_is_no_manager_any_more_changes_nothing(mona, instruments):
    mona.ends_at = timezone.now()
    mona.save()
    with pytest.raises(Denied):
        set_detector(practice=mona.practice, by=mona, budget="quiet", use="client", criterion="rupture_filter")
