"""Two cases of one client become one and two again: nothing is lost either way, and nobody's sight grows."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alliance.access import NotVisible
from alliance.crypto import Sealed
from alliance.keeping import check_keep
from alliance.models import AuditEvent, CaseJoin, Client, DataKey, Episode, Erasure, ErasureRequest
from alliance.refusal import Refused
from ratings.importing.actions import import_ratings
from ratings.importing.matching import make_preview, read
from ratings.importing.receiver import Receiver
from ratings.joining.actions import join_cases, part_cases
from ratings.joining.queries import doubles_of
from ratings.models import (
    Assessment,
    CheckIn,
    ClientLink,
    Delivery,
    InstrumentText,
    Rating,
    Rupture,
    RuptureView,
    SeenRating,
    SetAside,
    Standing,
    StrainVerdict,
)
from ratings.rights.erase import erase_client
from ratings.rights.holds import lift_hold, place_hold
from ratings.rights.requests import ask_to_erase, erase_due
from sessions.models import PrivateNote, TherapySession
from tests.factories import days_ago, editor_of, make_client, make_episode, make_member, make_therapy_session

pytestmark = pytest.mark.usefixtures("as_application")  # on PostgreSQL: where the database filters too

HEADER = "Provider_Email,Client_ID,Case_ID,Session_ID,Session_Date,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,Total_SRS"
FELL = ([9, 8, 9, 9], [9, 9, 9, 8], [8, 9, 9, 9], [9, 9, 8, 9], [3, 2, 3, 3], [3, 3, 2, 3])
COUNTED = (TherapySession, Rating, CheckIn, SeenRating)


def past(client="0099", first=100):
    rows = []
    for number, parts in enumerate(FELL, start=1):
        day = (timezone.now() - timedelta(days=first - 7 * number)).date()
        rows.append(f"x,{client},1,{number},{day},N,{','.join(map(str, parts))},{sum(parts)}")
    return "\n".join([HEADER, *rows]).encode()


def bring_in(therapist, file):
    preview = make_preview(practice=therapist.practice, parsed=read(file), receiver=Receiver(all_to=therapist))
    assert not preview.errors
    return import_ratings(practice=therapist.practice, preview=preview, by=None)


def imported(therapist):
    return Episode.objects.get(therapist=therapist, import_batch__isnull=False)


def imported_as(therapist, other):
    return Episode.objects.exclude(pk=other.pk).get(therapist=therapist, import_batch__isnull=False)


def told(episode):
    """What pages tell of a case."""
    states = Assessment.objects.filter(episode=episode).order_by("therapy_session__starts_at")
    ruptures = Rupture.objects.filter(episode=episode).exclude(state="withdrawn").order_by("pk")
    standing = Standing.objects.get(episode=episode)
    return {
        "case": list(Episode.objects.filter(pk=episode.pk).values_list("starts_at", "ends_at", "end_reason")),
        "sessions": sorted(TherapySession.objects.filter(episode=episode).values_list("code", "starts_at")),
        "ratings": sorted(Rating.objects.filter(episode=episode).values_list("code", "overall_pomp")),
        "flags": list(states.values_list("therapy_session", "state", "score", "alert")),
        "ruptures": list(ruptures.values_list("code", "state", "opened_session")),
        "standing": (standing.sessions_held, standing.overall_pomp, standing.words, standing.attention),
    }


@pytest.fixture
def hand(instruments, dana, live_through):
    """Dana's case with 0099, made by hand, with three sessions of its own."""
    episode = make_episode(dana, "0099", starts_at=days_ago(40))
    live_through(episode, [3, 3, None])
    return episode


@pytest.fixture
def came(hand, dana):
    """The same client as an import brought them, with a fall."""
    bring_in(dana, past())
    return imported(dana)


def join(kept, joined):
    return join_cases(kept=editor_of(kept), joined=editor_of(joined))


