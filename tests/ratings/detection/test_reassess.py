"""The replay: ruptures open, close and are withdrawn as the ratings say, and the stored rows equal a fresh replay."""

import ast
import threading
from dataclasses import asdict

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ratings.cases.case import case_history
from ratings.cases.pillars import pillar_views
from ratings.check_in.actions import answer_check_in
from ratings.detection import stored as stored_rows
from ratings.detection.actions import set_detector
from ratings.detection.before import forget_versions
from ratings.detection.history import held_sessions
from ratings.detection.reassess import lock_episode, reassess, reassess_all, reassess_in_turns
from ratings.detection.stored import as_assessment, as_version, detector_version, evidence_of
from ratings.models import Assessment, DetectorVersion, Instrument, Rating, Rupture, Standing
from ratings.psychometrics import thresholds
from ratings.psychometrics.assess import assess, freeze
from ratings.psychometrics.evidence import Budget, OpenedBy, RuptureState, Version
from ratings.psychometrics.usual import TrendWord
from ratings.record.actions import correct_session
from ratings.ruptures.actions import set_rupture_aside
from tests.courses import answers, client_answers
from tests.factories import editor_of
from tests.ratings.threads import at_once

ONLY_TASKS = [3, 3, 1, 0, 3, 4]


def states(episode):
    rows = Assessment.objects.filter(episode=episode).order_by("therapy_session__starts_at")
    return [row.state for row in rows]


def test_the_table_of_ruptures_has_a_place_for_all_that_a_replay_may_say():
    assert (Rupture.RuptureState.values, Rupture.OpenedBy.values) == (list(RuptureState), list(OpenedBy))


def test_a_drop_opens_one_rupture_and_two_ratings_back_repair_it(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0, 0, 3, 3])
    assert states(juniper) == ["too_few", "too_few", "steady", "steady", "open", "open", "recovering", "repaired"]
    rupture = Rupture.objects.get()
    assert rupture.state == "repaired"
    held = held_sessions(juniper)
    assert rupture.opened_session == held[4].row
    assert rupture.closed_session == held[7].row
    assert Standing.objects.get().rupture is None


def test_one_fallen_pillar_is_named(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, ONLY_TASKS])
    rupture = Rupture.objects.get()
    assert rupture.pillars == ["task"]
    assert Standing.objects.get().words["task"] == "below"
    assert evidence_of(rupture).assessment.pillars == ("task",)


def test_a_correction_that_takes_the_evidence_away_withdraws_the_rupture(juniper, live_through):
    asked = live_through(juniper, [3, 3, 3, 3, 0])
    assert Rupture.objects.get().state == "open"
    rating = Rating.objects.get(therapy_session=asked[-1].therapy_session, rater="client")
    Rating.objects.filter(pk=rating.pk).update(
        answers=answers(3), goal_pomp=75, task_pomp=75, bond_pomp=75, overall_pomp=75
    )
    reassess(juniper)
    assert Rupture.objects.get().state == "withdrawn"
    assert Standing.objects.get().rupture is None


def test_a_voided_session_counts_for_nothing(juniper, live_through, dana):
    asked = live_through(juniper, [3, 3, 3, 3, 0])
    therapy_session = asked[-1].therapy_session
    therapy_session.voided_at, therapy_session.voided_by = timezone.now(), dana
    therapy_session.save()
    reassess(juniper)
    assert Rupture.objects.get().state == "withdrawn"
    assert Standing.objects.get().sessions_held == 4


def test_a_new_version_redraws_history_and_raises_no_old_alert(juniper, live_through, millrace):
    live_through(juniper, [3, 3, 3, 3, 0, 3, 3])
    Rupture.objects.all().delete()
    new_version(millrace, "own_mean_pooled_sd", "watchful")
    reassess(juniper)
    assert states(juniper).count("open") == 2  # one under each version
    assert not Rupture.objects.exists()


def test_a_strain_that_goes_on_under_a_new_version_is_opened(juniper, live_through, millrace):
    """It began before the version, which alone opens nothing; but a rating that speaks for it has come in since."""
    *_asked, unanswered = live_through(juniper, [3, 3, 3, 3, 0, None])
    Rupture.objects.all().delete()
    new_version(millrace, "own_mean_pooled_sd", "watchful")
    reassess(juniper)
    assert not Rupture.objects.exists()
    answer_check_in(check_in=unanswered, answers=client_answers(0), may_change=False)
    assert Rupture.objects.get().opened_session == held_sessions(juniper)[4].row


