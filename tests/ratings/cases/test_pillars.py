"""What the charts of a case are drawn from: numbers, never pixels."""

from datetime import timedelta

import pytest
from django.utils import timezone
from plotly.graph_objects import Figure

from alliance.models import CheckInFormChoice, Client, Episode
from ratings.cases.actions import log_session
from ratings.cases.case import case_history
from ratings.cases.charts import charts_of, marks_drawn, totals_in_words
from ratings.cases.pillars import break_in_words, pillar_views
from ratings.check_in.actions import answer_check_in
from ratings.check_in.answers import ClientAnswers
from ratings.detection.history import held_sessions
from ratings.detection.reassess import reassess
from ratings.findings import phrases
from ratings.findings.date_axis import Break, Show
from ratings.models import CheckIn, InstrumentText, Rating, Rupture
from ratings.psychometrics.constants import resolve
from ratings.psychometrics.evidence import IN_RUPTURE
from ratings.psychometrics.usual import FEWEST, usual_ranges
from sessions.models import Leave
from tests.courses import held
from tests.factories import ZONE, days_ago, editor_of, make_episode

STEADY = [3, [3, 3, 3, 4, 3, 3], 3, [3, 4, 3, 3, 3, 3], 3, 3]


@pytest.fixture
def drawn(dana, live_through):
    """`drawn([3, None, 4])` gives the three pillars of a case that went through these answers."""

    def draw(levels, episode=None):
        episode = episode or make_episode(dana, "Juniper")
        live_through(episode, levels)
        episode.refresh_from_db()
        return pillar_views(case_history(episode), episode.standing, "Juniper")

    return draw


def as_drawn(at):
    return at.replace(tzinfo=None).isoformat(timespec="minutes")


def numbers(view):
    """Where a session lies on the axis -> its number."""
    return {as_drawn(row.at): row.number for row in view.rows}


def trace(view, name):
    """The number of a session, or what lies between two -> the answer."""
    found = next(trace for trace in view.figure["data"] if trace["name"] == name)
    return {numbers(view).get(x, "between"): y for x, y in zip(found["x"], found["y"], strict=True)}


def shapes(view, name):
    """The shapes of this name, placed by the numbers of the sessions."""
    placed = [shape for shape in view.figure["layout"]["shapes"] if shape["name"] == name]
    where = {"x0", "x1", "xanchor"}
    return [
        {key: numbers(view).get(value, "between") if key in where else value for key, value in shape.items()}
        for shape in placed
    ]


def test_plotly_knows_every_property_of_every_figure_of_the_demo(demo):
    """Nothing validates a figure in a request."""
    episodes = Episode.objects.select_related("standing", "client__data_key", "client__practice")
    figures = [
        view.figure
        for episode in episodes
        for view in pillar_views(case_history(episode), episode.standing, episode.client.display_name)
    ]
    assert len(figures) == 3 * Episode.objects.count() > 0
    for figure in figures:
        Figure(**figure)


def test_every_point_is_an_answer_and_a_missing_one_is_a_gap(drawn):
    goal, task, bond = drawn([[0, 2, 4, 4, 1, None], None, 3])
    assert [view.key for view in (goal, task, bond)] == ["goal", "task", "bond"]
    assert trace(goal, "client") == {1: 25.0, 2: None, 3: 75.0}
    assert [row.client for row in goal.rows] == [25.0, None, 75.0]
    assert trace(task, "client") == {1: 100.0, 2: None, 3: 75.0}
    assert trace(bond, "client") == {1: 25.0, 2: None, 3: 75.0}
    assert trace(goal, "therapist") == {1: 75.0, 2: 75.0, 3: 75.0}
    assert [ring["xanchor"] for ring in shapes(goal, "few")] == [2]
    assert goal.rows[1].client_gap == "no check-in"


