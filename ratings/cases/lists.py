"""Reads: cases as lines of a list, worst first."""

from dataclasses import dataclass
from datetime import datetime

from ratings.detection.stored import evidence_of
from ratings.models import Rupture, Standing
from ratings.psychometrics import evidence


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list of cases."""

    code: str
    name: str
    therapist: str
    therapist_code: str
    standing: Standing
    reason: evidence.Assessment | None  # what speaks for the open rupture
    since: datetime | None
    for_sessions: int  # rated sessions it has lasted
    last: Rupture | None  # the newest that stands, open or over
    aside: str | None  # why it was set aside, as long as it stays aside
    ended_at: datetime | None
    how_ended: str


def case_rows(episodes) -> list[CaseRow]:
    """The episodes of a queryset with their standings, worst first, then by name. Two statements."""
    rows = episodes.filter(standing__isnull=False).select_related(
        "client__data_key", "client__practice", "therapist__practice__data_key", "standing__rupture__opened_session"
    )
    lasts = Rupture.objects.last_of_each([episode.pk for episode in rows])
    cases = []
    for episode in rows:
        rupture, last = episode.standing.rupture, lasts.get(episode.pk)
        stays_aside = last and last.state == Rupture.RuptureState.SET_ASIDE and not last.steady_again
        cases.append(
            CaseRow(
                code=str(episode.code),
                name=episode.client.display_name,
                therapist=episode.therapist.display_name,
                therapist_code=str(episode.therapist.code),
                standing=episode.standing,
                reason=evidence_of(rupture) if rupture else None,
                since=rupture.opened_session.starts_at if rupture else None,
                for_sessions=rupture.evidence.get("for_sessions", 1) if rupture else 0,
                last=last,
                aside=_aside_reason(last, episode.client) if stays_aside and not rupture else None,
                ended_at=episode.ends_at,
                how_ended=episode.get_end_reason_display(),
            )
        )
    return sorted(cases, key=lambda case: (-case.standing.attention, case.name.casefold()))


def _aside_reason(rupture, client):
    return rupture.aside_reason.open(client.data_key) if rupture.aside_reason else ""