def test_everything_is_in_one_case_and_nothing_is_lost(dana, hand, came):
    before = [model.objects.count() for model in COUNTED]
    assert Rupture.objects.filter(episode=came).exists()
    sessions = {code for one in (hand, came) for code, _at in told(one)["sessions"]}
    done = join(hand, came)
    assert [model.objects.count() for model in COUNTED] == before
    assert {code for code, _at in told(hand)["sessions"]} == sessions
    assert (len(sessions), told(hand)["standing"][0]) == (9, 9)
    assert Rating.objects.filter(episode=hand).count() == Rating.objects.count()
    assert told(came)["sessions"] == []
    hand.refresh_from_db()
    came.refresh_from_db()
    assert (hand.starts_at, came.joined_into, came.ends_at is None) == (came.starts_at, hand, False)
    assert set(Episode.objects.visible_to(dana.user)) == {hand}
    found = AuditEvent.objects.filter(subject_code=str(done.code)).values_list("verb", "actor_code")
    assert list(found) == [("created", str(dana.user.code))]


def test_the_way_back_leaves_everything_as_it_was(dana, hand, came):
    was = told(hand), told(came)
    done = join(hand, came)
    part_cases(editor=editor_of(hand), join=done)
    assert (told(hand), told(came)) == was
    assert set(Episode.objects.visible_to(dana.user)) == {hand, came}
    with pytest.raises(Refused, match="taken back already"):
        part_cases(editor=editor_of(hand), join=done)


def test_the_same_file_again_changes_nothing_and_a_longer_one_goes_on_in_the_joined_case(dana, hand, came):
    join(hand, came)
    before = [model.objects.count() for model in (Client, Episode, *COUNTED)]
    assert bring_in(dana, past()) is None
    assert [model.objects.count() for model in (Client, Episode, *COUNTED)] == before
    day = (timezone.now() - timedelta(days=50)).date()
    bring_in(dana, past() + f"\nx,0099,1,7,{day},N,9,9,9,9,36".encode())
    assert TherapySession.objects.filter(episode=hand).count() == 10
    assert Episode.objects.count() == before[1]


def with_colleague(hand, came, noor):
    make_episode(noor, client=hand.client)


def with_end(hand, came, noor):
    Episode.objects.filter(pk=hand.pk).update(ends_at=timezone.now(), end_reason="other")


def with_erasure(hand, came, noor):
    mona = make_member(noor.practice, "Mona Hart", "manager")
    ask_to_erase(keeper=check_keep(mona.user, hand.client.code), reason=Erasure.Reason.ASKED)


def with_the_same_hour(hand, came, noor):
    make_therapy_session(hand, starts_at=came.therapy_sessions.first().starts_at, attendance="attended")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (with_colleague, "A colleague has a case with one of the two"),
        (with_end, "This therapy has ended"),
        (with_erasure, "is to be erased"),
        (with_the_same_hour, "a session at the same time"),
    ],
)
def test_what_cannot_be_joined_says_why_and_nothing_is_written(http, dana, noor, hand, came, change, sentence):
    change(hand, came, noor)
    was = told(hand), told(came)
    http.force_login(dana.user)
    path = reverse("ratings:case-join", args=[hand.code, came.code])
    assert sentence in " ".join(http.get(path).content.decode().split())
    response = http.post(path)
    assert response.status_code == 409
    assert sentence in " ".join(response.content.decode().split())
    assert (told(hand), told(came)) == was
    assert not CaseJoin.objects.exists()


def test_two_cases_of_two_therapists_stay_two(hand, noor):
    bring_in(noor, past())
    with pytest.raises(Refused, match="A colleague has a case with one of the two"):
        join(hand, imported(noor))


def test_once_something_is_written_about_its_sessions_there_is_no_way_back(dana, hand, came):
    done = join(hand, came)
    moved = TherapySession.objects.get(code=done.moved[0])
    note = Sealed("He cried.", hand.client.data_key)
    PrivateNote.objects.create(therapy_session=moved, episode=hand, text=note, written_by=dana)
    with pytest.raises(Refused, match="written about what came in since"):
        part_cases(editor=editor_of(hand), join=done)
    assert TherapySession.objects.filter(episode=hand).count() == 9