def test_a_check_in_that_can_still_come_or_was_never_asked_is_not_missing(drawn):
    view, *_rest = drawn([3, None, None, None])
    assert [row.client_gap for row in view.rows[1:]] == ["no check-in", "no check-in", "not yet"]
    assert [ring["xanchor"] for ring in shapes(view, "few")] == [2, 3]
    CheckIn.objects.filter(ratings=None).order_by("therapy_session__starts_at").first().delete()
    view, *_rest = drawn([], Episode.objects.get())
    assert [row.client_gap for row in view.rows[1:]] == ["–", "no check-in", "not yet"]
    assert [ring["xanchor"] for ring in shapes(view, "few")] == [3]


def test_a_pillar_that_was_skipped_has_a_gap_and_no_ring(drawn):
    goal, task, _bond = drawn([3, [None, None, 3, 3, 3, 3], 3])
    assert (trace(goal, "client")[2], goal.rows[1].client_gap, shapes(goal, "few")) == (None, "no answer", [])
    assert trace(task, "client")[2] == 75


def test_a_total_alone_is_said_and_not_drawn_as_missing(drawn):
    drawn([3] * 6)
    alone = Rating.objects.filter(rater="client").order_by("therapy_session__starts_at")[:5]
    gone = {"goal_pomp": None, "task_pomp": None, "bond_pomp": None, "text": None, "answers": {}}
    Rating.objects.filter(pk__in=[rating.pk for rating in alone]).update(overall_pomp=93.02, **gone)
    episode = Episode.objects.get()
    reassess(episode)
    views = drawn([], episode)
    for view in views:
        assert {row.client_gap for row in view.rows[:5]} == {"total only, 93"}
        assert shapes(view, "few") == []
    said = totals_in_words(case_history(episode))
    assert said.startswith("5 check-ins came as a total alone, without goals, tasks and bond. The last total is 75 of")
    usual = usual_ranges(*_history(episode))["overall"]
    assert said.endswith(f"below own usual, which is {usual.low:.0f} to {usual.high:.0f}.")
    Rating.objects.filter(rater="client").update(goal_pomp=75)
    assert totals_in_words(case_history(episode)) == ""


def _history(episode):
    history = case_history(episode)
    return [held.evidence for held in history.sessions], history.assessments, resolve({})


@pytest.mark.parametrize(
    ("answers", "worded"),
    [
        (["Not at all", "A little", "Somewhat", "Mostly", "Completely"], True),
        (["Never", "Rarely", "Sometimes", "Often", "Always"], False),
        (["Not at all", "A little", "Somewhat", "Rather", "Mostly", "Very much", "Completely"], False),
    ],
)
def test_the_words_of_our_answers_are_said_of_our_answers_alone(drawn, answers, worded):
    drawn([3, 3])
    for text in InstrumentText.objects.all():
        text.text["client"]["answers"] = answers
        text.save()
    view, *_rest = drawn([], Episode.objects.get())
    labels = ["Completely", "Somewhat", "Not at all"] if worded else ["100", "50", "0"]
    assert (view.worded, list(view.figure["layout"]["yaxis"]["ticktext"])) == (worded, labels)
    assert ("Mostly" in view.summary, "75" in view.summary) == (worded, not worded)


def test_the_key_names_what_is_drawn(drawn):
    assert marks_drawn(drawn([3, 3])) == {"client", "therapist"}
    views = drawn([*STEADY, None, 1, 1], Episode.objects.get())
    assert marks_drawn(views) == {"client", "therapist", "band", "edge", "few", "below", "when"}


def test_the_usual_range_begins_at_the_fifth_rated_session(drawn):
    goal, _task, _bond = drawn([3, None, *STEADY])
    (band,) = shapes(goal, "band")
    assert FEWEST == 5
    assert band["x0"] == 6  # session 2 was not rated
    assert (band["y0"], band["y1"]) == (goal.usual.low, goal.usual.high)
    assert 0 <= goal.usual.low < 75 < goal.usual.high <= 100


def test_a_low_beginning_is_not_held_against_what_became_usual(drawn):
    goal, _task, _bond = drawn([1, *STEADY])
    assert goal.usual.low > 25
    assert trace(goal, "below") == {}
    assert not any(row.below for row in goal.rows)


