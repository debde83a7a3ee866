"""The address of the page of what was done."""

import pytest


@pytest.mark.parametrize(("place", "status"), [("x", 400), ("²", 400), ("9" * 19, 400), ("9" * 18, 200)])
def test_what_no_event_can_have_as_its_key_is_no_place_in_the_audit(http, mona, place, status):
    http.force_login(mona.user)
    assert http.get("/people/audit/", {"before": place}).status_code == status
