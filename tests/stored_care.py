"""What the database holds of people and cases, read back as the plain data of `tests.care_graphs`."""

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from alliance.models import Client, Cover, EmergencyAccess, Episode, Membership, Practice, Supervision, User
from sessions.models import PrivateNote
from tests.care_graphs import Graph, Stored


def stored_graph() -> tuple[Graph, Stored]:
    """What the database holds now, as plain data; days are those from now."""
    made = Graph(timezone.now())

    def days(at: datetime | None) -> float | None:
        return None if at is None else (at - made.now).total_seconds() / 86_400

    def all_of(model: type[Model]) -> tuple[list[Any], dict]:
        rows = list(model._default_manager.order_by("pk"))
        return rows, {None: None} | {row.pk: number for number, row in enumerate(rows)}

    def dated(row: Any, **rest: Any) -> dict:
        return {"starts": days(row.starts_at), "ends": days(row.ends_at)} | rest

    practices, practice_at = all_of(Practice)
    users, user_at = all_of(User)
    places, place_at = all_of(Membership)
    clients, client_at = all_of(Client)
    episodes, episode_at = all_of(Episode)
    notes, _note_at = all_of(PrivateNote)
    made.practices = [row.ended_visible_days for row in practices]
    made.users = [row.is_active for row in users]
    made.clients = [practice_at[row.practice_id] for row in clients]
    made.notes = [{"episode": episode_at[row.episode_id], "by": place_at[row.written_by_id]} for row in notes]
    made.places = [
        dated(
            row,
            user=user_at[row.user_id],
            practice=practice_at[row.practice_id],
            therapist=row.is_therapist,
            supervisor=row.is_supervisor,
            manager=row.is_manager,
            accepted=row.accepted_at is not None,
        )
        for row in places
    ]
    made.episodes = [
        dated(
            row,
            client=client_at[row.client_id],
            therapist=place_at[row.therapist_id],
            previous=episode_at[row.previous_id],
        )
        for row in episodes
    ]
    made.covers = [
        dated(
            row,
            episode=episode_at[row.episode_id],
            therapist=place_at[row.therapist_id],
            covering=place_at[row.covering_id],
            taken_back=row.taken_back_at is not None,
        )
        for row in Cover.objects.all()
    ]
    made.assignments = [
        dated(
            row,
            episode=episode_at[row.episode_id],
            therapist=place_at[row.therapist_id],
            supervisor=place_at[row.supervisor_id],
            accepted=row.accepted_at is not None,
            opens=days(row.opens_at),
        )
        for row in Supervision.objects.all()
    ]
    made.emergencies = [
        {"reader": place_at[row.reader_id], "episode": episode_at[row.episode_id], "open": row.ends_at > made.now}
        for row in EmergencyAccess.objects.all()
    ]
    return made, Stored(users, episodes, clients, notes)
