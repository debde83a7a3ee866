"""A flag on its page: what the therapist says of it, and how it ends."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alliance.dates import DateFormat, day
from alliance.models import AuditEvent
from ratings.models import Rating, RepairStep, Rupture, RuptureView, SetAside, Standing
from ratings.ruptures.actions import name_rupture, plan_step
from ratings.supervision.actions import ask_for_supervision
from tests.courses import held
from tests.factories import editor_of, make_episode
from tests.ratings.cases.views.test_lists import text_of

ONLY_TASKS = [3, 3, 1, 0, 3, 4]


def page_of(rupture):
    return reverse("ratings:rupture", args=[rupture.code])


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
    for sentence in ("Words you could use", "may be strained"):
        assert (sentence in page) is going_on
    assert ("may have been strained" in page) is not going_on


@pytest.mark.parametrize(
    ("levels", "state", "words"),
    [([3, 3, 3, 3, 0, 0, 3, 3], "repaired", "repaired"), ([3, 3, 3, 3, 0], "set_aside", "set aside")],
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
    assert f"This is over already: {words}. What you typed was not saved here" in late.text
    assert "A late click." in late.text
    assert Rupture.objects.values().get() == before
    assert before["state"] == state


def test_what_it_looks_like_is_not_said_of_what_was_set_aside(http, dana, juniper, live_through):
    """From a second tab."""
    live_through(juniper, [3, 3, 3, 3, 0])
    rupture = Rupture.objects.get()
    http.force_login(dana.user)
    http.post(reverse("ratings:rupture-set-aside", args=[rupture.code]), {"reason": "A bereavement."})
    late = http.post(reverse("ratings:rupture-kind", args=[rupture.code]), {"kind": "withdrawal", "signs": ["quiet"]})
    assert late.status_code == 409
    assert "This is over already: set aside." in late.text and "“Pulling back, Went quiet”" in late.text
    assert not RuptureView.objects.exists()


def test_no_answer_of_the_therapist_is_chosen_before_they_gave_it(http, dana, juniper, live_through):
    """Not the program's guess either: pressed with the signs alone, it would count as theirs."""
    live_through(juniper, [3, 3, 3, 3, 0])
    Rupture.objects.update(kind="withdrawal")
    page = reverse("ratings:rupture", args=[Rupture.objects.get().code])
    http.force_login(dana.user)
    assert http.get(page).context["kind"]["kind"].value() is None
    kind = reverse("ratings:rupture-kind", args=[Rupture.objects.get().code])
    assert http.post(kind, {"signs": ["quiet"]}).status_code == 422
    assert http.post(kind, {"kind": "both"}).status_code == 302
    assert http.get(page).context["kind"]["kind"].value() == "both"


@pytest.mark.time_machine(datetime(2026, 11, 18, 12, tzinfo=UTC))  # a day without its year
def test_it_says_in_which_session_it_was_seen_and_speaks_to_its_reader(http, dana, sam, juniper, live_through):
    asked = live_through(juniper, [3, 3, 3, 3, 3, 1, 0, [2, 3, 2, 3, 3, 2], 3, 3, 4])
    rupture = Rupture.objects.get()
    http.force_login(dana.user)
    page = http.get(page_of(rupture)).text
    seen = asked[6].therapy_session.starts_at
    assert f"Seen in session 7, {day(seen, DateFormat.DAY)}" in page
    assert "Not at all (0)" in page
    assert "Perhaps a hurried form: in session 6" in page  # of its own sessions, not of those after it
    assert 'help/#flags"' in page and 'id="flags"' in http.get(reverse("alliance:help")).text


def test_forms_after_a_rupture_say_nothing_of_it(http, dana, juniper, live_through):
    live_through(juniper, [[3, 4, 3, 3, 4, 3]] * 4 + [[0, 1, 1, 0, 1, 0], [3, 4, 3, 3, 4, 3], [3, 4, 3, 3, 4, 3], 4])
    http.force_login(dana.user)
    assert "hurried form" not in http.get(page_of(Rupture.objects.get())).text