def test_what_was_set_aside_stays_aside(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    Rupture.objects.update(state="set_aside", closed_at=timezone.now())
    reassess(juniper)
    assert Rupture.objects.get().state == "set_aside"
    assert Standing.objects.get().rupture is None


def own_rating(episode, check_in, level, noticed):
    """The therapist corrects their own rating of a session."""
    row = check_in.therapy_session
    correct_session(
        editor=editor_of(episode), therapy_session=row, starts_at=row.starts_at, ends_at=row.ends_at, mode=row.mode,
        attendance="attended", text=check_in.text, answers=answers(level), noticed=noticed, private_note="",
        note_shown=None,
    )  # fmt: skip


@pytest.mark.parametrize(("noticed_then", "found"), [("pulling_back", ["set_aside"]), ("", ["set_aside", "open"])])
def test_only_a_report_that_is_new_opens_a_rupture_beside_what_was_set_aside(
    noticed_then, found, juniper, live_through
):
    *_before, last = live_through(juniper, [3, 3, 3, 3, 0])
    own_rating(juniper, last, 3, noticed_then)
    set_rupture_aside(editor=editor_of(juniper), rupture=Rupture.objects.get(), reason="We spoke about it.")
    own_rating(juniper, last, 2, "pulling_back")
    assert [row.state for row in juniper.ruptures.order_by("pk")] == found


def test_a_client_who_changes_an_answer_reports_nothing_new(juniper, live_through):
    *_before, last = live_through(juniper, [3, 3, 3, 0, None])
    answer_check_in(check_in=last, answers=client_answers(0, tension=True), may_change=True)
    set_rupture_aside(editor=editor_of(juniper), rupture=Rupture.objects.get(), reason="We spoke about it.")
    answer_check_in(check_in=last, answers=client_answers(1, tension=True), may_change=True)
    assert not Rupture.objects.filter(state__in=Rupture.ACTIVE).exists()


def test_a_replay_twice_changes_nothing(juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 1, None, 3, 3])
    columns = [field.name for field in Standing._meta.fields if field.name != "updated_at"]
    before = (list(Standing.objects.values(*columns)), list(Rupture.objects.values()))
    reassess(juniper)
    assert (list(Standing.objects.values(*columns)), list(Rupture.objects.values())) == before


def test_the_stored_assessments_equal_a_replay_from_the_ratings(juniper, live_through):
    live_through(juniper, [3, 4, [3, None, 2, 4, 3, 3], None, 0, 3, 3, 3])
    held = held_sessions(juniper)
    version = as_version(detector_version(juniper.client.practice))
    stored = {row.therapy_session_id: row for row in Assessment.objects.all()}
    fresh = assess([therapy_session.evidence for therapy_session in held], version)
    assert [as_assessment(stored[therapy_session.row.pk], therapy_session.number) for therapy_session in held] == fresh


def new_version(practice, criterion, budget="normal"):
    version = freeze(Version(criterion=criterion, budget=budget))
    return DetectorVersion.objects.create(practice=practice, **asdict(version))


def test_a_new_version_leaves_what_an_earlier_one_closed(juniper, live_through, millrace):
    live_through(juniper, [4, 4, 4, 4, 0, 4, 4, 2])
    Rupture.objects.exclude(state__in=["repaired", "back_to_usual"]).delete()
    before = list(Rupture.objects.values())
    new_version(millrace, "cusum")
    reassess(juniper)
    assert list(Rupture.objects.filter(pk=before[0]["id"]).values()) == before


def test_only_the_low_sessions_are_counted(juniper, live_through):
    live_through(juniper, [4, [3, 4, 3, 4, 3, 4], 4, 4, 1, 4, 1])
    assert states(juniper)[4:] == ["open", "recovering", "open"]
    assert Rupture.objects.get().evidence["for_sessions"] == 2


def test_what_was_set_aside_stays_aside_when_a_late_answer_moves_its_start(juniper, live_through):
    asked = live_through(juniper, [3, 3, 3, 3, None, 0])
    Rupture.objects.update(state="set_aside", closed_at=timezone.now())
    answer_check_in(check_in=asked[4], answers=client_answers(0), may_change=False)
    assert [rupture.state for rupture in Rupture.objects.all()] == ["set_aside"]


