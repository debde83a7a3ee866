"""A flag on its page: what it says, what the therapist says of it, and how a practice sets the rule."""

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent
from ratings import actions, queries
from ratings.models import Assessment, DetectorVersion, Rupture, Standing, Verdict
from ratings.psychometrics import constants, population
from ratings.psychometrics.evidence import Assessment as Found
from ratings.psychometrics.evidence import Kind, Pillar, Points, State
from ratings.remark import remark
from tests.courses import answers
from tests.factories import make_episode

ONLY_TASKS = [3, 3, 1, 0, 3, 4]


def page_of(rupture):
    return reverse("ratings:rupture", args=[rupture.code])


def found(**fields):
    points = fields.pop("points", (Points("client", 20, seen=35, usual=80),))
    return Found(number=5, state=State.OPEN, suspicion=3.0, alert=True, points=points, **fields)


# --- What it says -----------------------------------------------------------------------------------------------------


def test_a_flag_on_one_pillar_names_it_and_asks_about_it():
    said = remark(found(pillars=(Pillar.TASK,)), "Juniper", 2)
    assert said.title == "Juniper's answers on tasks slipped."
    assert said.lead == "They have been lower than Juniper's own usual for 2 sessions."
    assert said.others[0] == "It was not clear what the task is for, and nothing else has changed."
    assert said.prompt == "What would have made it more useful?"


@pytest.mark.parametrize(
    ("kind", "reading"),
    [
        (Kind.WITHDRAWAL, "This can be a quiet pulling back."),
        (Kind.CONFRONTATION, "Juniper may be saying that something does not fit."),
        (None, "Something between the two of you may be strained. The numbers do not say in which way."),
    ],
)
def test_a_kind_is_a_possible_reading(kind, reading):
    assert remark(found(kind=kind), "Juniper", 1).reading == reading


def test_a_strain_that_only_the_therapist_saw_says_whose_view_it_is():
    points = (Points("client", -1, seen=80, usual=79), Points("therapist", 12, seen=40, usual=70))
    said = remark(found(points=points), "Juniper", 1)
    assert said.title == "The therapist's own view of the work with Juniper slipped."
    assert [sign.weight for sign in said.signs] == ["speaks against it", "most"]
    assert said.signs[1].seen == "between A little and Somewhat (40)"


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.61, "About 6 in 10."),
        (0.99, "More than 9 in 10."),
        (0.02, "Less than 1 in 10."),
        (None, "This rule says only"),
    ],
)
def test_how_sure_it_is(probability, words):
    assert remark(found(probability=probability), "Juniper", 1).sure.startswith(words)


def test_a_straight_lined_form_may_have_been_hurried():
    said = remark(found(), "Juniper", 1, straight_line=True)
    assert said.others[0] == "A hurried form: every question got the same answer."


# --- What the therapist says of it ------------------------------------------------------------------------------------


def test_a_verdict_is_counted_once_per_flag_and_shown_with_its_interval(http, dana, sam, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, ONLY_TASKS])
    rupture = Rupture.objects.get()
    address = reverse("ratings:rupture-verdict", args=[rupture.code])
    http.force_login(sam.user)
    assert http.post(address, {"answer": "useful"}).status_code == 403
    http.force_login(dana.user)
    for answer in ("false", "useful"):
        assert http.post(address, {"answer": answer}).url == page_of(rupture)
    assert http.post(address, {"answer": "nonsense"}).status_code == 400
    assert Verdict.objects.get().answer == "useful"
    assert "You said: Useful." in http.get(page_of(rupture)).text
    (share,) = queries.verdict_shares(juniper.client.practice)
    assert (share.useful, share.known, share.false, share.worth_it.of) == (1, 0, 0, 1)
    http.force_login(mona.user)
    assert "between 21 % and 100 %" in http.get(reverse("ratings:detection-settings")).text