@pytest.mark.parametrize(
    ("levels", "word"),
    [
        (STEADY[:4], "few"),
        (STEADY[:5], "usual"),  # "after five there will be a usual range"
        ([*STEADY[:5], None], "usual"),
        ([3, 3, 3, 0, 0], "below"),  # a flag speaks before there is a range
        ([3, 3, 3, 0, 3, 3], "few"),  # back, and four ratings are outside the rupture
        ([3, 3, 3, 0, 3, 3, 3], "usual"),
        ([3, 3, 3, 3, 3, 4, 0], "below"),
    ],
)
def test_band_and_word_and_lead_follow_one_rule(drawn, levels, word):
    views = drawn(levels)
    episode = Episode.objects.get()
    ruptures, last = Rupture.objects.all(), [level for level in levels if level is not None][-1]
    assert {view.word for view in views} == {word}
    outside = sum(
        held.client is not None and found.state not in IN_RUPTURE
        for held, found in zip(held_sessions(episode), case_history(episode).assessments, strict=True)
    )
    for view in views:
        assert (view.usual is not None) == bool(shapes(view, "band")) == (outside >= FEWEST)
        if view.usual:
            assert view.word == view.usual.word(last * 25), "the word says where the dot lies in the band"
    lead = phrases.case_lead("Juniper", episode.standing, *([None, 1, ruptures[0]] if ruptures else []))
    if not episode.standing.rupture:
        assert ("Not enough" in lead or "too early" in lead) == (word == "few")


def test_there_is_no_usual_range_before(drawn):
    goal, _task, _bond = drawn(STEADY[:4])
    assert goal.usual is None
    assert shapes(goal, "band") == []


def goals_after(dana, days, form, level):
    """The first pillar of the one case, after one more session so many days ago, rated alike on this questionnaire."""
    Client.objects.update(check_in_form=form)
    therapy_session = log_session(
        editor=editor_of(Episode.objects.get()),
        starts_at=days_ago(days),
        ends_at=days_ago(days) + timedelta(minutes=50),
        zone="Europe/London",
        mode="in_person",
        attendance="attended",
    )
    check_in = therapy_session.check_in
    given = {item["id"]: level for item in check_in.text.instrument.definition["items"]}
    answer_check_in(check_in=check_in, answers=ClientAnswers(given), may_change=False)
    episode = Episode.objects.get()
    return pillar_views(case_history(episode), episode.standing, "Juniper")[0]


def test_another_questionnaire_begins_anew(drawn, dana):
    assert shapes(drawn(STEADY)[0], "band")
    bands = []
    for days in range(FEWEST, 0, -1):
        view = goals_after(dana, days, CheckInFormChoice.SHORT, 3)
        bands.append([shape["x0"] for shape in shapes(view, "band")])
    assert bands == [[]] * (FEWEST - 1) + [[len(STEADY) + FEWEST]]
    assert set(trace(view, "client")) == {*range(1, len(STEADY) + FEWEST + 1), "between"}
    assert trace(view, "client")["between"] is None
    assert [shape["x0"] for shape in shapes(view, "change")] == ["between"]
    assert f"New questions from session {len(STEADY) + 1} on." in view.summary


def test_a_range_judges_no_ratings_of_another_questionnaire(drawn, dana):
    drawn(STEADY)
    for days, form, level in (
        (3, CheckInFormChoice.SHORT, 0),
        (2, CheckInFormChoice.SHORT, 0),
        (1, CheckInFormChoice.STANDARD, 3),
    ):
        view = goals_after(dana, days, form, level)
    assert view.usual.low > 0
    assert trace(view, "client")[len(STEADY) + 1] == 0
    assert trace(view, "below") == {}


def test_a_rupture_and_its_repair_are_marked_in_all_three(drawn):
    views = drawn([*STEADY, 1, 1, 3, 3, 3, 3, 3, 3])
    rupture = Rupture.objects.get()
    assert rupture.state == Rupture.RuptureState.REPAIRED
    for view in views:
        opened, closed = (shape["x0"] for shape in shapes(view, "when"))
        assert 7 <= opened <= 8 < closed
        assert set(trace(view, "below")) >= {8}


