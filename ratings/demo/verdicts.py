"""What the therapists of the demo say: of flags that are over, and of sessions that were picked at random."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from ratings.bulk import Bulk
from ratings.detection.replay import Replay
from ratings.detection.sample import CHANCE
from ratings.detection.stored import evidence_of
from ratings.models import Draw, Rupture, StrainVerdict, UsefulVerdict
from ratings.psychometrics.evidence import IN_RUPTURE, State, Sureness, sureness
from sessions.models import Attendance, TherapySession

VERDICT_TABLES = (Draw, StrainVerdict, UsefulVerdict)
SAID_AFTER = timedelta(days=3)
ANSWERED = 0.9  # share of the picked sessions; of flags all that are over, so that the page has its 20
STRAIN_IN = {Sureness.CLEAR: 0.6, Sureness.POSSIBLE: 0.3, None: 0.3}  # share of flags by how sure they are
STRAIN_ELSEWHERE = 0.06
CANT_SAY = 0.05  # of the picked sessions
FLAG_BEFORE_OR_NOW = (*IN_RUPTURE, State.REPAIRED, State.BACK_TO_USUAL)


class Verdicts:
    """Adds draws and answers to the rows of a course; the same random numbers for the same seed."""

    def __init__(self, bulk: Bulk, seed: int, now: datetime, asked: int) -> None:
        """`asked`: the key of the therapist whose Today has the question in any case."""
        self.bulk, self.now, self.asked, self.random = bulk, now, asked, Random(f"verdicts {seed}")

    def add(self, replayed: Replay, sessions: Sequence[TherapySession], therapist_key: int) -> None:
        """The rows of one course, after its assessments and ruptures have theirs."""
        for rupture in replayed.ruptures:
            if rupture.closed_at and rupture.closed_at + SAID_AFTER < self.now:
                self._judge_flag(rupture, therapist_key)
        for therapy_session, assessment in zip(sessions, replayed.assessments, strict=True):
            has_flag = assessment.state in FLAG_BEFORE_OR_NOW
            if therapy_session.attendance != Attendance.ATTENDED or has_flag or therapy_session.logged_at is None:
                continue
            is_drawn = self._happens(CHANCE)
            if therapist_key == self.asked and therapy_session.logged_at + SAID_AFTER > self.now:
                is_drawn, self.asked = True, 0
            draw = self.bulk.add(
                Draw,
                episode_id=therapy_session.episode_id,
                therapy_session_id=therapy_session.pk,
                is_drawn=is_drawn,
                chance=CHANCE,
                version_id=assessment.version_id,
                stated=assessment.probability,
                drawn_at=therapy_session.logged_at,
            )
            if draw.is_drawn and draw.drawn_at + SAID_AFTER < self.now and self._happens(ANSWERED):
                self._say(STRAIN_ELSEWHERE, draw.drawn_at, draw.stated, draw.version_id, therapist_key, draw_id=draw.pk,
                          episode_id=draw.episode_id)  # fmt: skip

    def _judge_flag(self, rupture: Rupture, therapist_key: int) -> None:
        evidence = evidence_of(rupture)
        stated = evidence.assessment.probability if evidence else None
        about = {"rupture_id": rupture.pk, "episode_id": rupture.episode_id}
        assert rupture.closed_at is not None
        there_was = STRAIN_IN[sureness(stated)]
        said = self._say(there_was, rupture.closed_at, stated, rupture.version_id, therapist_key, **about)
        if rupture.version_id is None:
            return
        useful, known, not_useful = UsefulVerdict.Answer
        self.bulk.add(
            UsefulVerdict,
            **about,
            answer=(known if self._happens(0.3) else useful if said or self._happens(0.3) else not_useful).value,
            given_by_id=therapist_key,
            given_at=rupture.closed_at + SAID_AFTER,
        )

    def _say(
        self, share: float, at: datetime, stated: float | None, version: int | None, therapist: int, **about: int
    ) -> bool:
        """Adds an answer; whether there was strain."""
        yes, no, cant_say = StrainVerdict.Answer
        answer = yes if self._happens(share) else cant_say if "draw_id" in about and self._happens(CANT_SAY) else no
        self.bulk.add(
            StrainVerdict,
            **about,
            answer=answer.value,
            stated=stated,
            version_id=version,
            given_by_id=therapist,
            given_at=at + SAID_AFTER,
        )
        return answer == yes

    def _happens(self, share: float) -> bool:
        return self.random.random() < share
