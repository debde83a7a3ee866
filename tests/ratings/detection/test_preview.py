"""What other settings would change is said before they take hold, and is what then happens."""

from operator import attrgetter
from random import Random

import pytest
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent, Episode
from alliance.refusal import Refused
from ratings.check_in.actions import answer_check_in
from ratings.detection.actions import go_back, set_detector
from ratings.detection.preview import Change, Move, Standpoint, change_between, changes_under, preview, standpoint
from ratings.detection.proposal import Choice, proposed
from ratings.detection.stored import as_version, current_version, version_before
from ratings.models import Assessment, DetectorVersion, Rupture, Standing
from ratings.psychometrics import flag_quality
from tests.courses import client_answers, held
from tests.factories import days_ago, make_episode, make_supervision

NORMAL = {"criterion": "rupture_filter", "budget": "normal", "use": "client+therapist"}
CHOICES = [
    NORMAL | {"budget": "quiet"},
    NORMAL | {"budget": "watchful", "use": "client"},
    NORMAL | {"clear_only": True},
    {"criterion": "shewhart", "budget": "watchful", "use": "client"},
    {"criterion": "cusum", "budget": "normal", "use": "client"},
]
MILD = [3, [3, 3, 4, 3, 3, 3], 3, [3, 2, 3, 3, 3, 3], [4, 3, 3, 3, 3, 4], 3, [2, 2, 3, 2, 2, 3]]  # a possible flag
CLEAR = [3, 3, 3, 3, 3, 0]


@pytest.fixture
def cases(dana, live_through):
    """Eight courses drawn by a seed: some steady, some with falls, some back again."""
    chance = Random(7)
    for number in range(8):
        usual = chance.choice([2, 3, 3, 4])
        levels = [
            [min(max(usual + chance.choice([-1, 0, 0, 0, 1]), 0), 4) for _item in range(6)] for _session in range(8)
        ]
        if number % 3:
            low = chance.randrange(3, 8)
            levels[low:] = [[max(answer - chance.choice([1, 2]), 0) for answer in level] for level in levels[low:]]
        if number % 4 == 1:
            levels.append(levels[0])
        live_through(make_episode(dana, f"Case {number}"), levels)


def standpoints():
    rows = Standing.objects.select_related("rupture", "episode")
    return {row.episode_id: standpoint(row) for row in rows}


def flags():
    """All that stands of the active flags."""
    rows = Rupture.objects.filter(state__in=Rupture.ACTIVE).order_by("pk")
    return list(rows.values("pk", "state", "opened_session", "kind", "pillars", "evidence", "kept_back"))


def places():
    return list(Standing.objects.order_by("pk").values("episode", "attention", "words", "settled_since", "notes"))


def in_order(changes):
    return sorted(changes, key=attrgetter("episode_key"))


def what_changed(before, after):
    """From what is stored: a new flag has a key that nobody knew before."""
    known = {one.flag for one in before.values()}
    as_new = {
        key: Standpoint(0 if one.flag not in known and one.flag else one.flag, one.group) for key, one in after.items()
    }
    return [change_between(key, before[key], as_new[key]) for key in sorted(before)]


def test_the_preview_is_what_then_happens_and_the_same_flags_come_back(mona, cases):
    practice, told = mona.practice, []
    were, placed = flags(), places()
    for choice in CHOICES:
        stood = standpoints()
        said = in_order(changes_under(practice, proposed(practice, Choice(**choice))))
        assert (standpoints(), flags()) == (stood, were), "a preview writes nothing"
        changed = set_detector(practice=practice, by=mona, **choice)
        assert said == what_changed(stood, standpoints()), choice
        stood, before = standpoints(), version_before(changed)
        back = in_order(changes_under(practice, as_version(before), restores=before))
        assert go_back(practice=practice, by=mona, shown=changed).restores == before
        assert back == [change_between(key, stood[key], now) for key, now in sorted(standpoints().items())], choice
        assert (flags(), places()) == (were, placed), choice
        told += [*said, *back]
    assert any(one.closes for one in told)
    assert any(one.opens for one in told)
    assert {one.move for one in told} == set(Move)


def test_a_new_flag_under_other_settings_rests_on_a_new_answer(mona, juniper, live_through):
    """As when they take hold: a new version raises no old alert."""
    live_through(juniper, MILD)
    set_detector(practice=mona.practice, by=mona, **NORMAL, clear_only=True)
    assert not Rupture.objects.at_work().exists()
    assert [one.opens for one in changes_under(mona.practice, proposed(mona.practice, Choice(**NORMAL)))] == [False]