def test_a_withdrawn_rupture_is_not_marked(drawn):
    drawn([*STEADY, 1, 1])
    episode = Rupture.objects.get().episode
    Rupture.objects.update(state=Rupture.RuptureState.WITHDRAWN, closed_at=timezone.now())
    assert all(shapes(view, "when") == [] for view in drawn([], episode))


def test_one_pillar_alone_is_below(drawn):
    goal, task, bond = drawn([*STEADY, [3, 3, 1, 0, 3, 3], [3, 3, 1, 0, 3, 3]])
    assert set(trace(task, "below")) == {7, 8}
    assert (trace(goal, "below"), trace(bond, "below")) == ({}, {})
    assert (goal.word, task.word, bond.word) == ("usual", "below", "usual")
    assert "below" in task.summary


def test_where_a_pillar_was_left_out_last_its_latest_answer_carries_the_mark(drawn):
    _goal, task, _bond = drawn([*STEADY, 3, [3, 3, 0, 0, 3, 3], [3, 3, None, None, 3, 3]])
    assert task.word == "below"
    assert [row.number for row in task.rows if row.below] == [8]


def test_nobody_has_answered_yet(drawn):
    for view in drawn([None, None]):
        assert (view.word, view.usual) == ("few", None)
        assert "no rating from Juniper yet" in view.summary
        assert [row.client for row in view.rows] == [None, None]


# --- By date ----------------------------------------------------------------------------------------------------------


def test_a_leave_is_drawn_said_and_in_the_table_of_each_pillar(drawn, dana):
    episode = make_episode(dana, "Juniper")
    for days in (40, 33, 12, 5):
        held(episode, days)
    first = timezone.localtime(days_ago(30), ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    Leave.objects.create(therapist=dana, starts_at=first, ends_at=first + timedelta(days=12))
    with timezone.override(ZONE):
        views = drawn([], episode)
        days = break_in_words(Break(first, first + timedelta(days=12), is_leave=True))
        links = charts_of(case_history(episode), episode.standing, "Juniper", Show.ALL)
    assert days.startswith("Leave of the therapist: ")
    for view in views:
        assert len(shapes(view, "away")) == 1
        assert days in view.summary
        assert [row.breaks for row in view.rows] == [(), (days,), (), ()]
        assert [at for at in trace(view, "client") if at == "between"] == ["between"], "the line stops there"
    assert links.breaks == [days]
    assert "away" in links.marks


def test_a_colleagues_leave_and_one_that_was_taken_back_are_no_breaks(drawn, dana, noor):
    episode = make_episode(dana, "Juniper")
    for days in (40, 33, 12, 5):
        held(episode, days)
    span = {"starts_at": days_ago(30), "ends_at": days_ago(18)}
    Leave.objects.create(therapist=noor, **span)
    Leave.objects.create(therapist=dana, **span, withdrawn_at=days_ago(31))
    view, *_rest = drawn([], episode)
    assert shapes(view, "away") == []
    assert "Leave" not in view.summary


def test_the_last_twelve_are_shown_with_the_usual_range_of_all(drawn):
    levels = [*STEADY, *STEADY, 3, 3]
    of_all = drawn(levels)
    episode = Episode.objects.get()
    found = charts_of(case_history(episode), episode.standing, "Juniper", Show.LAST)
    for view, whole in zip(found.pillars, of_all, strict=True):
        assert [row.number for row in view.rows] == list(range(3, 15))
        assert set(trace(view, "client")) == set(range(3, 15))
        assert view.usual == whole.usual
        assert "sessions 3 to 14" in view.summary
        start, _end = view.figure["layout"]["xaxis"]["range"]
        assert start < as_drawn(view.rows[0].at), "room for the first point"
    assert [(link.label, link.is_current) for link in found.links if link.show != Show.YEAR] == [
        ("Last 12", True),
        ("All 14", False),
    ]
