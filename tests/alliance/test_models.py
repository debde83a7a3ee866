import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from alliance.models import Consent, Episode, Membership, Supervision, User
from alliance.query_sets import PracticeQuerySet, ScopedQuerySet
from tests.factories import days_ago, make_client, make_episode, make_member, make_practice, make_supervision

# Not about one client. Every other model is clinical, and a new one has to be put here or be scoped.
NOT_CLINICAL = {
    "DataExport",
    "User", "Practice", "Membership", "Supervision", "Cover", "Leave", "ImportBatch", "ImportDraft", "FormDraft",
    "DataKey", "AuditEvent", "BrowserSession", "WaitingMail", "Instrument", "InstrumentText", "DetectorVersion",
    "OwnWords", "Meeting", "LastRun", "CaseOffer",
    "Erasure", "ErasureRequest", "RetentionRule", "AuditSeal", "Digest", "DigestLink",
}  # fmt: skip
OWN_MODELS = [model for app in ("alliance", "therapy", "ratings") for model in apps.get_app_config(app).get_models()]
CLINICAL = [model for model in OWN_MODELS if model.__name__ not in NOT_CLINICAL]


def refuse(make, *args, **fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make(*args, **fields)


def test_clinical_models_are_found():
    assert {"Client", "Episode", "TherapySession", "PrivateNote", "Rating", "Standing"} <= {
        m.__name__ for m in CLINICAL
    }


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model.__name__)
def test_clinical_model_is_scoped_and_each_field_declared(model):
    assert isinstance(model.objects.all(), ScopedQuerySet)
    own, of_episode = model.scope
    model._meta.get_field(own if own != "pk" else model._meta.pk.name)
    declared = [*model.Sensitivity.sealed, *model.Sensitivity.clinical, *model.Sensitivity.plain]
    assert sorted(declared) == sorted(field.name for field in model._meta.concrete_fields)
    sealed = {field.name for field in model._meta.concrete_fields if type(field).__name__ == "SealedTextField"}
    assert set(model.Sensitivity.sealed) == sealed


def test_people_are_scoped_to_the_practice():
    assert isinstance(Membership.objects.all(), PracticeQuerySet)
    assert isinstance(Supervision.objects.all(), PracticeQuerySet)


def test_email_is_unique_whatever_its_case(db):
    User.objects.create_user("dana@millrace.test")
    refuse(User.objects.create_user, "Dana@millrace.test")
    assert User.objects.get_by_natural_key("DANA@millrace.test").email == "dana@millrace.test"


def test_membership_needs_a_role_and_ends_after_it_starts(millrace):
    make_member(millrace, "Dana", "therapist supervisor manager", ends_at=days_ago(1))
    refuse(make_member, millrace, "Nobody", "")
    refuse(make_member, millrace, "Backwards", starts_at=days_ago(1), ends_at=days_ago(2))
    refuse(make_member, millrace, "Never", starts_at=(now := days_ago(1)), ends_at=now)


def test_one_open_place_per_practice(dana, millrace):
    refuse(make_member, millrace, "Dana", user=dana.user)
    make_member(make_practice("Weir House"), "Dana", user=dana.user)
    dana.ends_at = days_ago(1)
    dana.save()
    make_member(millrace, "Dana", "supervisor", user=dana.user)


def test_supervision_is_of_a_therapist_or_an_episode(sam, noor, juniper):
    make_supervision(sam, therapist=noor)
    make_supervision(sam, episode=juniper)
    refuse(make_supervision, sam)
    refuse(make_supervision, sam, therapist=noor, episode=juniper, ends_at=days_ago(1))
    refuse(make_supervision, noor, therapist=noor)
    refuse(make_supervision, sam, therapist=noor, starts_at=days_ago(1), ends_at=days_ago(2))


def test_one_open_supervision_per_pair(sam, dana, eve, sorrel):
    refuse(make_supervision, sam, therapist=dana)
    refuse(make_supervision, eve, episode=sorrel)
    Supervision.objects.update(ends_at=days_ago(1))
    make_supervision(sam, therapist=dana)
    make_supervision(eve, episode=sorrel)


def test_one_open_episode_per_client_and_therapist(juniper, dana, noor):
    refuse(make_episode, dana, client=juniper.client)
    make_episode(noor, client=juniper.client)
    juniper.ends_at, juniper.end_reason = days_ago(1), "completed"
    juniper.save()
    make_episode(dana, client=juniper.client)


def test_episode_end_has_a_reason_and_comes_later(dana):
    make_episode(dana, ends_at=days_ago(1), end_reason="client")
    refuse(make_episode, dana, ends_at=days_ago(1))
    refuse(make_episode, dana, end_reason="client")
    refuse(make_episode, dana, starts_at=days_ago(1), ends_at=days_ago(2), end_reason="client")
    refuse(make_episode, dana, end_planned=True)
    refuse(make_episode, dana, end_agreed=False)


@pytest.mark.parametrize(
    ("end_reason", "end_planned", "end_agreed", "dropped_out"),
    [
        ("client", False, False, True),
        ("client", False, True, False),
        ("client", True, False, False),
        ("client", None, False, False),
        ("client", False, None, False),
        ("therapist", False, False, False),
        ("outside", False, False, False),
        ("", None, None, False),
    ],
)
def test_dropping_out_takes_all_three(end_reason, end_planned, end_agreed, dropped_out):
    ended = Episode(end_reason=end_reason, end_planned=end_planned, end_agreed=end_agreed)
    assert ended.client_dropped_out is dropped_out


def test_outside_references_are_unique_where_they_are_given(millrace, dana):
    known = make_client(millrace, external_ref="a")
    make_client(millrace)
    make_client(millrace)
    make_client(make_practice("Weir House"), external_ref="a")
    refuse(make_client, millrace, external_ref="a")
    make_episode(dana, client=known, external_ref="a", ends_at=days_ago(1), end_reason="client")
    refuse(make_episode, dana, client=known, external_ref="a")


def test_one_live_consent_per_purpose(juniper):
    asked = {"client": juniper.client, "purpose": "check_in", "text_version": "1"}
    first = Consent.objects.create(**asked)
    refuse(Consent.objects.create, **asked)
    first.withdrawn_at = days_ago(0)
    first.save()
    Consent.objects.create(**asked)


def test_texts_of_models_are_codes(dana, juniper):
    for row in (dana, dana.user, juniper, juniper.client):
        assert str(row) == str(row.code)
    assert (dana.display_name, juniper.client.display_name) == ("Dana Whitlock", "Juniper")