def test_a_client_who_was_not_asked_leaves_no_gap(juniper, live_through):
    asked = live_through(juniper, [3, None, None, None])
    assert Standing.objects.get().missing_in_a_row == 3
    for check_in in asked[1:]:
        check_in.delete()
    reassess(juniper)
    assert Standing.objects.get().missing_in_a_row == 0


def test_another_instrument_has_a_usual_of_its_own(juniper, live_through):
    """Nine ratings near the top on one instrument say nothing about 75 on the next."""
    live_through(juniper, [4] * 9 + [3, 3, 3])
    other = Instrument.objects.exclude(key="alliance-6").first()
    old = Rating.objects.filter(rater="client").order_by("therapy_session__starts_at")[:9]
    Rating.objects.filter(pk__in=[rating.pk for rating in old]).update(instrument=other)
    reassess(juniper)
    assert Standing.objects.get().words["overall"] == "few"
    assert Standing.objects.get().spark["overall"]["band"] is None


def test_a_version_keeps_its_threshold_under_a_later_program(juniper, mona, live_through, millrace, monkeypatch):
    live_through(juniper, [3, 3, 3, 3, 0])
    chosen = set_detector(
        practice=millrace, criterion="own_mean_pooled_sd", budget="normal", use="client+therapist", by=mona
    )
    before = states(juniper)
    assert "open" in before
    assert None not in DetectorVersion.objects.values_list("thresholds", flat=True)
    out_of_reach = {"third": 1000.0, "early": 1000.0, "later": 1000.0}
    monkeypatch.setattr(thresholds, "_table", lambda: {"own_mean_pooled_sd": dict.fromkeys(Budget, out_of_reach)})
    reassess(juniper)
    assert states(juniper) == before
    chosen.threshold, chosen.thresholds = 1.0, None  # one for all sessions, as older programs kept it
    chosen.save()
    forget_versions()
    reassess(juniper)
    assert states(juniper) == before
    chosen.threshold = None  # made before it was kept
    chosen.save()
    forget_versions()
    reassess(juniper)
    assert states(juniper) != before


def test_the_session_that_shows_a_strain_best_speaks_for_it(juniper, live_through):
    """Not the last one: the mildest, or one in which the client rated nothing."""
    live_through(juniper, [3, 3, 3, 3, 3, 1, 0, [2, 3, 2, 3, 3, 2], None])
    rupture, held = Rupture.objects.get(), held_sessions(juniper)
    found = Assessment.objects.filter(episode=juniper).order_by("therapy_session__starts_at")
    assert rupture.opened_session == held[5].row
    assert (rupture.evidence["number"], rupture.evidence["held_at"]) == (7, held[6].row.starts_at.isoformat())
    assert rupture.evidence["probability"] == max(row.probability or 0 for row in found)
    assert rupture.evidence["points"][0]["seen"] == 0
    assert rupture.evidence["points"][0]["usual"] == found[5].points[0]["usual"]


def test_a_strain_counts_the_sessions_that_its_charts_mark(juniper, live_through):
    live_through(juniper, [3, 4, 3, 3, 4, 3, 1, 0, [3, 3, 2, 3, 2, 3]])
    rupture = Rupture.objects.get()
    history = case_history(juniper)
    views = pillar_views(history, Standing.objects.get(episode=juniper), "Juniper")
    marked = {row.number for view in views for row in view.rows if row.below}
    assert states(juniper)[6:] == ["open", "open", "open"]  # the last one is hardly low
    assert rupture.evidence["for_sessions"] == len(marked) == 2


@pytest.fixture
def two_named(juniper, live_through):
    """The client's tick in session 8 opened the first, a late one in session 5 the second, which was over by 7."""
    asked = live_through(juniper, [3] * 4 + [None] * 4, tension=False)
    for number, said in ((6, False), (7, False), (8, True), (5, True)):
        answer_check_in(check_in=asked[number - 1], answers=client_answers(3, tension=said), may_change=True)
    return asked


def take_back_an_answer(check_in):
    """So that the one from session 5 is not over by session 7 any more."""
    Rating.objects.filter(check_in=check_in).update(replaced_at=timezone.now(), replaced_reason="corrected")


