"""A case that was erased while somebody answered about it."""

import pytest

from alliance.access import NotVisible
from alliance.models import CaseOffer, Erasure, SightAnswer
from alliance.people.case_offers import answer_case_offer
from ratings.handover.actions import Choice, What, leave, take_case
from ratings.rights.erase import erase_client


@pytest.mark.parametrize(("answer", "said"), [(answer_case_offer, {"answer": SightAnswer.DECLINE}), (take_case, {})])
def test_an_offer_of_a_case_that_was_erased_meanwhile_is_not_there(answer, said, juniper, dana, noor, mona):
    leave(membership=dana, by=mona, choices=[Choice(juniper.code, What.HAND_OVER, noor)])
    offer = CaseOffer.objects.get()
    erase_client(client=juniper.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=mona)
    with pytest.raises(NotVisible):
        answer(offer=offer, user=noor.user, **said)
