"""Which answers of a client stand out as low: the page of the case and that of the session say the same."""

import pytest
from django.urls import reverse

FALL = [[3, 3, 3, 3, 3, 3]] * 6


@pytest.mark.parametrize(
    ("latest", "marked"),
    [
        ([3, 3, 1, 3, 3, 3], ["What we did today made sense to me."]),  # two steps under the usual answer
        ([3, 3, 2, 3, 3, 3], []),  # one step, and no pillar lies below
        ([0, 0, 3, 3, 3, 3], ["We worked on what matters to me today.", "I know what we are working towards."]),
        ([1, 2, 3, 3, 3, 3], ["We worked on what matters to me today.", "I know what we are working towards."]),
        ([3, 3, None, 3, 3, 3], []),
    ],
)
def test_the_latest_answers_mark_what_the_session_marks(http, dana, juniper, live_through, latest, marked):
    *_before, last = live_through(juniper, [*FALL, latest])
    http.force_login(dana.user)
    case = http.get(reverse("ratings:case", args=[juniper.code]))
    session = http.get(reverse("ratings:session-page", args=[last.therapy_session.code]))
    rows = case.context["page"].answers
    assert [row.sentence for row in rows if row.is_below] == marked
    assert rows == session.context["page"].answers
    section = case.text[case.text.index("Latest answers") :]
    table = section[: section.index("</table>")]
    assert table.count("mark below") == len(marked)
    assert table.count("usually Mostly") == sum(bool(row.usual) for row in rows)


def test_in_shadow_mode_no_answer_is_called_low(http, dana, juniper, live_through, monkeypatch):
    live_through(juniper, [*FALL, 0])
    monkeypatch.setattr("ratings.cases.case.is_in_shadow", lambda practice: True)
    http.force_login(dana.user)
    rows = http.get(reverse("ratings:case", args=[juniper.code])).context["page"].answers
    assert [(row.usual, row.is_below) for row in rows] == [("", False)] * 6