def open_ones(episode):
    return [row.opened_session for row in episode.ruptures.filter(state__in=Rupture.ACTIVE)]


def test_of_two_ruptures_that_people_named_one_is_open_after_any_correction(juniper, two_named):
    take_back_an_answer(two_named[5])
    reassess(juniper)
    assert open_ones(juniper) == [two_named[7].therapy_session]


def test_new_settings_take_hold_also_where_two_ruptures_would_be_open(juniper, two_named, millrace, mona):
    take_back_an_answer(two_named[5])
    set_detector(practice=millrace, criterion="rupture_filter", budget="watchful", use="client", by=mona)
    assert open_ones(juniper) == [two_named[7].therapy_session]


# --- Writers at the same time: each locks the episode first, so there is no deadlock ----------------------------------

# They begin with the place of the therapist who is to have the case, so that it does not end meanwhile.
LOCK_A_PLACE_FIRST = {"open_case", "hand_over", "follow_ended"}
LOCKS = ("lock_episode(", "lock_episodes(", "lock_for_edit(", "lock_for_log(", "lock_for_settling(")


def replays_without_a_lock(source):
    """Functions that call `reassess` and do not begin by locking the episode."""
    found = []
    for function in ast.parse(source).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        names = [call.func.id for call in sorted(calls, key=lambda c: c.lineno) if isinstance(call.func, ast.Name)]
        begins = function.body[1] if ast.get_docstring(function) else function.body[0]
        replays = "reassess" in names or "reassess_from" in names
        if replays and not ast.unparse(begins).rpartition(" = ")[2].startswith(LOCKS):
            found.append(function.name)
    return found


def test_every_action_that_replays_locks_the_episode_first():
    files = (settings.BASE_DIR / "ratings").rglob("*.py")
    assert {name for file in files for name in replays_without_a_lock(file.read_text())} == LOCK_A_PLACE_FIRST


def test_a_replay_without_a_lock_would_be_found():
    late = "def f(row):\n    '''Writes.'''\n    row.save()\n    lock_episode(row.episode)\n    reassess(row.episode)\n"
    good = "def g(row):\n    '''Writes.'''\n    lock_episode(row.episode)\n    row.save()\n    reassess(row.episode)\n"
    assert replays_without_a_lock(late + good) == ["f"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_first_replays_of_a_practice_agree_on_its_detector(juniper, sorrel, millrace, monkeypatch):
    both_looked = threading.Barrier(2, timeout=10)
    look = stored_rows.detector_version

    def look_together(practice):
        found = look(practice)
        both_looked.wait()
        return found

    monkeypatch.setattr(stored_rows, "detector_version", look_together)
    at_once(lambda: reassess(juniper), lambda: reassess(sorrel))
    assert DetectorVersion.objects.filter(practice=millrace).count() == 1


def test_another_rupture_does_not_make_the_lower_level_the_usual_one(juniper, live_through):
    live_through(juniper, [[3, 3, 3, 3, 4, 4]] * 4 + [[1, 1, 1, 1, 2, 2]] * 6 + [[1, 1, 0, 0, 2, 2]])
    assert [rupture.state for rupture in juniper.ruptures.order_by("pk")] == ["settled_lower", "open"]
    words = Standing.objects.get(episode=juniper).words
    assert words == {
        "goal": TrendWord.LOWER,
        "task": TrendWord.BELOW,
        "bond": TrendWord.LOWER,
        "overall": TrendWord.LOWER,
    }


@pytest.mark.django_db(transaction=True)
def test_no_lock_is_taken_outside_of_a_transaction(juniper):
    with transaction.atomic():
        assert lock_episode(juniper) == juniper  # the statement is built by now
    with pytest.raises(transaction.TransactionManagementError):
        lock_episode(juniper)


def test_one_that_was_erased_meanwhile_keeps_no_other_case_from_its_replay(juniper, sorrel):
    keys = [juniper.pk, sorrel.pk]
    Standing.objects.all().delete()
    juniper.delete()
    assert reassess_in_turns(keys, sorrel.client.practice) == 1
    assert [standing.episode for standing in Standing.objects.all()] == [sorrel]


def test_nothing_is_replayed_where_all_were_erased_meanwhile(juniper):
    key, practice = juniper.pk, juniper.client.practice
    juniper.delete()
    assert reassess_all([key], practice) == {}
