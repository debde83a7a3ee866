"""What goes out of one practice comes into an empty one, and everything there is as it was."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliance.access import Denied
from alliance.models import AuditEvent, Client, DataExport, Episode, Membership
from alliance.refusal import Refused
from ratings.cases.actions import end_episode, log_session
from ratings.check_in.actions import answer_check_in
from ratings.exchange import actions
from ratings.exchange.actions import (
    export_by_command,
    exported_of,
    make_export,
    take_archive,
    write_key,
    write_taken,
)
from ratings.exchange.exported import Pseudonyms
from ratings.exchange.files import Written
from ratings.importing.actions import import_ratings
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver
from ratings.models import Assessment, CheckIn, Rating, RepairStep, Rupture, RuptureView, SetAside, Standing
from ratings.record.actions import remove_session
from ratings.ruptures.actions import name_rupture, plan_step, say_kind, say_step, set_rupture_aside
from sessions.models import TherapySession
from tests.courses import answers, client_answers, consent, held
from tests.factories import days_ago, editor_of, make_episode, make_member, make_practice, make_therapy_session

SCORES = (
    "answers", "items_answered", "goal_raw", "task_raw", "bond_raw", "goal_pomp", "task_pomp", "bond_pomp",
    "overall_pomp", "straight_line", "answered_at", "received_at", "tension", "tension_talked_about",
    "tension_strength", "repair_talked", "repair_helped", "comment_words", "noticed",
)  # fmt: skip
THINKS = ("state", "score", "probability", "alert", "kind", "pillars", "points", "notes")


def said_of(row, names):
    return {name: getattr(row, name) for name in names}


def told(episode):
    """Everything that pages tell of a case, with sessions by their starts."""
    by_key = {row.pk: row.starts_at for row in TherapySession.objects.filter(episode=episode)}
    sessions = TherapySession.objects.not_voided().filter(episode=episode).order_by("starts_at")
    ratings = Rating.objects.current().filter(episode=episode).order_by("therapy_session__starts_at", "rater")
    assessments = Assessment.objects.filter(episode=episode).order_by("therapy_session__starts_at")
    ruptures = Rupture.objects.filter(episode=episode).exclude(state="withdrawn").order_by("opened_session__starts_at")
    standing = Standing.objects.get(episode=episode)
    return {
        "case": said_of(episode, ("starts_at", "ends_at", "end_reason", "end_planned", "end_agreed")),
        "sessions": [
            said_of(row, ("starts_at", "ends_at", "starts_at_known", "zone", "mode", "attendance")) for row in sessions
        ],
        "ratings": [
            {"at": by_key[row.therapy_session_id], "rater": row.rater, "instrument": str(row.instrument)}
            | {"language": row.text and row.text.language}
            | said_of(row, SCORES)
            for row in ratings
        ],
        "flags": [{"at": by_key[row.therapy_session_id]} | said_of(row, THINKS) for row in assessments],
        "ruptures": [
            {
                "opened": by_key[row.opened_session_id],
                "closed": row.closed_session_id and by_key[row.closed_session_id],
                "rebased": row.rebased_session_id and by_key[row.rebased_session_id],
                "by_hand": row.named_by_id is not None,
            }
            | said_of(row, ("opened_by", "state", "kind", "pillars", "evidence", "opened_at", "closed_at"))
            | {
                "steps": list(
                    row.steps.filter(taken_back_at=None).order_by("pk").values_list("step", "outcome", "said_at")
                ),
                "seen": list(row.views.order_by("pk").values_list("kind", "signs", "said_at"))[-1:],
                "aside": list(row.set_asides.filter(undone_at=None).values_list("at")),
            }
            for row in ruptures
        ],
        "standing": said_of(
            standing,
            ("sessions_held", "overall_pomp", "goal_pomp", "words", "attention", "settled_since", "last_session_at"),
        ),
    }


def by_case(practice):
    """Therapist, start and client of each case -> what is told of it."""
    episodes = Episode.objects.filter(client__practice=practice).select_related("therapist", "client__data_key")
    return {(one.therapist.display_name, one.starts_at, one.client.display_name): told(one) for one in episodes}


def exported(practice, **given):
    """The archive, and who is called how in it."""
    how = {"keeps_names": True, "is_shifted": False} | given
    file = io.BytesIO()
    export = export_by_command(practice=practice, reason="move", **how)
    write_taken(export=export, file=file)
    return file


def long_file(file):
    with zipfile.ZipFile(file) as archive:
        return archive.read("ratings.csv")


def bring_in(practice, file, **receiver):
    preview = make_preview(practice=practice, parsed=read(long_file(file)), receiver=Receiver(**receiver))
    assert not preview.errors
    return import_ratings(practice=practice, preview=preview, by=None)


def called(practice, there):
    """What each therapist of a practice is called in its last export -> who has the same name elsewhere."""
    pseudonyms = Pseudonyms.of_export(DataExport.objects.latest("pk").code)
    by_name = {member.display_name: member for member in there}
    here = practice.memberships.filter(is_therapist=True)
    return {pseudonyms.therapist(member.code): by_name[member.display_name] for member in here}


def logged(episode, days, level, client, **given):
    """A session with both ratings, and what the client says beside."""
    consent(episode.client)
    therapy_session = held(episode, days, answers=answers(level), **given)
    answer_check_in(check_in=CheckIn.objects.get(therapy_session=therapy_session), answers=client, may_change=False)
    return therapy_session


@pytest.fixture
def elsewhere(db):
    """An empty practice with two therapists."""
    practice = make_practice("Weir House", zone="Europe/Berlin")
    return practice, make_member(practice, "Dana Whitlock"), make_member(practice, "Noor Haddad")


@pytest.fixture
def lived(instruments, millrace, dana, noor, juniper, sorrel, live_through):
    """Courses of every kind: a repair, a report of tension, a correction, a missed session, one set aside, an end."""
    editor = editor_of(juniper)
    live_through(juniper, [3, 3, 4, [3, 4, 3, 3, None, 3], 3, 1, None, 1], comment="A few words.")
    rupture = Rupture.objects.get(episode=juniper)
    say_kind(editor=editor, rupture=rupture, kind="both", signs=["quiet", "angry"])
    plan_step(editor=editor, rupture=rupture, step="ask", words="How was it for you?")
    say_step(editor=editor, rupture=rupture, step="ask", outcome="partly", line="He shrugged.")
    missed = {"zone": "Europe/London", "mode": "video", "starts_at": days_ago(6), "attendance": "no_show"}
    log_session(editor=editor, ends_at=missed["starts_at"] + timedelta(minutes=30), **missed)
    logged(juniper, 5, 3, client_answers(3, repair_talked=True, repair_helped="little"), noticed="nothing")
    logged(juniper, 4, 3, client_answers(3))
    corrected = CheckIn.objects.get(therapy_session=logged(juniper, 3, 2, client_answers(1)))
    answer_check_in(check_in=corrected, answers=client_answers(3), may_change=True)
    remove_session(editor=editor, therapy_session=logged(juniper, 2, 1, client_answers(0)), reason="Twice.")

    live_through(sorrel, [3, 3, 3, 3])
    report = client_answers(3, tension=True, tension_strength="quite", tension_talked_about=False)
    logged(sorrel, 5, 3, report)
    logged(sorrel, 4, 3, client_answers(3), noticed="pulling_back")
    end_episode(editor=editor_of(sorrel), reason="client", planned=False, agreed=False)

    wren = make_episode(dana, "=Wren")
    live_through(wren, [3, 3, 4, 3, 1])
    set_rupture_aside(editor=editor_of(wren), rupture=Rupture.objects.get(episode=wren), reason="A bad week.")
    logged(wren, 1, 3, client_answers(1))

    teasel = make_episode(dana, "Teasel")
    named_in = [logged(teasel, days, 3, client_answers(3)) for days in (30, 20, 10)][-1]
    name_rupture(editor=editor_of(teasel), therapy_session=named_in, kind="withdrawal", pillars=["bond"], line="Quiet.")
    logged(teasel, 1, 3, client_answers(3))

    again = make_episode(dana, client=sorrel.client, starts_at=timezone.now() - timedelta(hours=1))
    logged(again, 0, 3, client_answers(4))
    of_noor = make_episode(noor, client=juniper.client)
    live_through(of_noor, [2, 2, 3, 2, 0], therapist=None)
    live_through(make_episode(noor, "Juniper"), [4, 4, 4])  # another one of the same name
    return millrace


def test_the_practice_has_what_could_be_lost(lived):
    states = set(Rupture.objects.values_list("state", flat=True))
    assert states >= {"repaired", "set_aside", "open"}
    assert set(Rupture.objects.values_list("opened_by", flat=True)) == {"detector", "client", "therapist"}
    assert Rating.objects.filter(replaced_at__isnull=False).exists()
    assert RepairStep.objects.count() == 2
    assert RuptureView.objects.exists() and SetAside.objects.exists()


def test_nothing_is_lost_on_the_way(lived, elsewhere):
    practice, *there = elsewhere
    file = exported(lived)
    bring_in(practice, file, named=called(lived, there))
    was, found = by_case(lived), by_case(practice)
    found = {(who, at, name.removesuffix(" (2)")): case for (who, at, name), case in found.items()}
    assert found.keys() == was.keys()
    for case, everything in was.items():
        for part, value in everything.items():
            assert found[case][part] == value, (case, part)
    names = {client.display_name for client in Client.objects.filter(practice=practice)}
    assert names == {"Juniper", "Juniper (2)", "Sorrel", "=Wren", "Teasel"}


def test_the_same_file_again_changes_nothing(lived, elsewhere):
    practice, *there = elsewhere
    file = exported(lived)
    bring_in(practice, file, named=called(lived, there))
    tables = (Client, Episode, Rating, Rupture, RepairStep, TherapySession)
    before = [model.objects.count() for model in tables]
    assert bring_in(practice, file, named=called(lived, there)) is None
    assert [model.objects.count() for model in tables] == before


# --- Who is in, and what they are called ------------------------------------------------------------------------------


MOVE = {"reason": "move", "keeps_names": False, "is_shifted": True}


@pytest.fixture
def made(mona, dana):
    """An export that a manager makes of the practice, or a therapist of the own cases."""
    makers = {"practice": mona, "own": dana}
    return lambda extent, **how: make_export(by=makers[extent], extent=extent, reason="move", **how)


def test_names_and_true_days_are_for_own_cases_alone(made):
    how = {"keeps_names": True, "is_shifted": False}
    exports = [made(extent, **how) for extent in ("own", "practice")]
    assert [(export.keeps_names, export.is_shifted) for export in exports] == [(True, False), (False, True)]


@pytest.mark.parametrize("extent", ["own", "practice"])
def test_no_case_of_another_practice_goes_along(made, dana, juniper, extent):
    make_episode(make_member(make_practice("Weir House"), "Dana Whitlock", user=dana.user), "Teasel")
    assert actions.count_cases(made(extent)) == 1


def test_a_case_that_stands_in_another_one_is_told_there_alone(made, juniper, sorrel):
    Episode.objects.filter(pk=sorrel.pk).update(joined_into=juniper)
    assert actions.count_cases(made("practice")) == 1


def test_a_place_in_another_practice_does_not_stand_in_for_the_one_that_ended(made, dana):
    make_member(make_practice("Weir House"), "Dana Whitlock", user=dana.user)
    Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1))
    with pytest.raises(Denied):
        made("own")


def test_without_a_word_about_it_there_are_pseudonyms_and_shifted_days(made):
    export = made("own")
    assert (export.keeps_names, export.is_shifted) == (False, True)


def test_that_an_export_was_made_is_on_record_with_its_maker(made, mona, millrace):
    export = made("practice")
    event = AuditEvent.objects.get(verb="created", subject_code=str(export.code))
    assert event.actor_code == str(mona.user.code)


@pytest.mark.postgres
def test_a_role_that_ends_meanwhile_waits_for_the_export_and_new_rows_do_not(made):
    with CaptureQueriesContext(connection) as asked:
        made("own")
    (lock,) = [statement["sql"] for statement in asked if " FOR " in statement["sql"]]
    assert lock.endswith('FOR NO KEY UPDATE OF "alliance_practice"')


def test_the_key_of_own_cases_that_was_read_is_on_record(made, juniper, dana):
    export = made("own")
    assert "Juniper" in write_key(export=export)
    event = AuditEvent.objects.get(verb="read", subject_code=str(export.code))
    assert event.actor_code == str(dana.user.code)


def test_the_key_of_a_practice_is_for_whoever_runs_the_installation(made, juniper):
    assert "Juniper" in write_key(export=export_by_command(practice=juniper.client.practice, **MOVE))
    with pytest.raises(Denied):
        write_key(export=made("practice"))


def test_a_manager_is_told_of_no_therapist_and_the_others_are(made, juniper, millrace):
    by_command = export_by_command(practice=millrace, **MOVE)
    exports = made("practice"), made("own"), by_command
    assert [exported_of(export).names.tells_therapists for export in exports] == [False, True, True]


def test_the_second_client_of_a_name_has_a_number_behind_it_also_beyond_one_statement(
    made, dana, monkeypatch, in_no_order
):
    monkeypatch.setattr(actions, "KEYS_AT_ONCE", 2)
    clients = [make_episode(dana, name).client for name in ("Teasel", "Wren", "wren", "WREN")]
    names = exported_of(made("own", keeps_names=True)).names.by_name
    assert [names[client.pk] for client in clients] == ["Teasel", "Wren", "wren (2)", "WREN (3)"]


def test_nobody_is_called_by_name_unless_it_was_asked_for(made, juniper):
    assert [exported_of(made("own", **how)).names.by_name for how in ({}, {"keeps_names": True})] == [
        {},
        {juniper.client_id: "Juniper"},
    ]


def test_each_case_is_on_record_as_taken_out_also_beyond_one_statement(made, dana, monkeypatch):
    monkeypatch.setattr(actions, "KEYS_AT_ONCE", 2)
    codes = {str(make_episode(dana, name).code) for name in ("Teasel", "Wren", "Juniper")}
    write_taken(export=made("own"), file=io.BytesIO())
    events = AuditEvent.objects.filter(verb="exported", subject_type="episode")
    assert {event.subject_code for event in events} == codes and len(events) == 3
    assert {(event.actor_code, event.count) for event in events} == {(str(dana.user.code), 1)}


def test_that_an_archive_was_taken_is_on_record_and_how_much_went_into_it_is_told(made, dana, juniper, sorrel):
    make_therapy_session(sorrel)
    export = made("own")
    assert write_taken(export=export, file=io.BytesIO()) == Written(cases=2, sessions=1, ratings=0)
    event = AuditEvent.objects.get(verb="exported", subject_code=str(export.code))
    assert (event.actor_code, event.count) == (str(dana.user.code), 2)


def test_the_archive_is_given_from_its_beginning(made, juniper):
    with take_archive(export=made("own")) as file:
        assert file.read(2) == b"PK"


def test_an_archive_that_may_not_go_out_is_closed(made, juniper, monkeypatch):
    spools = []

    def refuse(*, export, file):
        spools.append(file)
        raise Refused("No.")

    monkeypatch.setattr(actions, "write_taken", refuse)
    with pytest.raises(Refused):
        take_archive(export=made("own"))
    assert spools[0].closed


def test_that_an_export_was_made_by_the_command_is_on_record(millrace):
    export = export_by_command(practice=millrace, **MOVE)
    assert AuditEvent.objects.filter(verb="created", subject_code=str(export.code)).exists()


def test_the_cases_of_an_export_are_counted(made, juniper, sorrel, noor):
    make_episode(noor, "Teasel")
    assert [actions.count_cases(made(extent)) for extent in ("own", "practice")] == [2, 3]


@pytest.fixture
def waiting(instruments, dana):
    """A case of Dana's in another practice, with answers that wait for her own rating."""
    elsewhere = make_practice("Weir House", rates_first_since=days_ago(9))
    there = make_episode(make_member(elsewhere, "Dana Whitlock", user=dana.user), "Teasel")
    consent(there.client)
    check_in = CheckIn.objects.get(therapy_session=held(there, 1))
    answer_check_in(check_in=check_in, answers=client_answers(0), may_change=False)
    return there


def test_answers_that_wait_in_another_practice_keep_no_case_of_this_one_back(waiting, dana):
    assert [actions.waiting_in(member) for member in (dana, waiting.therapist)] == [set(), {waiting.pk}]


def test_a_case_with_answers_that_wait_is_left_out(waiting):
    make_episode(waiting.therapist, "Wren")
    assert actions.count_cases(make_export(by=waiting.therapist, extent="own", reason="move")) == 1
