"""The page of a correction, where the therapist has not rated the session yet."""

import re

from django.urls import reverse


def test_whoever_has_not_rated_a_session_reads_that_they_can_add_it(http, dana, juniper, live_through):
    [check_in] = live_through(juniper, [3])
    path = reverse("ratings:session-correct", args=[check_in.therapy_session.code])
    http.force_login(dana.user)
    assert "Add your rating" not in http.get(path).text
    check_in.therapy_session.ratings.filter(rater="therapist").delete()
    heading = re.search(r"<h1>(.*?)</h1>", http.get(path).text, re.DOTALL)
    assert heading and heading[1].strip() == "Add your rating, or correct this session"
