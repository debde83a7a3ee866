"""What clients are asked to agree to: a wording that was agreed to stays as it was."""

import pytest

from alliance.clients import actions
from alliance.clients.wordings import WORDINGS, agreements_of, wording_in_force, wording_of
from alliance.models import Consent

# Each as somebody may have agreed to it. A changed text is a new version with a line of its own.
KEPT = {
    ("check_in", "2026-11"): "cd80f184975aa44e304bdd3a0ede3b845dbdc98bcbd42d76fa43aa2484709423",
    ("email", "2026-11"): "a65be9f50fbdf3d77baaeb05c9b85ae4c3a30927f56c2424c9755a4612d78a2c",
    ("history", "2026-11"): "e0436ee6c2b2107cc6032a94e06bd1311c45837b6534ee212109dff87092523e",
    ("study", "2026-11"): "1910279f43a0b3514c8f5c68a0d8fa256cad98b98a0c3dfbbde93b89b7fa27e4",
    ("check_in", "2026-12"): "cd7a8669028b23caeedac8895e646bf20bdc1c75a0fcfd807a6585ff49f02041",
    ("email", "2026-12"): "e77121b58d44dac93826d9c1dcb6f05536f2cd2c8be92c8ae23d4e161b28f326",
    ("history", "2026-12"): "a0f57f0a7589871d067f72b68186bd66035bd8a689f05549643f90f7f9724a88",
    ("study", "2026-12"): "b359f1822387d6248e835d3323c88cf500f8d6fca1b9af85951d88de0918ae0e",
    ("check_in", "2027-01"): "e4cd5c906aadef59466a8106e4631f38507a43f63cc9a924f9dda54b6bfe10fd",
}


def test_no_wording_was_changed_and_none_is_gone():
    assert {(word.purpose.value, word.version): word.sha256 for word in WORDINGS} == KEPT


@pytest.mark.parametrize("purpose", Consent.Purpose)
def test_a_consent_says_to_which_wording_it_was_given(purpose, juniper):
    actions.settle_consent(client=juniper.client, purpose=purpose, given=True)
    consent = juniper.client.consents.get(purpose=purpose)
    assert wording_of(consent) == wording_in_force(purpose)
    assert consent.text_hash == KEPT[purpose, consent.text_version]


def test_a_text_that_is_not_the_one_agreed_to_is_not_shown_as_that(juniper):
    consent = Consent(client=juniper.client, purpose="email", text_version="2026-12", text_hash="0" * 64)
    assert wording_of(consent) is None


def test_an_earlier_wording_holds_until_the_client_is_asked_again(juniper):
    client, first = juniper.client, WORDINGS[0]
    given = {"purpose": first.purpose, "text_version": first.version, "text_hash": first.sha256}
    client.consents.create(**given)
    assert [row.is_to_be_renewed for row in agreements_of(client)] == [True]
    assert client.agreed_to == {"check_in"}
    actions.renew_consent(client=client, purpose="check_in")
    actions.renew_consent(client=client, purpose="check_in")
    assert [row.is_to_be_renewed for row in agreements_of(client)] == [False]
    assert [consent.withdrawn_at is None for consent in client.consents.order_by("pk")] == [False, True]


def test_nobody_agrees_by_being_asked_again(juniper):
    actions.renew_consent(client=juniper.client, purpose="study")
    assert not juniper.client.consents.exists()
