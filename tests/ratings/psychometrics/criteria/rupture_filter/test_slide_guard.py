from ratings.psychometrics.criteria.rupture_filter.slide_guard import FEWEST, SILENT, THERE, SlideGuard


def guard(*ratings):
    one = SlideGuard(sd=8.5, speaks_at=1.0, slope=0.6)
    for rating in ratings:
        one.learn(rating)
    return one


def test_it_says_nothing_before_a_slide_can_have_happened_or_above_the_mean():
    assert guard(80, 79, 78, 77).stated(10) == SILENT
    assert guard(80, 79, 78, 77, 76).stated(80) == SILENT


def test_it_never_forgets_where_the_slide_began():
    slide = [80 - 3 * step for step in range(10)]
    assert guard(*slide).mean > 65
    assert guard(*slide).stated(44) > THERE > guard(*slide).stated(60)


def test_it_begins_anew_from_a_level_that_was_taken_for_usual():
    one = guard(*[80] * 8)
    one.restart(40)
    assert (one.mean, len(one.ratings)) == (40, FEWEST)
    assert one.stated(40) == SILENT


def test_a_client_who_varies_more_slides_further_before_it_speaks():
    one = guard(*[80] * 8)
    assert one.stated(65) > one.stated(65, wider=1.5)
    assert one.stated(65) == one.stated(65, wider=0.5)


def test_what_lies_far_below_states_more_with_each_step_than_a_slide():
    one = guard(*[80] * 8)
    near = one.stated(65) - one.stated(70)
    assert one.stated(20) - one.stated(25) > 1.4 * near
