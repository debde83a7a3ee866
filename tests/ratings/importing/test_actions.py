"""What an import stores, what an import that is stopped leaves, and who else may write while it runs."""

import csv
import io
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.urls import reverse

from alliance.models import AuditEvent, Client, Episode, ImportDraft
from ratings.detection import reassess
from ratings.detection.actions import set_detector
from ratings.importing import table
from ratings.importing.actions import NotAllGood, import_draft, keep_draft
from ratings.models import Assessment, Rating, Rupture, Standing
from sessions.models import TherapySession
from tests.ratings.importing.conftest import FILES, LONG, OPENFIT, lines

# --- What is stored: against a short reading of the same files that shares no code with the program -------------------

PILLARS = ("goal", "task", "bond")


def recomputed_openfit():
    """(client, session) -> goal, task, bond and overall in percent of the maximum; None where there is none."""
    scores = {}
    for row in csv.DictReader(io.StringIO((FILES / "openfit.csv").read_text())):
        if row["SRS_Skip"] in ("Y", "1"):
            continue
        four = [row[f"SRSQ{n}"] for n in (1, 2, 3, 4)]
        total = row["Total_SRS"]
        if total and (not four[0] or all(4 * float(part) == float(total) for part in four)):
            scores[row["Client_ID"], row["Session_ID"]] = (None, None, None, float(total) / 40 * 100)
        else:
            bond, goal, task, _whole = parts = [float(part) for part in four]
            scores[row["Client_ID"], row["Session_ID"]] = (goal * 10, task * 10, bond * 10, sum(parts) * 2.5)
    return scores


def recomputed_long():
    """(client, session, rater) -> the same four."""
    answers = defaultdict(lambda: defaultdict(list))
    for row in csv.DictReader(io.StringIO((FILES / "long.csv").read_text("utf-8-sig")), delimiter=";"):
        if row["answered"] == "1":
            answers[row["client_pid"], row["session_no"], row["rater"]][row["pillar"]].append(int(row["value"]))
    scores = {}
    for key, given in answers.items():
        three = [sum(given[pillar]) / len(given[pillar]) * 25 if given[pillar] else None for pillar in PILLARS]
        scores[key] = (*three, None if None in three else sum(three) / 3)
    return scores


def stored(with_rater):
    """The same from the database: sessions by their order, which in both files is that of their numbers."""
    scores, order = {}, defaultdict(list)
    for therapy_session in TherapySession.objects.order_by("starts_at"):
        order[therapy_session.episode_id].append(therapy_session.pk)
    for rating in Rating.objects.select_related("episode__client__data_key"):
        number = order[rating.episode_id].index(rating.therapy_session_id) + 1
        key = (rating.episode.client.display_name, str(number), *([rating.rater] if with_rater else []))
        scores[key] = tuple(getattr(rating, f"{series}_pomp") for series in (*PILLARS, "overall"))
    return scores


def rounded(scores):
    return {key: tuple(None if v is None else round(v, 9) for v in four) for key, four in scores.items()}


def test_openfit_values_are_those_recomputed(bring_in, dana, noor):
    bring_in("openfit.csv")
    assert rounded(stored(with_rater=False)) == rounded(recomputed_openfit())
    four = recomputed_openfit()["=7+1", "1"]
    assert four == (0.0, 0.0, 0.0, 1.25)  # 0 is an answer


def test_long_values_are_those_recomputed(bring_in, dana):
    bring_in("long.csv", named={"T-1": dana})
    assert rounded(stored(with_rater=True)) == rounded(recomputed_long())


def test_openfit_dates_have_no_known_time_and_two_of_a_day_keep_their_order(bring_in, dana, noor):
    bring_in("openfit.csv")
    rows = TherapySession.objects.filter(episode__therapist=noor).order_by("starts_at")
    assert {row.starts_at_known for row in rows} == {False}
    assert {row.zone for row in rows} == {"Europe/Berlin"}
    assert [row.starts_at for row in rows] == [
        *(datetime(2025, 2, day, 11, tzinfo=UTC) for day in (3, 10, 17, 24)),
        datetime(2025, 3, 3, 11, 0, tzinfo=UTC),
        datetime(2025, 3, 3, 11, 1, tzinfo=UTC),
    ]
    last_two = Rating.objects.filter(therapy_session__in=rows[4:]).order_by("therapy_session__starts_at")
    assert [rating.overall_pomp for rating in last_two] == [100, 75]  # session 5 stands below session 6 in the file


def test_long_keeps_instants_zones_raters_and_what_was_skipped(bring_in, dana):
    bring_in("long.csv", named={"T-1": dana})
    rating = Rating.objects.get(rater="client", therapy_session__starts_at=datetime(2025, 4, 24, 13, tzinfo=UTC))
    assert rating.answers == {"goal_matters": 1, "goal_known": 1, "task_sense": 0, "bond_listened": 1, "bond_open": 2}
    assert rating.answered_at == datetime(2025, 4, 24, 14, 20, tzinfo=UTC)
    assert (rating.mode, rating.items_answered, rating.text.language) == ("import", 5, "en")
    assert rating.therapy_session.starts_at_known
    assert Rating.objects.filter(rater="therapist").count() == 5