def removed(moved, rupture, by):
    TherapySession.objects.filter(pk=moved.pk).update(voided_at=timezone.now(), voided_by=by)


def answered(moved, rupture, by):
    rating = moved.ratings.get()
    Rating.objects.filter(pk=rating.pk).update(replaced_at=timezone.now(), replaced_reason="typed_wrong")
    rating.pk, rating.code, rating.import_batch = None, uuid.uuid4(), None
    rating.comment = Sealed("I felt alone.", moved.episode.client.data_key)
    rating.save()


def asked(moved):
    text = InstrumentText.objects.first()
    return CheckIn.objects.get_or_create(therapy_session=moved, defaults={"episode": moved.episode, "text": text})[0]


def linked(moved, rupture, by):
    who = {"client": moved.episode.client, "episode": moved.episode, "expires_at": days_ago(-1)}
    ClientLink.objects.create(check_in=asked(moved), kind="check_in", token_hash="0", channel="screen", **who)


def delivered(moved, rupture, by):
    Delivery.objects.create(
        episode=moved.episode, check_in=asked(moved), kind="first", due_at=timezone.now(), message_id="0"
    )


def seen(moved, rupture, by):
    RuptureView.objects.create(episode=rupture.episode, rupture=rupture, kind="both", said_by=by)


def set_aside(moved, rupture, by):
    SetAside.objects.create(episode=rupture.episode, rupture=rupture, by=by, undone_by=by, undone_at=timezone.now())


def judged(moved, rupture, by):
    StrainVerdict.objects.create(episode=rupture.episode, rupture=rupture, answer="yes", given_by=by)


def taken_as_usual(moved, rupture, by):
    Rupture.objects.filter(pk=rupture.pk).update(rebased_by=by, rebased_at=timezone.now(), rebased_session=moved)


@pytest.mark.parametrize("since", [removed, answered, linked, delivered, seen, set_aside, judged, taken_as_usual])
def test_what_was_sealed_or_said_since_they_were_joined_keeps_them_one(http, dana, hand, came, since):
    done = join(hand, came)
    rupture = Rupture.objects.get(episode=hand, opened_session__code__in=done.moved)
    since(TherapySession.objects.get(code=done.moved[0]), rupture, dana)
    was = told(hand)
    http.force_login(dana.user)
    response = http.post(reverse("ratings:case-part", args=[done.code]))
    assert response.status_code == 409
    assert "or answered, planned, sent or removed" in response.content.decode()
    done.refresh_from_db()
    assert (told(hand), done.parted_at) == (was, None)


def test_a_legal_hold_keeps_them_one_and_a_day_longer(dana, mona, hand, came):
    done = join(hand, came)
    keeper = check_keep(mona.user, hand.client.code)
    place_hold(keeper=keeper, reason="The court asked for it.")
    for lifted in (False, True):
        if lifted:
            lift_hold(keeper=keeper)
        with pytest.raises(Refused, match="legal hold"):
            part_cases(editor=editor_of(hand), join=done)
    hand.client.legal_holds.update(lifted_at=days_ago(1.1))
    part_cases(editor=editor_of(hand), join=done)


def test_an_erasure_that_was_due_waits_a_day_once_they_are_parted(mona, dana, hand, came):
    done = join(hand, came)
    request = ask_to_erase(keeper=check_keep(mona.user, hand.client.code), reason=Erasure.Reason.ASKED)
    ErasureRequest.objects.filter(pk=request.pk).update(due_at=days_ago(0.1))
    part_cases(editor=editor_of(hand), join=done)
    assert erase_due() == 0
    request.refresh_from_db()
    done.refresh_from_db()
    assert request.due_at - done.parted_at == timedelta(days=1)
    ErasureRequest.objects.filter(pk=request.pk).update(due_at=days_ago(0.1))
    assert erase_due() == 1
    assert set(Episode.objects.all()) == {came}, "the other one stays"


