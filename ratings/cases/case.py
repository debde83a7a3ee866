"""Reads: all that the page of one case draws."""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from ratings.detection.history import HeldSession, held_sessions
from ratings.detection.stored import as_assessment, as_version, detector_version
from ratings.models import Assessment, DetectorVersion, Rupture
from ratings.psychometrics import evidence
from ratings.psychometrics.assess import assess
from sessions.models import Attendance, PrivateNote


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """All that the page of one case draws, oldest first."""

    held: list[HeldSession]
    assessments: list[evidence.Assessment]  # one for each held session
    ruptures: list[Rupture]
    version: evidence.Version


def case_history(episode) -> CaseHistory:
    held = held_sessions(episode)
    # The newest version that this episode was replayed under; a newer one may be on its way through the practice.
    versions = DetectorVersion.objects.filter(assessment__episode=episode).order_by("-valid_from")
    row = versions.first() or detector_version(episode.client.practice)
    version = as_version(row)
    stored = {row.therapy_session_id: row for row in Assessment.objects.filter(episode=episode, version=row)}
    if all(therapy_session.row.pk in stored for therapy_session in held):
        assessments = [
            as_assessment(stored[therapy_session.row.pk], therapy_session.number) for therapy_session in held
        ]
    else:  # an import has brought sessions in, and its replay is on its way
        assessments = assess([therapy_session.evidence for therapy_session in held], version)
    return CaseHistory(
        held=held,
        assessments=assessments,
        ruptures=list(
            Rupture.objects.filter(episode=episode)
            .select_related("opened_session", "closed_session")
            .order_by("-opened_session__starts_at", "-pk")
        ),
        version=version,
    )


COMMENTS_SHOWN = 3  # older ones that were read are left to the record


# --- What the page shows ----------------------------------------------------------------------------------------------


def latest_answers(held):
    """The client's latest answers in words beside the therapist's: (sentence, client, therapist, whether a high answer
    means a weak alliance)."""
    if held is None or held.client.text is None:
        return []
    client, therapist = held.client, held.therapist
    wording = client.text.text["client"]
    lowest = client.instrument.definition["lowest"]
    turned = {item["id"] for item in client.instrument.definition["items"] if item.get("reversed")}

    def said(rating, item):
        answer = rating.answers.get(item) if rating and rating.instrument_id == client.instrument_id else None
        return wording["answers"][answer - lowest] if answer is not None else ""

    return [
        (sentence, said(client, item), said(therapist, item), item in turned)
        for item, sentence in wording["items"].items()
    ]


def comments_of(rated, may_read, key):
    """What the client wrote for this reader, newest first: all that has not been read, and the last few besides."""
    commented = [held for held in reversed(rated) if held.client.comment and may_read(held.client)]
    return [
        (held, held.client.comment.open(key))
        for position, held in enumerate(commented)
        if position < COMMENTS_SHOWN or (held.client.check_in and held.client.check_in.read_at is None)
    ]


def sessions_in_words(rows):
    """How many sessions were held, as they are numbered, and apart from them what else is in the list."""
    count = Counter(row.therapy_session.attendance for row in rows)
    held = count[Attendance.ATTENDED]
    others = (
        (count[Attendance.NO_SHOW], ngettext_lazy("and one that was missed", "and %(n)s that were missed", "n")),
        (
            count[Attendance.CANCELLED_LATE],
            ngettext_lazy("and one that was cancelled late", "and %(n)s that were cancelled late", "n"),
        ),
        (count[Attendance.PLANNED], ngettext_lazy("and one that is planned", "and %(n)s that are planned", "n")),
    )
    first = ngettext("The session", "All %(n)s sessions", held) % {"n": held} if held else _("No session held")
    return ", ".join([first, *(said % {"n": n} for n, said in others if n)])


def _notes(user, episode, key):
    notes = PrivateNote.objects.visible_to(user).filter(episode=episode).select_related("therapy_session")
    return [(note.therapy_session, note.text.open(key)) for note in notes.order_by("-therapy_session__starts_at")[:5]]
