from ratings.check_in import links
from ratings.models import ClientLink


def test_a_link_keeps_only_the_hash_of_its_key(juniper, live_through):
    (check_in,) = live_through(juniper, [None])
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    other = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    assert token != other
    assert len(token) == 43
    stored = [value for row in ClientLink.objects.values() for value in map(str, row.values())]
    assert not [value for value in stored if token in value]
