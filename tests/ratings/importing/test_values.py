"""What an import stores, against a short reading of the same files that shares no code with the program."""

import csv
import io
from collections import defaultdict
from datetime import UTC, datetime

from ratings.models import Rating, Rupture, Standing
from sessions.models import TherapySession
from tests.ratings.importing.conftest import FILES

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


def test_a_drop_is_marked_where_it_was_and_one_rupture_at_most_is_open(bring_in, dana, noor):
    bring_in("openfit.csv")
    bring_in("long.csv", named={"T-1": dana})
    marked = defaultdict(list)
    for rupture in Rupture.objects.select_related("episode__client__data_key").order_by("opened_session__starts_at"):
        earlier = rupture.opened_session.starts_at
        number = TherapySession.objects.filter(episode=rupture.episode, starts_at__lte=earlier).count()
        marked[rupture.episode.client.display_name].append((number, rupture.state))
    assert marked["0042"] == [(6, "repaired"), (13, "open")]
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
