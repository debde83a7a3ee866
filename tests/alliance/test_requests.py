import pytest

from alliance.requests import posted

pytestmark = pytest.mark.sqlite


def test_only_a_post_binds_a_form_and_an_empty_one_does_too(rf):
    assert posted(rf.get("/?name=Anna")) is None
    assert posted(rf.post("/", {"name": "Anna"})).dict() == {"name": "Anna"}
    assert posted(rf.post("/")) is not None