def test_going_back_leaves_what_was_closed_since(mona, dana, juniper, live_through):
    """A flag that the other settings raised and that is over is history. One that is on is withdrawn."""
    set_detector(practice=mona.practice, by=mona, **NORMAL, clear_only=True)
    changed = set_detector(practice=mona.practice, by=mona, **NORMAL)
    live_through(juniper, [*MILD, 3, 3])
    over = Rupture.objects.get()
    assert over.state == "back_to_usual"
    other = make_episode(dana, "Sorrel")
    live_through(other, MILD)
    go_back(practice=mona.practice, by=mona, shown=changed)
    assert [Rupture.objects.get(episode=one).state for one in (juniper, other)] == ["back_to_usual", "withdrawn"]


def test_a_flag_that_was_set_back_stays_one_flag_at_the_next_answer(mona, juniper, live_through):
    live_through(juniper, MILD)
    flag = Rupture.objects.get()
    changed = set_detector(practice=mona.practice, by=mona, **NORMAL, clear_only=True)
    assert Rupture.objects.get().state == "withdrawn"
    go_back(practice=mona.practice, by=mona, shown=changed)
    check_in = held(juniper, 0.5).check_in
    answer_check_in(check_in=check_in, answers=client_answers([2, 2, 2, 2, 2, 3]), may_change=False)
    assert Rupture.objects.get() == flag
    assert Rupture.objects.get().state == "open"


def test_what_came_back_is_told_by_its_time_and_not_by_its_key(mona, juniper, live_through):
    """A flag that both versions raise, and that was withdrawn under the later one, whose key is the lower."""
    live_through(juniper, MILD)
    flag = Rupture.objects.get()
    changed = set_detector(practice=mona.practice, by=mona, **NORMAL | {"budget": "watchful"})
    assert Rupture.objects.get().version == changed
    lower = version_before(changed).pk - 1000
    Assessment.objects.filter(version=changed).update(version=lower)
    Rupture.objects.update(version=lower, state="withdrawn", closed_at=timezone.now())
    DetectorVersion.objects.filter(pk=changed.pk).update(id=lower)
    go_back(practice=mona.practice, by=mona, shown=DetectorVersion.objects.get(pk=lower))
    assert Rupture.objects.get() == flag
    assert Rupture.objects.get().state == "open"


def test_there_is_no_way_back_from_the_way_back(http, mona, instruments):
    changed = set_detector(practice=mona.practice, by=mona, **CHOICES[0])
    back = go_back(practice=mona.practice, by=mona, shown=changed)
    with pytest.raises(Refused):
        go_back(practice=mona.practice, by=mona, shown=back)
    http.force_login(mona.user)
    assert reverse("ratings:detection-back") not in http.get(reverse("ratings:detection-settings")).text


def test_nobody_goes_back_from_the_first_settings_or_from_others_than_were_shown(mona, instruments):
    first = current_version(mona.practice)
    with pytest.raises(Refused):
        go_back(practice=mona.practice, by=mona, shown=first)
    changed = set_detector(practice=mona.practice, by=mona, **CHOICES[0])
    set_detector(practice=mona.practice, by=mona, **CHOICES[1])
    with pytest.raises(Refused):
        go_back(practice=mona.practice, by=mona, shown=changed)


def post(http, choice):
    sent = choice | ({"clear_only": "on"} if choice.get("clear_only") else {})
    return http.post(reverse("ratings:detection-settings"), sent)


def test_a_manager_who_reads_no_case_gets_no_name_and_no_small_count(
    http, mona, dana, juniper, live_through, monkeypatch
):
    live_through(juniper, MILD)
    http.force_login(mona.user)
    page = post(http, NORMAL | {"clear_only": True})
    assert page.status_code == 200
    assert "Juniper" not in page.text
    assert "too few to count: a count would tell of one" in page.text
    assert "Nothing is saved yet" in page.text
    assert (DetectorVersion.objects.count(), page.context["form"]["clear_only"].value()) == (1, True)
    assert not AuditEvent.objects.filter(verb="listed", subject_type="episode").exists()
    monkeypatch.setattr("ratings.detection.preview.FEWEST", 1)
    page = post(http, NORMAL | {"clear_only": True})
    assert "In the 1 open cases that you can’t read: open flags that close: fewer than 5" in " ".join(page.text.split())


def test_a_manager_who_supervises_reads_which_cases_change(http, mona, millrace, dana, juniper, sorrel, live_through):
    live_through(juniper, MILD)
    live_through(sorrel, CLEAR)
    mona.is_supervisor = True
    mona.save()
    make_supervision(mona, therapist=dana)
    http.force_login(mona.user)
    page = post(http, NORMAL | {"clear_only": True})
    assert reverse("ratings:case", args=[juniper.code]) in page.text
    assert reverse("ratings:case", args=[sorrel.code]) not in page.text, "a clear flag stays"
    assert "the flag closes" in page.text
    assert AuditEvent.objects.get(verb="listed", subject_type="episode").count == 1