def test_set_aside_with_a_reason_that_only_those_who_read_the_case_see(http, dana, sam, noor, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    rupture = Rupture.objects.get()
    address = reverse("ratings:rupture-set-aside", args=[rupture.code])
    http.force_login(noor.user)
    assert http.post(address, {"reason": "x"}).status_code == 404
    http.force_login(dana.user)
    empty = http.post(address, {"reason": ""})
    assert (empty.status_code, Rupture.objects.get().state) == (422, "open")
    assert http.post(address, {"reason": "A bereavement, we spoke."}).status_code == 302
    assert Rupture.objects.get().state == "set_aside"
    assert Standing.objects.get().rupture is None
    http.force_login(sam.user)
    assert "A bereavement, we spoke." in http.get(page_of(rupture)).text
    assert "Was this flag useful?" not in http.get(page_of(rupture)).text


@pytest.mark.parametrize(
    ("levels", "lead", "going_on"),
    [
        ([3, 3, 3, 3, 1, 1], "They have been lower than Juniper&#x27;s own usual for 2 sessions.", True),
        ([3, 3, 3, 3, 1, 1, 3, 3], "They were lower than Juniper&#x27;s own usual for 2 sessions.", False),
    ],
)
def test_a_flag_that_is_over_is_told_as_past(http, dana, juniper, live_through, levels, lead, going_on):
    live_through(juniper, levels)
    http.force_login(dana.user)
    page = http.get(page_of(Rupture.objects.get())).text
    assert lead in page
    for sentence in ("One next step", "may be strained"):
        assert (sentence in page) is going_on
    assert ("may have been strained" in page) is not going_on


@pytest.mark.parametrize(
    ("levels", "state", "words"),
    [([3, 3, 3, 3, 1, 1, 3, 3], "repaired", "repaired"), ([3, 3, 3, 3, 0], "set_aside", "set aside")],
)
def test_what_is_over_keeps_how_it_ended(http, dana, juniper, live_through, levels, state, words):
    """A page that was left open, or a second tab."""
    live_through(juniper, levels)
    rupture = Rupture.objects.get()
    address = reverse("ratings:rupture-set-aside", args=[rupture.code])
    http.force_login(dana.user)
    if state == "set_aside":
        http.post(address, {"reason": "A bereavement."})
    before = Rupture.objects.values().get()
    late = http.post(address, {"reason": "A late click."})
    assert late.status_code == 409
    assert f"This is over already: {words}. It was not set aside" in late.text and "A late click." in late.text
    assert Rupture.objects.values().get() == before
    assert before["state"] == state


def test_what_ended_after_the_page_was_read_is_not_set_aside(dana, juniper, live_through):
    *_answered, first, second = live_through(juniper, [3, 3, 3, 3, 1, 1, None, None])
    read_before = Rupture.objects.get()
    for check_in in (first, second):
        actions.answer_check_in(check_in=check_in, answers=answers(3), may_change=False)
    with pytest.raises(actions.RuptureOver):
        actions.set_rupture_aside(rupture=read_before, reason="A late click.", by=dana)
    assert Rupture.objects.get().state == "repaired"


# --- How a practice sets the rule -------------------------------------------------------------------------------------


def test_a_manager_sets_the_rule_and_no_old_alert_is_raised(http, mona, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, 3])
    http.force_login(mona.user)
    response = http.post(
        reverse("ratings:detection-settings"), {"budget": "watchful", "use": "client", "criterion": "shewhart"}
    )
    assert response.status_code == 302
    newest = DetectorVersion.objects.order_by("-valid_from").first()
    assert (newest.budget, newest.use, newest.criterion) == ("watchful", "client", "shewhart")
    assert newest.valid_from <= timezone.now()
    assert Assessment.objects.filter(version=newest).count() == 6
    assert not Rupture.objects.exists()
    assert AuditEvent.objects.filter(verb="changed", subject_type="detectorversion").count() == 1


def test_a_rule_that_does_not_exist_is_a_form_error(http, mona, instruments):
    http.force_login(mona.user)
    response = http.post(
        reverse("ratings:detection-settings"), {"budget": "loud", "use": "client", "criterion": "gap_change"}
    )
    assert response.status_code == 422
    assert DetectorVersion.objects.count() == 1  # the first, which the page made


def test_a_practice_with_enough_cases_learns_how_its_clients_rate(mona, dana, live_through, monkeypatch):
    """Frozen in the version; below the number of cases the published values stand."""
    for level in (2, 3):
        live_through(make_episode(dana), [level] * 6)
    rule = {"practice": mona.practice, "criterion": "rupture_filter", "budget": "normal", "use": "client", "by": mona}
    assert actions.set_detector(**rule).constants == {}
    monkeypatch.setattr(population, "FEWEST_EPISODES", 2)
    enough = actions.set_detector(**rule)
    assert 0 < enough.constants["sd_within"] < constants.DEFAULTS.sd_within
    assert Assessment.objects.filter(version=enough).count() == 12
