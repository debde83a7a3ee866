"""The newest rupture of a case: every list tells of the same one, and says nothing of what shadow mode keeps back."""

import pytest

from alliance.access import check_role
from ratings.cases.attention import caseload_of
from ratings.cases.lists import case_rows
from ratings.cases.newest import last_ruptures
from ratings.models import DetectorVersion, Rupture, Standing
from ratings.psychometrics.series import SERIES
from ratings.psychometrics.standing import Spark
from tests.factories import days_ago, make_therapy_session

DETECTOR, CLIENT = {"opened_by": "detector"}, {"opened_by": "client"}
ASIDE, KEPT_BACK = {"state": "set_aside", "closed_at": days_ago(0)}, {"kept_back": True}
EMPTY = Spark(()).to_json()
OVER, WITHDRAWN = {"state": "repaired", "closed_at": days_ago(0)}, {"state": "withdrawn", "closed_at": days_ago(0)}


@pytest.fixture
def had(millrace, juniper):
    """`had(...)`: the case had these ruptures, the oldest first, and none is open."""

    def of(*ruptures):
        for number, fields in enumerate(ruptures):
            voided = {"voided_at": days_ago(0), "voided_by": juniper.therapist} if fields.get("voided") else {}
            session = make_therapy_session(juniper, starts_at=days_ago(50 - number), attendance="attended", **voided)
            given = {name: value for name, value in fields.items() if name != "voided"}
            Rupture.objects.create(episode=juniper, opened_session=session, opened_at=days_ago(40), **given)
        Standing.objects.create(episode=juniper, last_session_at=days_ago(9), spark=dict.fromkeys(SERIES, EMPTY))

    return of


@pytest.mark.parametrize(
    ("ruptures", "told", "told_in_shadow"),
    [
        ([], None, None),
        ([CLIENT | OVER, DETECTOR | ASIDE], 1, 0),
        ([CLIENT | ASIDE, DETECTOR | KEPT_BACK], 1, 0),
        ([DETECTOR | OVER, CLIENT | ASIDE], 1, 1),
        ([CLIENT | ASIDE, CLIENT | WITHDRAWN], 0, 0),
        ([CLIENT | ASIDE, CLIENT | OVER | {"voided": True}], 0, 0),
        ([DETECTOR | ASIDE], 0, None),
        ([DETECTOR | KEPT_BACK], 0, None),
    ],
)
@pytest.mark.parametrize("shadow", [False, True])
def test_every_list_tells_of_the_same_one(
    ruptures, told, told_in_shadow, shadow, had, millrace, dana, sam, juniper, sorrel, otis
):
    for practice, is_hidden in ((millrace, shadow), (otis.practice, not shadow)):
        DetectorVersion.objects.create(practice=practice, shadow=is_hidden)
    had(*ruptures)
    newest = (told, told_in_shadow)[shadow]
    expected = None if newest is None else Rupture.objects.order_by("opened_session__starts_at")[newest]
    own, along = case_rows([juniper.pk], dana.user), case_rows([juniper.pk])
    last = last_ruptures([juniper.pk, sorrel.pk], {juniper.pk} if shadow else set()).get(juniper.pk)
    assert [own[0].last, along[0].last, last and last.rupture] == [expected] * 3
    page = caseload_of(sam.user, check_role(sam.user, "supervisor"))
    is_aside = expected is not None and expected.state == "set_aside"
    is_kept_back = expected is not None and expected.kept_back
    assert [bool(page.aside.rows), bool(page.kept_back.rows)] == [is_aside, is_kept_back]
    assert [along[0].aside is not None, along[0].is_kept_back] == [is_aside, is_kept_back]
