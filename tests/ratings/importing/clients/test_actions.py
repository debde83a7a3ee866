"""What an import of a list writes: all of it or nothing, once."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alliance.access import Denied
from alliance.crypto import keyed_hash
from alliance.models import AuditEvent, Client, Episode, ImportBatch, ImportDraft, Membership
from ratings.detection.reassess import rebuild_standings
from ratings.importing.actions import NotAllGood
from ratings.importing.clients import actions
from ratings.importing.clients.actions import import_clients
from ratings.importing.clients.matching import ClientMatcher
from ratings.models import Standing
from tests.factories import days_ago
from tests.ratings.importing.test_matching import everything
from tests.ratings.threads import at_once

ZONE = ZoneInfo("Europe/Berlin")


def test_what_is_stored_of_a_line(bring_in, dana):
    bring_in(["0042,Alder,,2026-01-05,alder@example.org,030 5550117"], dana)
    client, episode = Client.objects.get(), Episode.objects.get()
    assert client.display_name == "Alder"
    assert client.email.open(client.data_key) == "alder@example.org"
    assert client.phone.open(client.data_key) == "030 5550117"
    assert client.email_hash == keyed_hash("email", "Alder@example.org")
    assert (episode.client, episode.therapist, episode.ends_at) == (client, dana, None)
    assert episode.starts_at == datetime(2026, 1, 5, tzinfo=ZONE)
    assert client.agreed_to == set()


def test_without_a_day_the_case_begins_now(bring_in, dana):
    before = datetime.now(ZONE)
    bring_in([",Alder,,,,"], dana)
    assert before <= Episode.objects.get().starts_at <= datetime.now(ZONE)


def test_each_case_is_listed_at_once_as_a_replay_would_have_it(bring_in, dana, millrace):
    bring_in([",Alder,,,,", ",Heron,,,,"], dana)
    stored = list(Standing.objects.order_by("pk").values())
    rebuild_standings(millrace)
    again = list(Standing.objects.order_by("pk").values())
    for row in (*stored, *again):
        row.pop("updated_at")
    assert stored == again and len(stored) == 2


def test_a_second_import_changes_nothing(bring_in, dana):
    rows = ["0042,Alder,,2026-01-05,alder@example.org,", ",Zo\u00eb,,,,", ",Sean O'Brien,,,,"]
    assert bring_in(rows, dana).counts == {"clients": {"new": 3, "known": 0}, "left_out": 0}
    before = {name: rows for name, rows in everything().items() if name not in ("AuditEvent", "ImportDraft")}
    assert bring_in(rows, dana) is None
    after = everything()
    assert {name: after[name] for name in before} == before


def test_with_a_wrong_line_nothing_is_written_unless_the_good_ones_are_chosen(bring_in, dana):
    rows = [",Alder,,,,", ",Heron,,2026-02-30,,"]
    with pytest.raises(NotAllGood):
        bring_in(rows, dana)
    assert (Client.objects.count(), ImportDraft.objects.count()) == (0, 1)
    assert bring_in(rows, dana, only_good=True).counts["left_out"] == 1
    assert [client.display_name for client in Client.objects.all()] == ["Alder"]


def test_an_error_in_the_middle_leaves_nothing_half_written(bring_in, dana, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("planted")

    monkeypatch.setattr(actions.audit, "record_each", fail)
    with pytest.raises(RuntimeError):
        bring_in([",Alder,,,,"], dana)
    assert Client.objects.count() == Episode.objects.count() == ImportBatch.objects.count() == 0


def test_the_audit_names_the_import_and_each_case(bring_in, mona, dana):
    batch = bring_in([",Alder,dana@millrace.test,,,", ",Heron,dana@millrace.test,,,"], mona)
    found = AuditEvent.objects.filter(verb="imported").values_list("subject_type", "subject_code", "count")
    cases = [("episode", str(episode.code), 1) for episode in Episode.objects.all()]
    assert sorted(found) == sorted([("importbatch", str(batch.code), 2), *cases])
    assert set(AuditEvent.objects.filter(verb="imported").values_list("actor_code", flat=True)) == {str(mona.user.code)}


def after_the_preview(monkeypatch, change):
    """Runs `change` once, when an import has made its first preview and not yet locked anything."""
    make, changes = ClientMatcher.preview, [change]

    def preview(matcher, receiver):
        made = make(matcher, receiver)
        if changes:
            changes.pop()()
        return made

    monkeypatch.setattr(ClientMatcher, "preview", preview)


def test_who_may_not_import_any_more_is_asked_again_under_the_lock(draft_of, dana, monkeypatch):
    draft = draft_of([",Alder,,,,"], dana)
    after_the_preview(monkeypatch, lambda: Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1)))
    with pytest.raises(Denied):
        import_clients(draft=draft)
    assert Client.objects.count() == 0


def test_who_is_no_manager_any_more_imports_for_nobody_else(draft_of, dana, mona, monkeypatch):
    Membership.objects.filter(pk=mona.pk).update(is_therapist=True)
    draft = draft_of([",Alder,dana@millrace.test,,,"], mona)
    after_the_preview(monkeypatch, lambda: Membership.objects.filter(pk=mona.pk).update(is_manager=False))
    with pytest.raises(NotAllGood):
        import_clients(draft=draft)
    assert not Episode.objects.exists()


def test_a_therapist_who_left_meanwhile_gets_no_case(draft_of, dana, mona, monkeypatch):
    draft = draft_of([",Alder,dana@millrace.test,,,"], mona)
    after_the_preview(monkeypatch, lambda: Membership.objects.filter(pk=dana.pk).update(ends_at=days_ago(1)))
    with pytest.raises(NotAllGood):
        import_clients(draft=draft)
    assert Client.objects.count() == 0


def test_a_preview_that_another_import_has_overtaken_writes_nobody_twice(draft_of, dana, mona, monkeypatch):
    rows = ["0042,Alder,dana@millrace.test,,,", ",Heron,dana@millrace.test,,,"]
    first, second = draft_of(rows, dana), draft_of(rows, mona)
    after_the_preview(monkeypatch, lambda: import_clients(draft=first))
    assert import_clients(draft=second) is None
    assert Client.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_each_client_once(draft_of, dana, mona):
    rows = [f",Client {n},dana@millrace.test,,," for n in range(50)]
    drafts = [draft_of(rows, dana), draft_of(rows, mona)]
    batches = at_once(*(lambda draft=draft: import_clients(draft=draft) for draft in drafts))
    assert (Client.objects.count(), batches.count(None)) == (50, 1)


def test_five_thousand_lines_take_a_bounded_number_of_statements(draft_of, dana):
    draft = draft_of([f"{n},Client {n},,,c{n}@example.org," for n in range(5000)], dana)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        import_clients(draft=draft)
    assert (Client.objects.count(), Standing.objects.count()) == (5000, 5000)
    assert len(seen) < 200
