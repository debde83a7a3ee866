"""What the page of a copy says of a finding: every key has a label, every value its words."""

from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from ratings.findings.names import kind_name, note_name, state_name
from ratings.psychometrics.evidence import Assessment, Kind, Note, Pillar, Points, State
from ratings.psychometrics.records import RuptureEvidence
from ratings.rights.copy_words import EVIDENCE_LABELS, FINDINGS, evidence_in_words, plain

FOUND = RuptureEvidence(
    Assessment(
        number=5,
        state=State.OPEN,
        suspicion=8.5,
        probability=0.62,
        alert=True,
        kind=Kind.WITHDRAWAL,
        pillars=(Pillar.GOAL,),
        points=(Points("client:goal", 8.03, 0.0, 75.0), Points("behaviour:straight_line", 0.5, 1.0), Points("old", 1)),
        notes=(Note.CEILING,),
    ),
    for_sessions=2,
    held_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
    hurried=(4, 5),
    straight_before=(4, 4),
)


def test_what_spoke_for_a_strain_has_a_label_for_each_key_that_is_stored():
    assert set(EVIDENCE_LABELS) == set(FOUND.to_json())


def test_what_spoke_for_a_strain_is_in_words():
    assert plain(evidence_in_words(FOUND.to_json(), lambda at: f"{at:%d %b}")) == {
        "Session": 5,
        "Held on": "02 Nov",
        "For how many sessions": 2,
        "What the program took it for": "below the usual",
        "How likely, from 0 to 1": "0.62",
        "Suspicion": "8.5",
        "It began there": "yes",
        "Kind": "pulling back",
        "Pillars that fell": "Goals",
        "What counted, and how much": "Client, goals: 8.03 points, seen 0 of 100, usually 75; "
        "Every answer the same: 0.5 points",
        "Notes": "the last forms were perfect in every answer",
        "Sessions answered in a hurry": "4, 5",
        "The same answer to every question before": "4 of 4",
    }


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Points("client", 12.0, 40.0, 75.5), "Client, overall: 12 points, seen 40 of 100, usually 75.5"),
        (Points("behaviour:comment", 1.0, 3.0, 12.0), "Comment shorter than usual: 1 point, seen 3 words, usually 12"),
        (Points("behaviour:no_show", 4.0, 1.0, 0.05), "No-show: 4 points, usually in 5 of 100 sessions"),
    ],
)
def test_a_figure_that_was_seen_has_its_unit(part, said):
    assert plain(FINDINGS["points"]([asdict(part)])) == said


@pytest.mark.parametrize(("name", "values"), [(state_name, State), (kind_name, Kind), (note_name, Note)])
def test_every_value_has_words(name, values):
    for value in values:
        assert name(value) and name(value) != value
