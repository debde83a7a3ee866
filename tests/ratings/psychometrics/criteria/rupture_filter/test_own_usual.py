import doctest

from ratings.psychometrics.criteria.rupture_filter import own_usual


def test_the_worked_example_is_read_weighed_and_learned_in_this_order():
    found = doctest.testmod(own_usual)
    assert (found.failed, found.attempted) == (0, 8)