def test_the_case_that_came_last_is_parted_first(dana, hand, came):
    began = hand.starts_at
    bring_in(dana, past("0100", first=200))
    second = imported_as(dana, came)
    first, last = join(hand, came), join(hand, second)
    with pytest.raises(Refused, match="Part that one first"):
        part_cases(editor=editor_of(hand), join=first)
    for one in (last, first):
        part_cases(editor=editor_of(hand), join=one)
    hand.refresh_from_db()
    assert hand.starts_at == began


def test_joins_make_no_chain(dana, hand, came):
    bring_in(dana, past("0100", first=200))
    second = imported_as(dana, came)
    with pytest.raises(Refused, match="not to another imported one"):
        join(came, second)
    CaseJoin.objects.create(episode=came, joined=second, began_at=came.starts_at, joined_by=dana)
    with pytest.raises(Refused, match="Part those two first"):
        join(hand, came)


def test_sessions_of_all_doubles_are_counted_at_once(dana, hand, came):
    make_episode(dana, "0099")
    with CaptureQueriesContext(connection) as asked_for:
        found = doubles_of(dana)
    assert sorted(double.sessions for double in found) == [3, 6, 6]
    assert sum("COUNT(" in query["sql"] for query in asked_for) == 1


def test_who_joins_a_moment_later_is_told_so(dana, hand, came):
    other = make_episode(dana, "0099")
    late = editor_of(Episode.objects.get(pk=came.pk))
    join(hand, came)
    for kept in (hand, other):
        with pytest.raises(Refused, match="joined to another one meanwhile"):
            join_cases(kept=editor_of(kept), joined=late)
    assert CaseJoin.objects.count() == 1


def test_the_record_that_was_joined_is_erased_with_the_other_and_not_without_it(millrace, mona, hand, came):
    ida = make_member(millrace, "Ida Berg", "manager")
    who = {"reason": Erasure.Reason.ASKED, "asked_by": mona, "agreed_by": ida}
    join(hand, came)
    codes, keys = {str(hand.client.code), str(came.client.code)}, {hand.client.data_key_id, came.client.data_key_id}
    with pytest.raises(Refused, match="joined to another one"):
        erase_client(client=came.client, **who)
    erase_client(client=hand.client, **who)
    assert not Client.objects.filter(code__in=codes).exists()
    assert not DataKey.objects.filter(pk__in=keys).exists()
    assert not TherapySession.objects.exists() and not Rating.objects.exists()
    assert set(Erasure.objects.values_list("client_code", flat=True)) == codes


def test_what_looks_like_one_is_found_among_the_own_cases_alone(http, dana, noor, hand, came):
    make_episode(noor, "0099")
    make_episode(dana, client=make_client(dana.practice, "Sorrel"))
    assert [(double.kept, double.joined) for double in doubles_of(dana)] == [(hand.code, came.code)]
    assert doubles_of(noor) == []
    http.force_login(dana.user)
    page = http.get(reverse("ratings:doubles")).content.decode()
    assert reverse("ratings:case-join", args=[hand.code, came.code]) in page
    http.post(reverse("ratings:case-join", args=[hand.code, came.code]))
    page = http.get(reverse("ratings:doubles")).content.decode()
    assert "No case looks like another one of yours." in page
    http.post(reverse("ratings:case-part", args=[CaseJoin.objects.get().code]))
    assert len(doubles_of(dana)) == 1


@pytest.mark.parametrize("is_joined", [False, True])
def test_a_case_that_was_erased_meanwhile_is_neither_joined_nor_parted(is_joined, dana, mona):
    kept, other = make_episode(dana, "Juniper"), make_episode(dana, "Juniper")
    editors = {"kept": editor_of(kept), "joined": editor_of(other)}
    done = join_cases(**editors) if is_joined else None
    gone = Client.objects.select_related("practice").get(pk=(kept if is_joined else other).client_id)
    erase_client(client=gone, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=mona)
    with pytest.raises(NotVisible):
        part_cases(editor=editors["kept"], join=done) if done else join_cases(**editors)
