"""A form that was sent twice, by a second tap or a lost connection, does its work once."""

from datetime import timedelta

from django.utils import timezone

from ratings.psychometrics.evidence import Rater
from sessions.models import TherapySession

WITHIN = timedelta(minutes=1)  # convention of this app


def just_logged(episode, by, said, answers):
    """Whether this session was logged within the last minute with the same words and answers."""
    recent = TherapySession.objects.not_voided().filter(
        episode=episode,
        logged_by=by,
        logged_at__gt=timezone.now() - WITHIN,
        **{name: said.get(name) for name in ("starts_at", "ends_at", "mode", "attendance")},
    )
    therapy_session = recent.select_related("private_note").first()
    if therapy_session is None:
        return False
    own = therapy_session.ratings.current().filter(rater=Rater.THERAPIST).first()
    note = getattr(therapy_session, "private_note", None)
    noted = note.text.open(episode.client.data_key) if note else ""
    return (own.answers if own else {}) == answers and noted == said.get("private_note")


def just_opened(therapist, name):
    """The case this therapist opened under this name within the last minute: a form sent twice makes one case."""
    recent = therapist.episodes.filter(client__created_at__gt=timezone.now() - WITHIN, ends_at__isnull=True)
    rows = recent.select_related("client__data_key")
    return next((episode for episode in rows if episode.client.display_name == name), None)


def just_agreed(episode, text):
    """Whether this goal was added within the last minute."""
    recent = episode.goals.filter(agreed_at__gt=timezone.now() - WITHIN)
    return any(goal.text.open(episode.client.data_key) == text for goal in recent)
