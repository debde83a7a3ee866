"""From what people say, through the four steps, to how it ends."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.check_in.actions import answer_check_in, ask_client
from ratings.check_in.answers import ClientAnswers
from ratings.detection.reassess import reassess
from ratings.models import (
    CheckIn,
    Rating,
    RepairStep,
    Rupture,
    SetAside,
    Standing,
    StrainVerdict,
    SupervisionQuestion,
    UsefulVerdict,
)
from ratings.ruptures.actions import name_rupture, plan_step, set_rupture_aside
from ratings.ruptures.words import PHRASES
from tests.courses import answers, client_answers
from tests.factories import editor_of, make_episode, make_therapy_session
from tests.ratings.cases.views.test_lists import text_of

DIFFICULT = "something did not fit"


def answered(check_in, level=3, **said):
    return answer_check_in(check_in=check_in, answers=ClientAnswers(items=answers(level), **said), may_change=False)


@pytest.fixture
def ticked(juniper, live_through):
    """Six steady sessions, and a tick of tension after each of the last three."""
    *_steady, one, two, three = live_through(juniper, [3, 3, 3, None, None, None])
    for check_in in (one, two, three):
        answered(check_in, tension=True, tension_strength="quite")
    return Rupture.objects.get()


def page(http, rupture):
    return text_of(http, reverse("ratings:rupture", args=[rupture.code]))


def post(http, name, row, **typed):
    return http.post(reverse(f"ratings:{name}", args=[row.code]), typed)


# --- What people say --------------------------------------------------------------------------------------------------


def test_three_ticks_in_a_row_are_first_on_the_caseload_and_on_today(http, dana, sam, ticked, live_through):
    live_through(make_episode(dana, "Bramble"), [3, 3, 3, 3, 0, 0])  # the surest flag there is
    assert ticked.opened_by == "client"
    http.force_login(sam.user)
    caseload = http.get("/caseload/").context["caseload"]
    assert [row.name for row in caseload.first] == ["Juniper", "Bramble"]
    assert DIFFICULT in text_of(http, "/caseload/")
    http.force_login(dana.user)
    day = http.get("/today/").context["today"]
    assert [row.name for row in day.heard] == ["Juniper"]
    assert [row.case.name for row in day.open][-1:] == ["Bramble"]


def test_the_case_says_that_the_client_says_so_and_gives_no_figure(http, dana, sam, ticked):
    for reader in (dana, sam):
        http.force_login(reader.user)
        assert f"Juniper says {DIFFICULT}." in text_of(http, reverse("ratings:case", args=[ticked.episode.code]))
        said = page(http, ticked)
        assert f"Juniper says {DIFFICULT}." in said and "Juniper says there was tension . How strong: medium." in said
        assert " in 10" not in said and "How sure" not in said


def test_a_tick_that_was_talked_about_already_opens_none(juniper, live_through):
    *_steady, last = live_through(juniper, [3, 3, 3, None])
    answered(last, tension=True, tension_talked_about=True)
    assert not Rupture.objects.exists()


def test_what_the_therapist_noticed_opens_one_in_their_name(http, dana, juniper, live_through):
    live_through(juniper, [3, 3, 3, 3])
    Rating.objects.filter(rater="therapist").delete()
    last = juniper.therapy_sessions.latest("starts_at")
    client = Rating.objects.filter(rater="client").latest("received_at")
    Rating.objects.create(
        episode=juniper, therapy_session=last, rater="therapist", instrument=client.instrument, text=client.text,
        items_answered=0, mode="member", answered_at=timezone.now(), noticed="pulling_back",
    )  # fmt: skip
    reassess(juniper)
    rupture = Rupture.objects.get()
    assert (rupture.opened_by, rupture.kind) == ("therapist", "withdrawal")
    http.force_login(dana.user)
    assert "You noticed something between you." in page(http, rupture)


def test_a_therapist_names_one_by_hand_and_another_joins_it(http, dana, sam, noor, juniper, live_through):
    *_earlier, last = live_through(juniper, [3, 3, 3])
    address = reverse("ratings:rupture-name", args=[juniper.code])
    typed = {"since": last.therapy_session.code, "kind": "confrontation", "pillars": ["task"], "line": "He was curt."}
    http.force_login(sam.user)
    assert http.post(address, typed).status_code == 403
    http.force_login(dana.user)
    assert http.post(address, {"since": "x"}).status_code == 422
    assert not Rupture.objects.exists()
    assert http.post(address, typed).status_code == 302
    rupture = Rupture.objects.get()
    assert (rupture.opened_by, rupture.kind, rupture.pillars) == ("therapist", "confrontation", ["task"])
    assert "He was curt." in page(http, rupture)
    again = http.post(address, typed)
    assert again.status_code == 422 and "One is open already." in again.text
    assert Standing.objects.get().attention >= 150_000


def test_a_report_taken_back_takes_its_rupture_with_it(juniper, live_through):
    *_steady, last = live_through(juniper, [3, 3, 3, None])
    answered(last, tension=True)
    answer_check_in(check_in=last, answers=client_answers(3), may_change=True)
    assert Rupture.objects.get().state == "withdrawn"
    assert Standing.objects.get().rupture is None


# --- The steps --------------------------------------------------------------------------------------------------------


def next_session(episode, weeks=0):
    """A session that was held now, and its check-in."""
    at = timezone.now() - timedelta(hours=2) + timedelta(weeks=weeks)
    row = make_therapy_session(episode, starts_at=at, ends_at=at + timedelta(minutes=50), attendance="attended")
    return ask_client(therapy_session=row, text=CheckIn.objects.filter(episode=episode).first().text)


def test_four_steps_and_the_clients_yes_it_helped(http, dana, sam, ticked):
    http.force_login(dana.user)
    assert post(http, "rupture-kind", ticked, kind="withdrawal", signs=["quiet", "agreed"]).status_code == 302
    assert post(http, "rupture-plan", ticked, step="notice", words="notice-back").status_code == 302
    assert "You went quiet, and I went on." in page(http, ticked)
    for step in ("notice", "ask", "agree", "check"):
        assert f"The next step: {step.capitalize()}." in page(http, ticked)
        assert post(http, "rupture-step", ticked, step=step, outcome="done", line=f"Line {step}").status_code == 302
    assert "The next step" not in page(http, ticked)
    check_in = next_session(ticked.episode)
    assert check_in.asks_about_repair
    since = http.get(reverse("ratings:rupture", args=[ticked.code])).context["page"].since
    assert [row.was_asked for row in since[:2]] == [True, False]
    answered(check_in, repair_talked=True, repair_helped="yes")
    ticked.refresh_from_db()
    assert ticked.state == "repaired"
    http.force_login(sam.user)
    said = page(http, ticked)
    assert "Line ask" in said and "Went quiet, Agreed too quickly" in said
    assert "Repaired" in said and "Yes" in said


def test_a_form_that_was_opened_after_the_repair_was_over_did_not_ask_about_it(http, dana, ticked):
    plan_step(editor=editor_of(ticked.episode), rupture=ticked, step="ask", words="How was that for you?")
    check_in = next_session(ticked.episode)
    set_rupture_aside(editor=editor_of(ticked.episode), rupture=ticked, reason="A bereavement.")
    answered(check_in)
    http.force_login(dana.user)
    newest = http.get(reverse("ratings:rupture", args=[ticked.code])).context["page"].since[0]
    assert check_in.asks_about_repair and not newest.was_asked


def test_one_that_stays_is_not_repaired_by_a_talk_that_did_not_help(ticked):
    plan_step(editor=editor_of(ticked.episode), rupture=ticked, step="ask", words="How was that for you?")
    answered(next_session(ticked.episode), repair_talked=True, repair_helped="no", tension=True)
    ticked.refresh_from_db()
    assert ticked.state == "open"


def test_the_check_in_asks_only_while_a_repair_is_on_and_since_a_step(http, opened, ticked, juniper):
    before = next_session(juniper)
    assert not before.asks_about_repair
    assert "Did you two talk about it?" not in http.get(opened(before)).text
    plan_step(editor=editor_of(juniper), rupture=ticked, step="ask", words="How was that for you?")
    after = next_session(juniper, weeks=-0.01)
    sheet = http.get(opened(after)).text
    assert "Last time something did not quite fit. Did you two talk about it?" in sheet and "Did it help?" in sheet


def test_who_ticked_tension_is_given_words_to_bring_it_up(http, juniper, asked, opened):
    http.post(opened(asked), answers(3) | {"tension": "yes", "tension_strength": "lot"})
    sent = http.get("/c/sent/").text
    assert "I’m not sure we’re on the same page." in sent and "A good therapist welcomes it." in sent
    assert Rating.objects.get(rater="client").tension_strength == "lot"


def test_planning_takes_own_words_and_says_what_is_missing(http, dana, ticked):
    http.force_login(dana.user)
    missing = post(http, "rupture-plan", ticked, step="notice")
    assert missing.status_code == 422 and "Choose words" in missing.text
    empty = post(http, "rupture-plan", ticked, step="notice", words="own")
    assert empty.status_code == 422 and "Write what you want to say." in empty.text
    assert not RepairStep.objects.exists()
    assert post(http, "rupture-plan", ticked, step="notice", own_words="I was late with it.").status_code == 302
    assert "I was late with it." in page(http, ticked)


def test_every_step_has_words_for_any_case():
    for step in RepairStep.Step:
        assert any(phrase.step == step and not phrase.pillar and not phrase.kind for phrase in PHRASES)
    assert len({phrase.key for phrase in PHRASES}) == len(PHRASES)


def test_a_planned_step_is_settled_by_one_click_in_the_log_and_taken_back_with_it(http, dana, ticked, juniper):
    plan_step(editor=editor_of(juniper), rupture=ticked, step="ask", words="How was that for you?")
    at = timezone.now() - timedelta(hours=2)
    planned = make_therapy_session(juniper, starts_at=at, ends_at=at + timedelta(minutes=50))
    address = reverse("ratings:planned-session-log", args=[planned.code])
    http.force_login(dana.user)
    form = http.get(address).context["form"]
    assert "You planned: “How was that for you?” Did you?" in http.get(address).text
    typed = {name: form[name].value() or "" for name in form.fields} | {"attendance": "attended", "repair_step": "done"}
    assert http.post(address, typed).status_code == 302
    step = RepairStep.objects.latest("pk")
    assert (step.outcome, step.logged_with) == ("done", planned)
    assert http.post(reverse("ratings:session-log-undo", args=[planned.code])).status_code == 302
    step.refresh_from_db()
    assert step.taken_back_at is not None


def test_what_was_agreed_stands_in_the_form_of_the_plan_and_marks_the_step(http, dana, sam, ticked, juniper):
    agreed = "Voice notes <two> a week"
    http.force_login(dana.user)
    for step in ("notice", "ask", "agree"):
        post(http, "rupture-step", ticked, step=step, outcome="partly", line=agreed if step == "agree" else "")
    address = reverse("ratings:rupture-into-plan", args=[ticked.code])
    assert f'"{address}"' in http.get(reverse("ratings:rupture", args=[ticked.code])).text
    form = http.get(address).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"modality": "speaking"}
    assert typed["activity"] == agreed
    missing = http.post(address, typed | {"modality": ""})
    assert missing.status_code == 422 and "Voice notes &lt;two&gt; a week" in missing.text
    for _twice in range(2):
        assert http.post(address, typed).status_code == 302
    step = RepairStep.objects.get(task__isnull=False)
    key = juniper.client.data_key
    assert (step.step, step.outcome, step.line.open(key)) == ("agree", "partly", agreed)
    assert step.task.activity.open(key) == agreed
    assert post(http, "rupture-step", ticked, step="agree", outcome="done", line=agreed).status_code == 302
    for reader in (dana, sam):
        http.force_login(reader.user)
        assert "In the plan:" in page(http, ticked)
    Rupture.objects.filter(pk=ticked.pk).update(state="repaired", closed_at=timezone.now())
    http.force_login(dana.user)
    late = http.post(address, typed | {"form_key": "", "activity": "Another."})
    assert late.status_code == 422 and "This is over already" in late.text and "Another." in late.text


# --- How it ends ------------------------------------------------------------------------------------------------------


def test_set_aside_and_brought_back(http, dana, ticked):
    http.force_login(dana.user)
    post(http, "rupture-set-aside", ticked, reason="A bereavement.")
    assert Standing.objects.get().rupture is None
    assert "Undo: bring it back" in page(http, ticked)
    post(http, "rupture-bring-back", ticked)
    ticked.refresh_from_db()
    assert (ticked.state, Standing.objects.get().rupture) == ("open", ticked)
    row = SetAside.objects.get()
    assert row.undone_at is not None and row.reason.open(ticked.episode.client.data_key) == "A bereavement."
    assert "A bereavement." in page(http, ticked)


def test_truth_and_use_are_asked_apart_and_each_answer_is_kept(http, dana, sam, ticked):
    http.force_login(dana.user)
    for answer in ("yes", "cant_say"):
        assert post(http, "rupture-strain", ticked, strain=answer).status_code == 302
    assert post(http, "rupture-strain", ticked, strain="maybe").status_code == 400
    for answer in ("not_useful", "known"):
        post(http, "rupture-verdict", ticked, answer=answer)
    assert list(StrainVerdict.objects.order_by("pk").values_list("answer", flat=True)) == ["yes", "cant_say"]
    assert list(UsefulVerdict.objects.order_by("pk").values_list("answer", flat=True)) == ["not_useful", "known"]
    shown = page(http, ticked)
    assert "Was there strain between you?" in shown and "You said: Can’t say." in shown
    assert "You said: I knew already." in shown


def test_the_supervisor_reads_what_was_said_and_says_nothing(http, dana, sam, ticked):
    http.force_login(sam.user)
    assert post(http, "rupture-strain", ticked, strain="yes").status_code == 403
    assert "Was there strain" not in page(http, ticked)
    http.force_login(dana.user)
    post(http, "rupture-strain", ticked, strain="no")
    http.force_login(sam.user)
    assert "The therapist says: No." in page(http, ticked)


# --- Supervision ------------------------------------------------------------------------------------------------------


def test_a_question_stands_for_the_supervisor_until_it_is_taken_back(http, dana, sam, noor, juniper, live_through):
    live_through(juniper, [3, 3])
    asked = "What pulls me in when Juniper goes quiet?"
    http.force_login(dana.user)
    assert post(http, "supervision-ask", juniper, question="").status_code == 422
    assert post(http, "supervision-ask", juniper, question=asked).status_code == 302
    case, sheet = (reverse(f"ratings:{name}", args=[juniper.code]) for name in ("case", "case-sheet"))
    http.force_login(sam.user)
    for address in ("/caseload/", case, sheet):
        assert asked in text_of(http, address), address
    assert "Take it back" not in text_of(http, case)
    http.force_login(noor.user)
    assert asked not in text_of(http, "/cases/")
    http.force_login(dana.user)
    post(http, "supervision-withdraw", SupervisionQuestion.objects.get())
    assert SupervisionQuestion.objects.get().withdrawn_at is not None
    http.force_login(sam.user)
    for address in ("/caseload/", case, sheet):
        assert asked not in text_of(http, address)


def test_the_caseload_says_what_was_done_and_where_nothing_was(http, sam, dana, ticked, juniper):
    http.force_login(sam.user)
    assert "Nothing done yet, in 2 sessions since." in text_of(http, "/caseload/")
    plan_step(editor=editor_of(juniper), rupture=ticked, step="ask", words="How was that for you?")
    said = text_of(http, "/caseload/")
    assert "Nothing done yet" not in said and "Repair: Ask, planned on" in said


def test_a_name_by_hand_is_refused_where_one_is_open(juniper, ticked, dana):
    with pytest.raises(Exception, match="One is open already"):
        name_rupture(editor=editor_of(juniper), therapy_session=ticked.opened_session, kind="both", pillars=[])


# --- What is said of it -----------------------------------------------------------------------------------------------


def test_a_second_click_on_set_aside_is_no_error(http, dana, ticked):
    http.force_login(dana.user)
    clicks = [post(http, "rupture-set-aside", ticked, reason="Exams.").status_code for _click in range(2)]
    assert clicks == [302, 302]
    assert SetAside.objects.count() == 1
    assert post(http, "rupture-set-aside", ticked, reason="Another reason.").status_code == 409


def test_what_the_ratings_show_is_not_told_of_the_pillars_that_the_therapist_named(http, dana, juniper, live_through):
    bond_fell = [4, 4, 4, 4, 0, 0]
    *_earlier, named_at = live_through(juniper, [4, 4, 4, 4, 4])
    named = name_rupture(
        editor=editor_of(juniper),
        therapy_session=named_at.therapy_session,
        kind="withdrawal",
        pillars=["goal"],
        line="",
    )
    for weeks in (-0.3, -0.01):
        answered(next_session(juniper, weeks=weeks), bond_fell)
    named.refresh_from_db()
    assert named.is_active
    http.force_login(dana.user)
    said = text_of(http, reverse("ratings:case", args=[juniper.code]))
    assert "answers on the bond" in said
    assert "answers on goals" not in said


@pytest.mark.parametrize("given", [{"attendance": "cancelled"}, {"voided_at": timezone.now()}])
def test_a_step_planned_for_a_session_that_is_off_is_planned_for_the_next_one(http, dana, ticked, given):
    at = timezone.now() + timedelta(days=3)
    planned = make_therapy_session(ticked.episode, starts_at=at, ends_at=at + timedelta(minutes=50))
    plan_step(editor=editor_of(ticked.episode), rupture=ticked, step="ask", words="How was it?", planned_for=planned)
    http.force_login(dana.user)
    assert "Planned for the next session:" not in page(http, ticked)
    if "voided_at" in given:
        given = given | {"voided_by": dana}
    type(planned).objects.filter(pk=planned.pk).update(**given)
    assert "Planned for the next session:" in page(http, ticked)


def test_the_program_says_that_it_sees_no_slip_only_where_it_can_tell(http, dana, juniper, live_through):
    (first,) = live_through(juniper, [None])
    answered(first, tension=True)
    http.force_login(dana.user)
    assert "sees no slip" not in page(http, Rupture.objects.get())


def test_what_is_over_is_not_said_to_end_in_a_repair(http, dana, ticked):
    http.force_login(dana.user)
    assert "It is over when" in page(http, ticked)
    post(http, "rupture-set-aside", ticked, reason="Exams.")
    assert "It is over when" not in page(http, ticked)


def test_undone_says_how_it_stands_now(http, dana, ticked):
    http.force_login(dana.user)
    post(http, "rupture-set-aside", ticked, reason="Exams.")
    answer = http.post(reverse("ratings:rupture-bring-back", args=[ticked.code]), follow=True)
    ticked.refresh_from_db()
    assert f"It stands like this now: {ticked.get_state_display()}." in answer.text