def test_references_are_text_as_they_stand(bring_in, dana, noor):
    bring_in("openfit.csv")
    bring_in("long.csv", named={"T-1": dana})
    names = {rating.episode.client.display_name for rating in Rating.objects.all()}
    assert names == {"0042", "=7+1", "Heron", "heron"}


def test_a_reference_that_was_kept_from_being_a_formula_comes_back_as_it_was(bring_in, dana, noor):
    bring_in("openfit.csv")
    batch = bring_in(OPENFIT.replace(b",=7+1,", b",'=7+1,"))
    names = {rating.episode.client.display_name for rating in Rating.objects.all()}
    assert (batch, names) == (None, {"0042", "=7+1"})


def test_a_client_who_came_in_with_the_apostrophe_is_still_the_same(bring_in, dana, noor, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(table, "undefused", lambda text: text)
        bring_in(OPENFIT.replace(b",=7+1,", b",'=7+1,"))
    assert bring_in(OPENFIT.replace(b",=7+1,", b",'=7+1,")) is None


def test_a_drop_is_marked_where_it_was_and_one_rupture_at_most_is_open(bring_in, dana, noor):
    bring_in("openfit.csv")
    bring_in("long.csv", named={"T-1": dana})
    marked = defaultdict(list)
    for rupture in Rupture.objects.select_related("episode__client__data_key").order_by("opened_session__starts_at"):
        earlier = rupture.opened_session.starts_at
        number = TherapySession.objects.filter(episode=rupture.episode, starts_at__lte=earlier).count()
        marked[rupture.episode.client.display_name].append((number, rupture.state))
    assert marked["0042"] == [(6, "back_to_usual"), (13, "open")]
    assert marked["Heron"] == [(5, "recovering")]
    assert marked.keys() == {"0042", "Heron"}
    listed = Standing.objects.exclude(rupture=None).values_list("rupture__state", "rupture__opened_by")
    assert sorted(listed) == [("open", "detector"), ("recovering", "detector")]


def test_a_licensed_questionnaire_comes_in_by_its_numbers(bring_in, dana):
    """The WAI-SR has no form here: what was answered on paper comes as item numbers, and is scored by its key."""
    header = (FILES / "long.csv").read_text("utf-8-sig").splitlines()[0]
    lines = [
        f"1;Heron;T-1;1;1;2025-03-20T13:00:00Z;UTC;client;wai-sr-client;1;en;item_{n};;{answer};;1;;;;paper"
        for n, answer in enumerate((5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 5, 4), 1)
    ]
    bring_in("\n".join([header, *lines]).encode(), named={"T-1": dana})
    rating = Rating.objects.get()
    assert (rating.goal_raw, rating.task_raw, rating.bond_raw) == (15 / 4, 14 / 4, 10 / 4)
    assert rating.overall_pomp == 100 * (39 - 12) / (60 - 12)
    assert rating.text is None


def test_a_damaged_file_writes_nothing_unless_the_good_rows_are_chosen(bring_in, dana, noor):
    damaged = OPENFIT.replace(b"2025-01-14", b"2025-01-99")
    with pytest.raises(NotAllGood) as refusal:
        bring_in(damaged)
    assert [error.line for error in refusal.value.preview.errors] == [3]
    assert Client.objects.count() == 0
    batch = bring_in(damaged, only_good=True)
    assert batch.counts["sessions"]["new"] == 18 and batch.counts["left_out"] == 1
    assert TherapySession.objects.filter(episode__therapist=dana).count() == 12  # the others of the same case


def test_a_rating_with_a_bad_answer_is_left_out_whole(bring_in, dana):
    damaged = LONG.replace(b"goal_matters;goal;3;", b"goal_matters;goal;5;", 1)
    bring_in(damaged, only_good=True, named={"T-1": dana})
    first = TherapySession.objects.order_by("starts_at").first()
    assert [rating.rater for rating in first.ratings.all()] == ["therapist"]
    assert Rating.objects.count() == 12


def test_an_import_is_on_record_by_codes_and_counts(bring_in, dana, noor, mona):
    batch = bring_in("openfit.csv", by=mona)
    found = AuditEvent.objects.filter(verb="imported").values_list(
        "subject_type", "subject_code", "actor_code", "count"
    )
    imported = {str(e.code): e.therapy_sessions.count() for e in Episode.objects.all()}
    actor = str(mona.user.code)
    assert sorted(found) == sorted(
        [("importbatch", str(batch.code), actor, 19)] + [("episode", code, actor, n) for code, n in imported.items()]
    )


# --- An import that is stopped after its rows are in ------------------------------------------------------------------

MOMENTS = {"id", "code", "assessed_at", "opened_at", "closed_at", "updated_at", "rupture_id"}
PAGES = ("/today/", "/cases/", "/caseload/")


class PowerCut(Exception):
    pass


@contextmanager
def stopped(after):
    """The replays come one by one, and after some of them the power is cut."""
    replay, done = reassess.reassess_all, []

    def reassess_all(keys, practice):
        if len(done) == after:
            raise PowerCut
        done.append(keys)
        return replay(keys, practice)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr(reassess, "reassess_all", reassess_all)
        patch.setattr(reassess, "EPISODES_AT_ONCE", 1)
        patch.setattr(reassess, "PAUSE_SECONDS", 0)
        yield


def meaning():
    """What follows from the ratings, without the moments at which it was written."""
    return [
        [{name: value for name, value in row.items() if name not in MOMENTS} for row in rows]
        for rows in (
            Assessment.objects.order_by("therapy_session").values(),
            Rupture.objects.order_by("opened_session").values(),
            Standing.objects.order_by("episode").values(),
        )
    ]


def replayed_afresh(millrace):
    found = meaning()
    reassess.rebuild_standings(millrace)
    return found == meaning()


@pytest.mark.parametrize("after", [0, 1])
def test_every_page_opens_although_no_replay_has_come_yet(after, bring_in, http, dana, noor, sam):
    bring_in(lines(OPENFIT, *range(2, 10)))
    with stopped(after):
        bring_in(OPENFIT)
    assert Episode.objects.count() == 2
    for member in (dana, noor, sam):
        http.force_login(member.user)
        for page in PAGES:
            assert http.get(page).status_code in (200, 403)
        for episode in Episode.objects.visible_to(member.user):
            shown = http.get(reverse("ratings:case", args=[episode.code]))
            assert shown.status_code == 200
            assert len(shown.context["page"].charts.pillars[0].rows) == episode.therapy_sessions.count()


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("known", [(), (2, 3, 4, 5, 6, 7, 8, 9)], ids=["new cases", "a case that grows"])
def test_the_same_file_again_finishes_what_was_stopped(after, known, bring_in, millrace, dana, noor):
    if known:
        bring_in(lines(OPENFIT, *known))
    with stopped(after):
        bring_in(OPENFIT)
    unfinished = meaning()
    assert bring_in(OPENFIT) is None  # all rows are there
    assert meaning() != unfinished
    assert replayed_afresh(millrace)
    assert Rupture.objects.exists()


def test_a_rating_that_joined_a_known_session_is_not_forgotten(bring_in, millrace, dana, noor):
    later = lines(OPENFIT, *range(2, 10))
    bring_in(later.replace(b"N,N,,,,,8.1,7.9,8.0,8.2,", b"N,Y,,,,,,,,,"))
    assert Standing.objects.get().check_ins_answered == 7
    with stopped(after=0):
        bring_in(later)
    assert bring_in(lines(OPENFIT, 15)).counts["ratings"]["new"] == 1  # another file, another case
    assert Standing.objects.order_by("episode").first().check_ins_answered == 8


def test_rebuilding_the_standings_finishes_it_too(bring_in, millrace, dana, noor):
    with stopped(after=1):
        bring_in(OPENFIT)
    reassess.rebuild_standings(millrace)
    finished = meaning()
    assert bring_in(OPENFIT) is None
    assert meaning() == finished


def test_whoever_was_stopped_can_press_again(millrace, dana):
    draft = keep_draft(text=OPENFIT.decode(), by=dana)
    with stopped(after=0):
        import_draft(draft=draft)
    assert import_draft(draft=ImportDraft.objects.get()) is None
    assert replayed_afresh(millrace)
    assert not ImportDraft.objects.exists()


# --- Others write meanwhile -------------------------------------------------------------------------------------------


@pytest.fixture
def pauses(monkeypatch):
    """At each pause: whether a lock was kept through it."""
    kept = []
    monkeypatch.setattr(reassess, "EPISODES_AT_ONCE", 1)
    monkeypatch.setattr(reassess.time, "sleep", lambda seconds: kept.append((connection.in_atomic_block, seconds)))
    return kept


@pytest.mark.django_db(transaction=True)
def test_between_batches_of_an_import_the_lock_is_free(pauses, bring_in, millrace, dana, noor):
    bring_in(OPENFIT)
    assert pauses == [(False, reassess.PAUSE_SECONDS)]
    assert reassess.PAUSE_SECONDS > 0.1  # SQLite's waiters ask again every tenth of a second


@pytest.mark.django_db(transaction=True)
def test_between_batches_of_a_new_rule_the_lock_is_free(pauses, bring_in, millrace, dana, noor, mona):
    bring_in(OPENFIT)
    pauses.clear()
    set_detector(practice=millrace, criterion="level_cutoff", budget="normal", use="client", by=mona)
    assert pauses == [(False, reassess.PAUSE_SECONDS)]
