"""What speaks for a rupture, as it is stored."""

import json
from datetime import UTC, datetime

from ratings.psychometrics.evidence import Assessment, Kind, Note, Pillar, Points, State
from ratings.psychometrics.records import RuptureEvidence

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)

FULL = RuptureEvidence(
    Assessment(
        9,
        State.OPEN,
        suspicion=0.1 + 0.2,
        probability=1 / 3,
        alert=True,
        kind=Kind.WITHDRAWAL,
        pillars=(Pillar.TASK, Pillar.BOND),
        points=(Points("client", 1 / 7, seen=12.5, usual=80.1), Points("behaviour:comment", 2.0)),
        notes=(Note.EARLY_LOW,),
    ),
    for_sessions=3,
    held_at=MONDAY,
    hurried=(8, 9),
    straight_before=(2, 7),
)


def test_evidence_survives_its_storage():
    for kept in (FULL, RuptureEvidence(Assessment(None, State.OPEN))):
        assert RuptureEvidence.from_json(json.loads(json.dumps(kept.to_json()))) == kept


def test_the_stored_form_of_evidence_is_the_one_in_existing_databases():
    assert json.loads(json.dumps(FULL.to_json())) == {
        "state": "open", "score": 0.1 + 0.2, "probability": 1 / 3, "alert": True, "kind": "withdrawal",
        "pillars": ["task", "bond"],
        "points": [
            {"source": "client", "points": 1 / 7, "seen": 12.5, "usual": 80.1},
            {"source": "behaviour:comment", "points": 2.0, "seen": None, "usual": None},
        ],
        "notes": ["early_low"], "number": 9, "for_sessions": 3, "held_at": "2026-01-05T09:00:00+00:00",
        "hurried": [8, 9], "straight_before": [2, 7],
    }  # fmt: skip


def test_states_and_notes_of_an_older_program_are_readable():
    older = {"state": "stronger", "score": 0.1, "notes": ["repair_not_judgeable", "ceiling"], "number": 9}
    assert RuptureEvidence.from_json(older).assessment == Assessment(
        9, State.REPAIRED, suspicion=0.1, notes=(Note.CEILING,)
    )


def test_evidence_of_an_older_program_is_readable():
    older = {"state": "open", "score": 0.4, "kind": "", "pillars": ["goal"], "points": [], "notes": []}
    kept = RuptureEvidence.from_json(older)
    assert kept == RuptureEvidence(Assessment(None, State.OPEN, suspicion=0.4, pillars=(Pillar.GOAL,)))
