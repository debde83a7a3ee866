"""Erasing a client: nothing of theirs stays, nothing of others goes, and a restore brings nothing back."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.models import QuerySet
from django.db.utils import DatabaseError

from alliance.access import NotVisible
from alliance.crypto import Sealed
from alliance.drafts.actions import keep_draft
from alliance.drafts.shown import ShownForm
from alliance.models import AuditEvent, Client, Consent, DataKey, Episode, Erasure, FormDraft, ImportDraft, Supervision
from alliance.refusal import Refused
from ratings.check_in import actions, links
from ratings.check_in.actions import answer_check_in
from ratings.detection.verdicts import judge_use
from ratings.importing import actions as importing
from ratings.models import CheckIn, ClientLink, Rating, StrainVerdict, UsefulVerdict
from ratings.rights import erase
from ratings.rights.erase import _kinds_of, erase_client, models_about_clients, what_would_go
from sessions.models import TherapySession
from tests.courses import client_answers, consent, held
from tests.factories import days_ago, editor_of, make_episode, make_member
from tests.lives import CANARY
from tests.lives import whole_life as whole_life  # a fixture
from tests.test_nothing_left import found as found_anywhere

REASON = Erasure.Reason.ASKED


@pytest.fixture
def ida(millrace):
    return make_member(millrace, "Ida Berg", "manager")


@pytest.fixture
def lived(whole_life, dana, mona, sorrel, live_through):
    """Juniper, of whom every table has a row; Sorrel has some too, and somebody typed and uploaded of neither."""
    live_through(sorrel, [3, 3])
    other = ShownForm(dana.user.code, uuid4(), "/people/invite/")
    keep_draft(form=other, action="/people/invite/", fields={"name": ["Ida"]})
    importing.keep_draft(text="name\nWren\n", by=mona, therapist=dana)
    return whole_life.client


def traces_of(client):
    """What is in the database about the client and nobody else: codes, hashes, sealed texts and the keys to them."""
    found = set()
    for kind in _kinds_of(client):
        for row in kind.rows:
            for field in kind.model._meta.concrete_fields:
                value = getattr(row, field.attname)
                if isinstance(value, Sealed):
                    found.add(value.token)
                elif field.name == "data_key":
                    found |= {value.hex, str(value), row.data_key.wrapped}
                elif isinstance(value, UUID):
                    found |= {str(value), value.hex}
                elif isinstance(value, str) and len(value) == 64:  # a keyed hash
                    found.add(value)
    return found


def rows_of(model, episode):
    """The keys of the rows about one case, or about its client."""
    names = {field.name for field in model._meta.concrete_fields}
    of = {Client: {"pk": episode.client_id}, Episode: {"pk": episode.pk}}.get(model)
    of = of or ({"client": episode.client_id} if "client" in names else {"episode": episode})
    return set(model._base_manager.filter(**of).values_list("pk", flat=True))


def everything_but(*tables):
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table not in tables:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                for row in cursor.fetchall():
                    yield table, " ".join(map(str, row))


def test_every_model_with_a_way_to_a_client_is_walked():
    about = set(models_about_clients())
    for model in apps.get_models():
        targets = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
        assert (model in about) == bool(targets & {Client, Episode} or model in (Client, Episode))


def test_every_model_stands_after_those_of_a_client_that_it_points_to():
    """So that one pass finds what points to what is found."""
    about = [model for model in models_about_clients() if model not in (Client, Episode)]
    for place, model in enumerate(about):
        assert not {field.related_model for field in model._meta.concrete_fields} & set(about[place + 1 :])


def test_no_trace_stays_but_codes_in_the_audit_and_the_certificate(lived, mona, ida):
    traces = traces_of(lived)
    assert len(traces) > 100
    erase_client(client=lived, reason=REASON, asked_by=mona, agreed_by=ida)
    kept = list(everything_but("alliance_auditevent", "alliance_erasure"))
    assert [(table, trace) for table, text in kept for trace in traces if trace in text] == []
    assert found_anywhere(CANARY) == []
    assert not Client.objects.filter(code=lived.code).exists()


@pytest.mark.parametrize(
    ("name", "typed", "stays"),
    [
        ("Zoë Müller", "Zoë Müller rang.", False),
        ("Zoë Müller", "She rang:\nzoe mueller's mother.", False),
        ("Ж. Петрова", "ж. петрова", False),
        ("K.", "Talk about the week.", True),
        ("K.", "K. rang.", False),
        ("–", "Talk about the week.", True),
    ],
)
def test_what_somebody_typed_goes_where_the_name_is_in_it_however_it_is_spelt(name, typed, stays, dana, mona, ida):
    client = make_episode(dana, name).client
    page = ShownForm(dana.user.code, uuid4(), "/people/invite/")
    keep_draft(form=page, action="/people/invite/", fields={"minutes": ["50"], "private_note": [typed]})
    importing.keep_draft(text=f"name\n{typed}\n", by=mona, therapist=dana)
    erase_client(client=client, reason=REASON, asked_by=mona, agreed_by=ida)
    assert (FormDraft.objects.exists(), ImportDraft.objects.exists()) == (stays, stays)


def test_what_others_have_stays(lived, sorrel, dana, mona, ida):
    sorrel.client.consents.create(purpose="history", text_version="2026-11")
    links.mint_copy_link(editor=editor_of(sorrel))
    before = {model: rows_of(model, sorrel) for model in models_about_clients()}
    before[Supervision] = {dana.supervisions_received.get().pk}  # of all that she sees
    assert before[Consent] and before[ClientLink] and before[TherapySession]
    erase_client(client=lived, reason=REASON, asked_by=mona, agreed_by=ida)
    assert {model: set(model._base_manager.values_list("pk", flat=True)) for model in before} == before
    assert DataKey.objects.filter(pk=sorrel.client.data_key_id).exists()
    assert [draft.page for draft in FormDraft.objects.all()] == ["/people/invite/"]
    assert ImportDraft.objects.count() == 1
    connection.check_constraints()


def test_a_session_of_somebody_else_that_was_filed_here_stays(juniper, sorrel, mona, ida, live_through):
    live_through(juniper, [3])
    live_through(sorrel, [3])
    removed = sorrel.therapy_sessions.first()
    removed.refiled_to = juniper.therapy_sessions.first()
    removed.save()
    erase_client(client=juniper.client, reason=REASON, asked_by=mona, agreed_by=ida)
    removed.refresh_from_db()
    assert removed.refiled_to is None
    connection.check_constraints()


def test_what_points_here_from_a_case_that_this_was_joined_to_does_not_stand_in_the_way(
    juniper, sorrel, dana, mona, ida, live_through
):
    """As joining and parting two cases once left it."""
    live_through(juniper, [3])
    live_through(sorrel, [3, 3])
    here, there = juniper.therapy_sessions.get(), list(sorrel.therapy_sessions.order_by("pk"))
    withdrawn = {"state": "withdrawn", "opened_at": days_ago(2), "closed_at": days_ago(1)}
    opened_here = sorrel.ruptures.create(opened_session=here, **withdrawn)
    closed_here = sorrel.ruptures.create(opened_session=there[0], closed_session=here, **withdrawn)
    judge_use(editor=editor_of(sorrel), rupture=opened_here, answer="useful")
    wish = {"outcome": "brought_up", "said_by": dana}
    sorrel.wish_outcomes.create(rating=here.ratings.get(rater="client"), **wish)
    its_own = sorrel.wish_outcomes.create(rating=there[0].ratings.get(rater="client"), **wish)
    sessions = rows_of(TherapySession, sorrel)
    erase_client(client=juniper.client, reason=REASON, asked_by=mona, agreed_by=ida)
    connection.check_constraints()
    assert list(sorrel.ruptures.values_list("pk", "closed_session")) == [(closed_here.pk, None)]
    assert (list(sorrel.wish_outcomes.all()), rows_of(TherapySession, sorrel)) == ([its_own], sessions)


def test_a_row_of_another_case_that_goes_along_stands_in_the_audit_under_that_case(
    juniper, sorrel, mona, ida, live_through
):
    live_through(juniper, [3])
    live_through(sorrel, [3])
    here = juniper.therapy_sessions.get()
    withdrawn = {"state": "withdrawn", "opened_at": days_ago(2), "closed_at": days_ago(1)}
    sorrel.ruptures.create(opened_session=here, **withdrawn)
    sorrel.ruptures.create(opened_session=sorrel.therapy_sessions.get(), closed_session=here, **withdrawn)
    erase_client(client=juniper.client, reason=REASON, asked_by=mona, agreed_by=ida)
    event = AuditEvent.objects.get(subject_code=str(sorrel.code), verb="changed")
    assert (event.subject_type, event.count, event.practice_code) == ("episode", 2, str(mona.practice.code))


def test_the_preview_changes_nothing_and_says_what_goes(lived, mona, ida):
    preview = what_would_go(lived)
    assert preview == what_would_go(lived)
    assert preview["alliance.Client"] == 2 and preview["alliance.FormDraft"] == 2
    erasure = erase_client(client=lived, reason=REASON, asked_by=mona, agreed_by=ida)
    assert erasure.counts == preview


def test_verdicts_are_kept_again_afterwards(lived, sorrel, mona, ida, dana):
    erase_client(client=lived, reason=REASON, asked_by=mona, agreed_by=ida)
    rupture = sorrel.ruptures.create(
        opened_session=sorrel.therapy_sessions.first(), opened_by="therapist", named_by=dana
    )
    judge_use(editor=editor_of(sorrel), rupture=rupture, answer="useful")
    with pytest.raises(DatabaseError), transaction.atomic():
        UsefulVerdict._base_manager.all()._raw_delete("default")
    assert UsefulVerdict.objects.exists() and not StrainVerdict.objects.filter(rupture__isnull=False).exists()


def test_it_takes_two_managers_where_there_are_two(lived, mona, dana, otis, ida):
    elsewhere = make_member(otis.practice, "Olga", "manager")
    for asked_by, agreed_by in ((mona, None), (mona, mona), (dana, ida), (mona, dana), (mona, elsewhere)):
        with pytest.raises(Refused):
            erase_client(client=lived, reason=REASON, asked_by=asked_by, agreed_by=agreed_by)
    assert Client.objects.filter(pk=lived.pk).exists()


def test_the_audit_keeps_codes_and_says_that_it_was_erased(lived, mona, ida):
    before = AuditEvent.objects.count()
    erase_client(client=lived, reason=REASON, asked_by=mona, agreed_by=ida)
    event = AuditEvent.objects.latest("pk")
    assert AuditEvent.objects.count() == before + 1
    assert (event.verb, event.subject_type, event.subject_code) == ("ended", "client", str(lived.code))


# --- Beside others ----------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(instruments, dana, ida):
    """A check-in of Juniper that waits for its answers."""
    episode = make_episode(dana, "Juniper", starts_at=days_ago(20))
    consent(episode.client)
    held(episode, 9)
    return CheckIn.objects.select_related("episode__client__practice").get(episode=episode)


def aside(do, pool):
    """`do` in a thread of its own, with a connection of its own."""

    def call():
        try:
            return do()
        finally:
            connections.close_all()

    return pool.submit(call)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_answers_that_come_in_while_their_client_is_erased_do_not_stand_in_the_way(asked, mona, ida, monkeypatch):
    """They wait for the end of the erasure, and then there is nothing to answer."""
    lift, answers = erase._verdicts_may_go, []

    def lift_when_answered():
        answers.append(
            aside(lambda: answer_check_in(check_in=asked, answers=client_answers(3), may_change=False), pool)
        )
        wait(answers, timeout=1)
        return lift()

    monkeypatch.setattr(erase, "_verdicts_may_go", lift_when_answered)
    with ThreadPoolExecutor(1) as pool:
        erase_client(client=asked.episode.client, reason=REASON, asked_by=mona, agreed_by=ida)
        assert isinstance(answers[0].exception(), NotVisible)
    assert not Rating.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_erasure_waits_for_answers_that_are_being_stored(asked, mona, ida, monkeypatch):
    store, erasures = actions._save_client_rating, []

    def store_beside_an_erasure(*given, **named):
        by = {"reason": REASON, "asked_by": mona, "agreed_by": ida}
        erasures.append(aside(lambda: erase_client(client=asked.episode.client, **by), pool))
        wait(erasures, timeout=1)
        return store(*given, **named)

    monkeypatch.setattr(actions, "_save_client_rating", store_beside_an_erasure)
    with ThreadPoolExecutor(1) as pool:
        answer_check_in(check_in=asked, answers=client_answers(3), may_change=False)
        assert erasures[0].result().counts["ratings.Rating"] == 1
    assert not Client.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_link_made_while_its_client_is_erased_does_not_stand_in_the_way(asked, mona, ida, monkeypatch):
    """It locks no case first, but names one; here between the last link that goes and its case."""
    delete, made, editor = QuerySet._raw_delete, [], editor_of(asked.episode)

    def delete_when_made(rows, using):
        if rows.model is Episode:
            made.append(aside(lambda: links.mint_copy_link(editor=editor), pool))
            wait(made, timeout=1)
        return delete(rows, using)

    monkeypatch.setattr(QuerySet, "_raw_delete", delete_when_made)
    with ThreadPoolExecutor(1) as pool:
        erase_client(client=asked.episode.client, reason=REASON, asked_by=mona, agreed_by=ida)
    assert len(made) == 1 and not Client.objects.exists()


# --- The commands -----------------------------------------------------------------------------------------------------


def test_the_command_shows_first_and_erases_on_yes(lived, juniper, mona, ida, capsys):
    call_command("erase_client", str(juniper.code))
    assert "alliance.Client" in capsys.readouterr().out and Client.objects.filter(pk=lived.pk).exists()
    managers = {"asked_by": mona.user.email, "agreed_by": ida.user.email}
    call_command("erase_client", str(lived.code), yes=True, reason="asked", **managers)
    certificate = json.loads(capsys.readouterr().out)
    assert (certificate["client"], certificate["agreed_by"]) == (str(lived.code), str(ida.user.code))
    assert not Client.objects.filter(pk=lived.pk).exists()


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("nonsense", {}),
        ("00000000-0000-4000-8000-000000000000", {}),
        (None, {"yes": True}),
        (None, {"yes": True, "reason": "asked", "asked_by": "nobody@millrace.test"}),
        (None, {"yes": True, "reason": "asked", "asked_by": "mona@millrace.test"}),
    ],
)
def test_what_is_missing_is_a_sentence_and_nothing_goes(code, options, lived, mona, ida):
    with pytest.raises(CommandError):
        call_command("erase_client", code or str(lived.code), **options)
    assert Client.objects.filter(pk=lived.pk).exists()


def test_a_restore_is_followed_by_the_ledger(juniper, mona, ida, tmp_path, capsys):
    """Restored is what a backup of before had: the client, and no ledger."""
    client, code = juniper.client, juniper.client.code
    saved = transaction.savepoint()
    erase_client(client=client, reason=REASON, asked_by=mona, agreed_by=ida)
    call_command("erasures")
    ledger = tmp_path / "ledger"
    ledger.write_text(capsys.readouterr().out)
    transaction.savepoint_rollback(saved)
    assert Client.objects.filter(code=code).exists() and not Erasure.objects.exists()
    for sentence in ("1 in the ledger, 1 erased again.", "1 in the ledger, 0 erased again."):
        call_command("erasures", again=str(ledger))
        assert sentence in capsys.readouterr().out
    assert not Client.objects.filter(code=code).exists()
    assert Erasure.objects.get().client_code == str(code)


def test_what_is_no_ledger_is_a_sentence(db, tmp_path):
    (tmp_path / "no").write_text("no ledger\n")
    for path in (tmp_path / "no", tmp_path / "missing"):
        with pytest.raises(CommandError):
            call_command("erasures", again=str(path))
