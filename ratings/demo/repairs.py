"""What was done about the ruptures of the stories: steps, a question for supervision, one set aside.

It comes after the courses, for the ruptures are what a replay makes of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alliance.crypto import Sealed, keyed_hash
from alliance.models import Episode, Practice
from ratings.demo.people import address_of
from ratings.detection.before import read_before
from ratings.detection.history import held_sessions
from ratings.detection.reassess import store
from ratings.detection.replay import replay
from ratings.models import RepairStep, Rupture, RuptureView, SetAside, SupervisionQuestion

Step, Outcome, Kind, Sign = RepairStep.Step, RepairStep.Outcome, RuptureView.KindSeen, RuptureView.SignSeen
ASKED_AFTER = timedelta(hours=1)  # after the log of the session


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One step, and what became of it."""

    step: RepairStep.Step
    number: int  # of the session whose log says so; of one that is planned, the last before it
    words: str
    line: str = ""
    outcome: RepairStep.Outcome = Outcome.DONE


@dataclass(frozen=True, slots=True)
class StoryRepair:
    """What was done about the last rupture of a story."""

    name: str
    kind: RuptureView.KindSeen | None = None
    signs: tuple[RuptureView.SignSeen, ...] = ()
    steps: tuple[StoryStep, ...] = ()
    question: str = ""
    aside: str = ""  # why it was set aside


REPAIRS = (
    StoryRepair(
        "Teasel",
        Kind.WITHDRAWAL,
        (Sign.QUIET, Sign.AGREED),
        (
            StoryStep(Step.NOTICE, 8, "You went quiet, and I went on. I saw that too late.", outcome=Outcome.PARTLY),
            StoryStep(
                Step.NOTICE,
                9,
                "You went quiet, and I went on. I saw that too late.",
                "I said that I had gone too fast. She had thought that she was failing it.",
            ),
            StoryStep(Step.ASK, 9, "How was that for you?", "Alone with it, and ashamed of stopping."),
            StoryStep(
                Step.AGREE,
                9,
                "Which part would you keep, and which would you drop?",
                "Two weeks of small steps, her own list. She can say stop.",
            ),
            StoryStep(Step.CHECK, 10, "Last time we changed something. How is that going?", "She said stop, once."),
        ),
    ),
    StoryRepair(
        "Wren",
        Kind.BOTH,
        (Sign.CRITICISED,),
        (
            StoryStep(Step.NOTICE, 11, "I had the feeling that you were a bit alone last time."),
            StoryStep(Step.ASK, 11, "What could I do when that happens again?", "He heard it from the teacher."),
            StoryStep(
                Step.AGREE,
                12,
                "Let’s try it this way for two sessions and then see.",
                "Nothing leaves this room before he has read it.",
            ),
            StoryStep(Step.CHECK, 13, "How is it between us now?", outcome=Outcome.PLANNED),
        ),
    ),
    StoryRepair("Fern", Kind.WITHDRAWAL, (Sign.AGREED, Sign.MISSED), question="What pulls me in when all is fine?"),
    StoryRepair("Larch", aside="His mother is in hospital. We spoke about it; it is not about us."),
)


def add_repairs(practice: Practice, now: datetime) -> None:
    """Adds what was done about the ruptures of the stories that the practice has."""
    for repair in REPAIRS:
        email_hash = keyed_hash("email", address_of(repair.name))
        episodes = Episode.objects.filter(client__practice=practice, client__email_hash=email_hash)
        episode = episodes.select_related("client__data_key", "client__practice").order_by("-pk").first()
        rupture = Rupture.objects.filter(episode=episode).order_by("-opened_at").first() if episode else None
        if episode and rupture:
            _add(repair, episode, rupture, now)


def _add(repair: StoryRepair, episode: Episode, rupture: Rupture, now: datetime) -> None:
    key, of_case = episode.client.data_key, {"episode": episode, "rupture": rupture}
    said_at = rupture.opened_at + ASKED_AFTER
    if repair.kind:
        seen = {"kind": repair.kind, "signs": list(repair.signs)}
        RuptureView.objects.create(**of_case, **seen, said_by_id=episode.therapist_id, said_at=said_at)
    by_number = {held.number: held.row for held in held_sessions(episode)}
    for one in repair.steps:
        row, planned = by_number[one.number], one.outcome == Outcome.PLANNED
        RepairStep.objects.create(
            **of_case,
            step=one.step,
            outcome=one.outcome,
            words=Sealed(one.words, key),
            line=Sealed(one.line, key) if one.line else None,
            logged_with=None if planned else row,
            said_by_id=episode.therapist_id,
            said_at=row.logged_at or said_at,
        )
    if repair.question:
        text = Sealed(repair.question, key)
        SupervisionQuestion.objects.create(
            episode=episode, text=text, asked_by_id=episode.therapist_id, asked_at=said_at
        )
    if repair.aside:
        _set_aside(repair, episode, rupture, said_at, now)


def _set_aside(repair: StoryRepair, episode: Episode, rupture: Rupture, at: datetime, now: datetime) -> None:
    """Puts it away as the therapist did it then, and replays the case with that."""
    key = episode.client.data_key
    rupture.state, rupture.closed_at, rupture.closed_session = Rupture.RuptureState.SET_ASIDE, at, None
    rupture.aside_reason = Sealed(repair.aside, key)
    rupture.save()
    reason = Sealed(repair.aside, key)
    SetAside.objects.create(episode=episode, rupture=rupture, reason=reason, by_id=episode.therapist_id, at=at)
    before = read_before({episode.pk: episode}, episode.client.practice)
    replayed = replay(episode, before.version, before.held(episode.pk), before.ruptures[episode.pk], now)
    store([replayed], before)
