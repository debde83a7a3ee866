"""Reads: all that the page of a rupture shows."""

from dataclasses import dataclass
from datetime import datetime

from alliance import access
from alliance.dates import DateFormat, day
from alliance.models import Episode, User
from ratings.detection.stored import evidence_of
from ratings.findings.flag import FlagContext, FlagText, flag_text
from ratings.models import Rating, Rupture, Verdict
from ratings.psychometrics.evidence import Rater, Use
from ratings.psychometrics.ruptures import RuptureEvidence


@dataclass(frozen=True, slots=True)
class RupturePage:
    """The page of one rupture, for one reader."""

    rupture: Rupture
    episode: Episode
    name: str
    reader_is_therapist: bool
    flag: FlagText | None  # None where a person opened it
    number: int | None  # of the session that speaks for it
    seen_at: datetime | None
    worded: bool
    verdict: Verdict | None
    aside_reason: str


def rupture_page(rupture: Rupture, reader: User) -> RupturePage:
    """The page of a rupture, with what this reader may see.

    The rupture comes with its episode, sessions and version.
    """
    episode = rupture.episode
    name = episode.client.display_name
    reader_is_therapist = access.can_edit(reader, episode)
    worded = is_worded(episode)
    evidence = evidence_of(rupture)
    return RupturePage(
        rupture=rupture,
        episode=episode,
        name=name,
        reader_is_therapist=reader_is_therapist,
        flag=_flag(rupture, evidence, reader_is_therapist, worded) if evidence else None,
        number=evidence.assessment.number if evidence else None,
        seen_at=evidence.held_at if evidence else None,
        worded=worded,
        verdict=Verdict.objects.filter(rupture=rupture).first(),
        aside_reason=rupture.aside_reason.open(episode.client.data_key) if rupture.aside_reason else "",
    )


def is_worded(episode: Episode) -> bool:
    """Whether a score has words that may be printed, as on the case page.

    Not where a questionnaire came without.
    """
    return not Rating.objects.filter(episode=episode, rater=Rater.CLIENT, text__isnull=True).current().exists()


def _flag(rupture: Rupture, evidence: RuptureEvidence, reader_is_therapist: bool, worded: bool) -> FlagText:
    name, context = rupture.episode.client.display_name, _context(rupture, evidence, reader_is_therapist, worded)
    return flag_text(evidence.assessment, name, evidence.for_sessions, context)


def _context(rupture: Rupture, evidence: RuptureEvidence, reader_is_therapist: bool, worded: bool) -> FlagContext:
    return FlagContext(
        over=not rupture.is_active,
        recovering=rupture.state == Rupture.RuptureState.RECOVERING,
        reader_is_therapist=reader_is_therapist,
        since=day(rupture.opened_session.starts_at, DateFormat.DAY),
        hurried=evidence.hurried,
        straight_before=evidence.straight_before,
        weighs_behaviour=rupture.version is not None and rupture.version.use == Use.ALL,
        worded=worded,
    )
