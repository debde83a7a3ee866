"""The sentences of a session with both answers, and which of the client's stand out as low.

One rule for the page of the case and that of the session.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from ratings.cases.pillars import History, PillarView
from ratings.check_in.instrument_choice import definition_of
from ratings.detection.history import HeldSession
from ratings.models import Rating
from ratings.psychometrics.evidence import Pillar
from ratings.psychometrics.usual import FEWEST

FAR_BELOW = 2  # steps under the usual answer: then the sentence is marked by itself; convention of this app


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A sentence with both answers in words, and what the client usually says where this is less."""

    sentence: str
    client: str
    therapist: str
    usual: str
    is_below: bool
    is_reversed: bool  # a high answer means a weak alliance


def low_pillars(views: Iterable[PillarView], number: int) -> set[Pillar]:
    """The pillars that the charts mark as below the client's own usual in the session of this number."""
    return {Pillar(view.key) for view in views for row in view.rows if row.number == number and row.below}


def usual_answers(history: History, held: HeldSession, client: Rating) -> dict[str, int]:
    """Item id -> what the client mostly answered before this session, from the fifth answer on, as with the range."""
    if history.shadow:
        return {}
    earlier: dict[str, list[int]] = {}
    for row in history.sessions:
        if row.row.starts_at >= held.row.starts_at:
            break
        if row.client and row.client.instrument_id == client.instrument_id:
            for item, answer in row.client.answers.items():
                earlier.setdefault(item, []).append(answer)
    return {item: median_low(answers) for item, answers in earlier.items() if len(answers) >= FEWEST - 1}


def answered_rows(
    client: Rating | None, therapist: Rating | None, usual: Mapping[str, int], low: set[Pillar]
) -> list[AnsweredRow]:
    """The sentences with the answers; none where the words of the questionnaire may not be printed.

    Both ratings answer the same sentences. `usual`: the client's usual answers; `low`: the pillars that lie below.
    """
    asked = client or therapist
    if asked is None or asked.text is None:
        return []
    wording: dict[str, Any] = asked.text.text[asked.rater]
    words: Sequence[str] = wording["answers"]
    instrument = definition_of(asked.instrument)

    def in_words(answer: int | None) -> str:
        return words[answer - instrument.lowest] if answer is not None else ""

    rows = []
    for item in instrument.items:
        answer = client.answers.get(item.id) if client else None
        usually = usual.get(item.id)
        steps = 0
        if answer is not None and usually is not None:
            steps = answer - usually if item.reversed else usually - answer
        rows.append(
            AnsweredRow(
                sentence=wording["items"][item.id],
                client=in_words(answer),
                therapist=in_words(therapist.answers.get(item.id) if therapist else None),
                usual=in_words(usually) if steps > 0 else "",
                is_below=steps >= FAR_BELOW or (steps > 0 and item.pillar in low),
                is_reversed=item.reversed,
            )
        )
    return rows


def latest_rows(history: History, latest: HeldSession, views: Iterable[PillarView]) -> list[AnsweredRow]:
    """The latest answers of both sides, then what the therapist answered of sentences of their own."""
    client, therapist = latest.client, latest.therapist
    if client is None or latest.number is None:
        return []
    own = therapist if therapist and therapist.instrument_id != client.instrument_id else None
    usual, low = usual_answers(history, latest, client), low_pillars(views, latest.number)
    rows = answered_rows(client, None if own else therapist, usual, low)
    return rows + [row for row in answered_rows(None, own, {}, set()) if row.therapist] if rows else []