def test_of_their_own_cases_a_therapist_learns_nothing_before_their_own_rating(http, mona, millrace, live_through):
    """Rate first: whether a flag closes is told by the answer that waits."""
    mona.is_therapist = True
    mona.save()
    own = make_episode(mona, "Wren")
    live_through(own, MILD)
    http.force_login(mona.user)
    assert "Wren" in post(http, NORMAL | {"clear_only": True}).text
    millrace.rates_first_since = days_ago(100)
    millrace.save()
    assert "Wren" not in post(http, NORMAL | {"clear_only": True}).text


def test_of_very_many_cases_only_the_newest_are_counted(http, mona, dana, live_through, monkeypatch):
    for _case in range(3):
        live_through(make_episode(dana), MILD)
    monkeypatch.setattr("ratings.detection.preview.MOST_CASES", 2)
    http.force_login(mona.user)
    page = post(http, NORMAL | {"clear_only": True})
    assert page.context["shown"]["preview"].others.cases == 2
    assert "1 older open case is not counted here." in page.text


def test_in_shadow_mode_nothing_is_counted(http, mona, juniper, live_through):
    live_through(juniper, CLEAR)
    http.force_login(mona.user)
    assert "No page would show a flag any more" in post(http, NORMAL | {"shadow": "on"}).text
    set_detector(practice=mona.practice, by=mona, shadow=True, **NORMAL)
    page = post(http, NORMAL | {"budget": "quiet"})
    assert "Shadow mode is on, so nothing is counted here" in page.text
    assert preview(mona, as_version(current_version(mona.practice))) is None


def test_another_choice_than_the_one_that_was_shown_is_shown_first(http, mona, instruments):
    http.force_login(mona.user)
    shown = post(http, NORMAL | {"budget": "quiet"}).context["form"]["shown_choice"].value()
    page = post(http, NORMAL | {"budget": "watchful", "shown_choice": shown})
    assert "What would change" in page.text
    assert DetectorVersion.objects.count() == 1
    shown = page.context["form"]["shown_choice"].value()
    assert post(http, NORMAL | {"budget": "watchful", "shown_choice": shown}).status_code == 302
    assert current_version(mona.practice).budget == "watchful"


def test_the_way_back_is_shown_and_then_gone(http, mona, sam, juniper, live_through):
    live_through(juniper, MILD)
    path = reverse("ratings:detection-back")
    http.force_login(sam.user)
    assert http.get(path).status_code == 403
    http.force_login(mona.user)
    assert "There are no settings to go back to" in http.get(path, follow=True).text
    changed = set_detector(practice=mona.practice, by=mona, **NORMAL, clear_only=True)
    assert path in http.get(reverse("ratings:detection-settings")).text
    page = http.get(path)
    assert "Clear flags only" in page.text
    assert "Rule" not in page.text, "only what differs"
    assert "Nothing is saved yet" in page.text
    refused = http.post(path, {"shown_version": version_before(changed).code})
    assert (refused.status_code, "Somebody else changed these settings meanwhile." in refused.text) == (422, True)
    assert http.post(path, {"shown_version": changed.code}).status_code == 302
    assert not current_version(mona.practice).clear_only
    assert Rupture.objects.get().state == "open"


@pytest.mark.parametrize("n", [1, 3])
def test_a_preview_asks_as_often_for_three_cases_as_for_one(n, mona, dana, live_through, django_assert_num_queries):
    for _case in range(n):
        live_through(make_episode(dana), CLEAR)
    version = proposed(mona.practice, Choice(**NORMAL | {"budget": "quiet"}))
    with django_assert_num_queries(5):
        in_order(changes_under(mona.practice, version))


def test_counts_of_others_are_told_from_twenty_cases_on():
    assert flag_quality.FEWEST == 20
    assert Change(1, closes=False, opens=False, move=Move.DOWN).is_any
    assert not Change(1, closes=False, opens=False, move=Move.STAYS).is_any


def test_with_nothing_changed_no_finding_changes(http, mona, cases):
    http.force_login(mona.user)
    before = (list(Assessment.objects.values()), flags(), places())
    page = post(http, NORMAL)
    assert page.status_code == 302
    assert (list(Assessment.objects.values()), flags(), places()) == before
    assert DetectorVersion.objects.count() == 1
    assert Episode.objects.count() == 8
