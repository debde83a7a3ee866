"""Two cases that were made by hand become one and two again, with every text under the key of its record."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse

from alliance.crypto import Sealed, SealedTextField
from alliance.models import CaseJoin, Client, DataKey, Erasure
from alliance.refusal import Refused
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.joining import moving
from ratings.joining.actions import join_cases, part_cases
from ratings.joining.queries import doubles_of
from ratings.models import CheckIn, ClientLink, Rating, Rupture, RuptureView, SeenRating
from ratings.rights.copy import copy_of
from ratings.rights.erase import erase_client
from ratings.rights.looked import who_looked
from ratings.supervision.actions import ask_for_supervision
from sessions.models import PrivateNote, TherapySession, TherapySessionChange
from tests.courses import client_answers, consent, held
from tests.factories import days_ago, editor_of, make_episode, make_member, make_supervision
from tests.ratings.joining.test_actions import join, told

pytestmark = pytest.mark.usefixtures("as_application")  # on PostgreSQL: where the database filters too

WROTE = "She felt alone."
NOTED = "She cried."


@pytest.fixture
def kept(instruments, dana):
    """Juniper, with two sessions."""
    episode = make_episode(dana, "Juniper", starts_at=days_ago(40))
    consent(episode.client)
    for days in (30, 23):
        held(episode, days, private_note="Of the first.")
    return episode


@pytest.fixture
def double(kept, dana):
    """Juniper once more: three sessions with what people wrote in them, and links that were given out."""
    episode = make_episode(dana, "Juniper", starts_at=days_ago(20))
    client = episode.client
    client.email = Sealed("juniper@example.org", client.data_key)
    client.save()
    consent(client)
    for days in (16, 9, 2):
        held(episode, days, private_note=NOTED)
    said = client_answers(3, comment=WROTE)
    answer_check_in(check_in=CheckIn.objects.filter(episode=episode).earliest("pk"), answers=said, may_change=False)
    session = TherapySession.objects.filter(episode=episode).latest("pk")
    TherapySessionChange.objects.create(
        episode=episode, therapy_session=session, kind="corrected", mode=session.mode, attendance=session.attendance,
        starts_at=session.starts_at, ends_at=session.ends_at, reason=Sealed(NOTED, client.data_key), changed_by=dana,
    )  # fmt: skip
    return episode


def texts_of(episode):
    """Every sealed text in a case, opened by the key of its client; fails where one does not open."""
    key, found = Client.objects.get(pk=episode.client_id).data_key, []
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, SealedTextField)]
        if names and any(field.name == "episode" for field in model._meta.concrete_fields):
            for row in model._base_manager.filter(episode=episode.pk).order_by("pk"):
                found += [(model.__name__, getattr(row, name).open(key)) for name in names if getattr(row, name)]
    return sorted(found)


def rows_in(episode):
    return {
        model.__name__: sorted(str(row.pk) for row in model._base_manager.filter(episode=episode.pk))
        for model in (*moving.MOVED, *moving.TRACKED, *moving.OF_CASE, TherapySession)
    } | {"links": sorted(ClientLink.objects.filter(client=episode.client_id).values_list("pk", flat=True))}


def test_what_was_written_in_both_is_read_in_the_one_that_stays(kept, double):
    before = texts_of(kept) + texts_of(double)
    assert ("Rating", WROTE) in before and ("PrivateNote", NOTED) in before
    join(kept, double)
    assert (texts_of(kept), texts_of(double)) == (sorted(before), [])
    assert (told(kept)["standing"][0], told(double)["sessions"]) == (5, [])


def test_the_way_back_leaves_every_row_and_text_where_it_was(dana, kept, double):
    links.mint_check_in_link(
        check_in=CheckIn.objects.filter(episode=double).latest("pk"), editor=None, channel="screen"
    )
    links.mint_preferences_link(double.client)
    SeenRating.objects.create(episode=double, rating=Rating.objects.filter(episode=double)[0], by=dana)
    was = [(read(one)) for one in (kept, double) for read in (told, texts_of, rows_in)]
    done = join(kept, double)
    assert rows_in(double) == dict.fromkeys(rows_in(double), []), "all of it came along"
    part_cases(editor=editor_of(kept), join=done)
    assert [(read(one)) for one in (kept, double) for read in (told, texts_of, rows_in)] == was
    double.refresh_from_db()
    assert double.ends_at is None


def test_an_answer_through_a_link_from_before_comes_into_the_case_that_stays(http, kept, double):
    asked = CheckIn.objects.filter(episode=double).latest("pk")
    token = links.mint_check_in_link(check_in=asked, editor=None, channel="screen")
    done = join(kept, double)
    answer_check_in(
        check_in=links.check_in_of_link(token), answers=client_answers(2, comment="Through it."), may_change=False
    )
    assert ("Rating", "Through it.") in texts_of(kept)
    with pytest.raises(Refused, match="or answered, planned, sent or removed"):
        part_cases(editor=editor_of(kept), join=done)


def test_who_stops_by_an_old_link_stops_the_messages_of_the_case_that_stays(http, kept, double):
    token = links.mint_preferences_link(double.client)
    done = join(kept, double)
    assert links.live_link(token, ClientLink.LinkKind.PREFERENCES).client == kept.client
    kept.client.consents.update(withdrawn_at=done.joined_at + timedelta(seconds=1))
    part_cases(editor=editor_of(kept), join=done)
    assert links.live_link(token, ClientLink.LinkKind.PREFERENCES).client == double.client
    assert double.client.agreed_to == set(), "what was taken back while they were one is so in both"


def test_a_text_that_does_not_open_keeps_them_two(kept, double):
    note = PrivateNote.objects.filter(episode=double)[0]
    note.text = Sealed("Whose?", kept.client.data_key)
    note.save()
    was = rows_in(kept), rows_in(double)
    with pytest.raises(Refused, match="cannot be opened"):
        join(kept, double)
    assert (rows_in(kept), rows_in(double), CaseJoin.objects.count()) == (*was, 0)


def with_two_questions(kept, double):
    for episode in (kept, double):
        ask_for_supervision(editor=editor_of(episode), text="Why?")


def with_rupture_view(kept, double):
    session = TherapySession.objects.filter(episode=double).latest("pk")
    rupture = Rupture.objects.create(
        episode=double, opened_session=session, opened_by="therapist", kind="withdrawal", named_by=double.therapist,
    )  # fmt: skip
    RuptureView.objects.create(episode=double, rupture=rupture, kind="both", said_by=double.therapist)


def with_reader(kept, double):
    make_supervision(make_member(kept.client.practice, "Eve", "supervisor"), episode=kept)


def with_reader_of_the_other(kept, double):
    make_supervision(make_member(kept.client.practice, "Eve", "supervisor"), episode=double)


def with_stop(kept, double):
    double.client.consents.update(withdrawn_at=days_ago(1))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (with_two_questions, "Take one of the two back first"),
        (
            with_rupture_view,
            "has notes or answers about a rupture or a flag, which cannot come along. Let that case",
        ),
        (with_reader, "who would come to read the other one too"),
        (with_reader_of_the_other, "has a supervisor, a cover or another reader of its own"),
        (with_stop, "The client took back a consent"),
    ],
)
def test_what_stands_in_the_way_is_said_before_and_nothing_is_written(http, dana, kept, double, change, sentence):
    change(kept, double)
    was = rows_in(kept), rows_in(double)
    http.force_login(dana.user)
    path = reverse("ratings:case-join", args=[kept.code, double.code])
    for answer, status in ((http.get(path), 200), (http.post(path), 409)):
        page = " ".join(answer.text.split())
        assert answer.status_code == status and sentence in page
    assert (rows_in(kept), rows_in(double), CaseJoin.objects.count()) == (*was, 0)


def test_the_page_shows_both_and_lets_the_other_one_stay(http, dana, kept, double):
    http.force_login(dana.user)
    assert [(one.kept, one.joined, one.is_imported) for one in doubles_of(dana)] == [(kept.code, double.code, False)]
    ways = [reverse("ratings:case-join", args=pair) for pair in ((kept.code, double.code), (double.code, kept.code))]
    page = http.get(ways[0]).text
    assert "will have 5 sessions" in page and ways[1] in page
    http.post(ways[1])
    assert CaseJoin.objects.get().episode == double
    assert doubles_of(dana) == []


# --- The rights of the client -----------------------------------------------------------------------------------------


def test_the_copy_has_both_records_and_what_was_written_in_them(kept, double):
    join(kept, double)
    copy = copy_of(kept)
    records = {section.model: section.rows for section in copy.sections}
    assert len(records["alliance.Client"]) == len(records["alliance.Consent"]) == 2
    for text in ("juniper@example.org", WROTE):
        assert text in copy.as_json()
    assert "cannot be opened" not in copy.as_json()


def test_who_had_looked_at_the_case_that_was_put_away_is_told(http, dana, kept, double):
    http.force_login(dana.user)
    http.get(reverse("ratings:case", args=[double.code]))
    before = len(who_looked(kept))
    join_cases(kept=editor_of(kept), joined=editor_of(double))
    assert len(who_looked(kept)) > before


def test_an_erasure_takes_both_records_and_both_keys(millrace, mona, kept, double):
    ida = make_member(millrace, "Ida Berg", "manager")
    keys = [kept.client.data_key_id, double.client.data_key_id]
    join(kept, double)
    erase_client(client=kept.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=ida)
    assert not DataKey.objects.filter(pk__in=keys).exists()
    assert not PrivateNote.objects.exists() and not Client.objects.filter(pk=double.client_id).exists()