def test_who_reads_along_sees_words_for_the_therapist(http, dana, sam, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 1, 1])
    pages = []
    for reader in (dana, sam):
        http.force_login(reader.user)
        pages.append(http.get(page_of(Rupture.objects.get())).text)
    assert ["Words you could use" in page for page in pages] == [True, False]
    assert ["the two of you" in page for page in pages] == [True, False]
    assert "The therapist works through them." in pages[1]


def test_a_score_without_words_is_a_number(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 1])
    Rating.objects.filter(rater="client").update(text=None)
    http.force_login(dana.user)
    page = " ".join(http.get(page_of(Rupture.objects.get())).text.split())
    assert "Ratings 0 to 100, higher is better" in page
    assert "<td>25</td> <td>75</td>" in page and "A little (25)" not in page


@pytest.mark.time_machine(datetime(2026, 11, 18, 12, tzinfo=UTC))  # a day without its year
def test_what_comes_back_is_told_with_the_day_it_was_seen(http, dana, juniper, live_through):
    asked = live_through(juniper, [3, 3, 3, 3, 1, 1, 3])
    http.force_login(dana.user)
    case = reverse("ratings:case", args=[juniper.code])
    seen = day(asked[5].therapy_session.starts_at, DateFormat.DAY)
    assert Rupture.objects.get().state == "recovering"
    assert f"(session of {seen})." in http.get(case).text


def test_the_flags_of_the_demo_show_where_the_strain_was_clearest(demo):
    told = {
        rupture.episode.client.display_name: (rupture.evidence["number"], rupture.evidence["for_sessions"])
        for rupture in Rupture.objects.filter(opened_by="detector").select_related("episode__client__data_key")
    }
    assert {name: told[name] for name in ("Damson", "Quince", "Teasel", "Sorrel", "Wren", "Ivy")} == {
        "Damson": (4, 2), "Quince": (6, 3), "Teasel": (8, 2), "Sorrel": (8, 2), "Wren": (11, 3), "Ivy": (4, 1),
    }  # fmt: skip


@pytest.fixture
def settled(juniper, live_through):
    """Six strong sessions, then eight low ones that nothing repaired."""
    live_through(juniper, [[4, 3, 4, 4, 3, 4]] * 6 + [1] * 8)
    return Rupture.objects.get()


def bands(http, episode):
    """How many usual ranges each chart of a case shows."""
    pillars = http.get(reverse("ratings:case", args=[episode.code])).context["page"].charts.pillars
    return {sum(shape["name"] == "band" for shape in pillar.figure["layout"]["shapes"]) for pillar in pillars}


def test_a_lower_level_is_taken_for_the_usual_one_with_a_reason_that_stays(http, dana, sam, noor, juniper, settled):
    case, address = (
        reverse("ratings:case", args=[juniper.code]),
        reverse("ratings:rupture-usual", args=[settled.code]),
    )
    http.force_login(sam.user)
    assert "This is their usual now" not in http.get(page_of(settled)).text
    http.force_login(dana.user)
    assert f"{page_of(settled)}#usual" in http.get(case).text and bands(http, juniper) == {2}
    empty = http.post(address, {"reason": " "})
    assert empty.status_code == 422 and "Write why." in empty.text
    assert Standing.objects.get().settled_since == 7
    assert http.post(address, {"reason": "They say <b>more</b> now."}).status_code == 302
    assert Standing.objects.get().settled_since is None and bands(http, juniper) == {1}
    for reader in (dana, sam):
        http.force_login(reader.user)
        for page in (case, page_of(settled)):
            said = http.get(page).text
            assert "They say &lt;b&gt;more&lt;/b&gt; now." in said and "This is their usual now" not in said
            assert "#usual" not in said
    http.force_login(sam.user)
    assert http.get("/caseload/").context["caseload"].settled.rows == []
    assert AuditEvent.objects.filter(verb="changed", subject_type="rupture").count() == 1


def test_a_level_that_is_back_meanwhile_is_not_taken_and_the_reason_is_kept_on_the_page(http, dana, juniper, settled):
    """A page that was left open, or a second tab."""
    http.force_login(dana.user)
    address = reverse("ratings:rupture-usual", args=[settled.code])
    http.post(address, {"reason": "The first."})
    late = http.post(address, {"reason": "The second."})
    assert late.status_code == 409 and "The second." in late.text
    assert "The ratings do not count as lower any more." in late.text
    assert Rupture.objects.get().rebased_reason.open(juniper.client.data_key) == "The first."


# --- As many statements for three as for forty ------------------------------------------------------------------------


def statements(http, path):
    """How many statements a page takes, once what is asked once in a while was asked."""
    assert http.get(path).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        http.get(path)
    return len(asked)


def strained(therapist, number):
    """Cases in which the therapist named a strain, planned a step and asked for supervision."""
    for n in range(number):
        episode = make_episode(therapist, f"Case {n}")
        editor = editor_of(episode)
        rupture = name_rupture(editor=editor, therapy_session=held(episode, 7), kind="both", pillars=["bond"])
        plan_step(editor=editor, rupture=rupture, step="notice", words="How was that?")
        ask_for_supervision(editor=editor, text="What pulls me in?")


def test_a_repair_asks_as_often_for_forty_steps_as_for_three(http, dana, juniper, live_through):
    *_earlier, last = live_through(juniper, [3, 3, 3, 3, 0])
    rupture = Rupture.objects.get()
    http.force_login(dana.user)
    found = []
    for more in (3, 37):
        for _n in range(more):
            about = {"rupture": rupture, "episode": juniper, "logged_with": last.therapy_session, "said_by": dana}
            RepairStep.objects.create(step="ask", outcome="not_yet", planned_for=last.therapy_session, **about)
            SetAside.objects.create(rupture=rupture, episode=juniper, by=dana, undone_by=dana, undone_at=timezone.now())
        found.append(statements(http, page_of(rupture)))
    assert found[0] == found[1]


def test_a_case_asks_as_often_for_forty_ruptures_as_for_three(http, dana, juniper, live_through):
    *_earlier, last = live_through(juniper, [3, 3])
    http.force_login(dana.user)
    of = {"opened_session": last.therapy_session, "closed_session": last.therapy_session}
    found = []
    for more in (3, 37):
        for _n in range(more):
            at = timezone.now()
            Rupture.objects.create(episode=juniper, state="repaired", opened_at=at, closed_at=at, **of)
        found.append(statements(http, reverse("ratings:case", args=[juniper.code])))
    assert found[0] == found[1]


def test_the_caseload_asks_as_often_for_forty_repairs_as_for_three(http, dana, sam, instruments):
    found = []
    for more in (3, 37):
        strained(dana, more)
        http.force_login(sam.user)
        found.append(statements(http, "/caseload/"))
    assert found[0] == found[1]


def test_the_ratings_since_then_are_named_by_what_fell(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 3, ONLY_TASKS])
    http.force_login(dana.user)
    said = text_of(http, page_of(Rupture.objects.get()))
    since = said.split("Since then")[1]
    assert "Session Tasks Tension?" in since and "Rating" not in since
    assert said.count("answers on tasks slipped.") == 1  # and no second time among the signs


def test_what_is_over_offers_nothing_to_set_aside(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    http.force_login(dana.user)
    rupture = Rupture.objects.get()
    assert "Set aside" in text_of(http, page_of(rupture))
    Rupture.objects.update(state="back_to_usual", closed_at=timezone.now())
    assert "Set aside" not in text_of(http, page_of(rupture))
