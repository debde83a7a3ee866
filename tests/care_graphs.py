"""Practices that chance makes, as plain data: who is there since when, who sees whom. And who may read what, from that
data alone: a third account beside `alliance.scopes` and `alliance.row_security`, which asks no database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from alliance.crypto import Sealed
from alliance.models import (
    Client,
    Cover,
    DataKey,
    EmergencyAccess,
    Episode,
    Membership,
    Practice,
    Supervision,
    User,
)
from sessions.models import PrivateNote, TherapySession

ENDED_VISIBLE = (30, 365)  # days
FAR_BACK, FAR_ON = -500, 500


@dataclass
class Graph:
    """Keys of rows are their places in these lists."""

    now: datetime
    practices: list[int] = field(default_factory=list)  # after how many days what has ended is out of sight
    users: list[bool] = field(default_factory=list)  # active?
    places: list[dict] = field(default_factory=list)
    clients: list[int] = field(default_factory=list)  # practice
    episodes: list[dict] = field(default_factory=list)
    covers: list[dict] = field(default_factory=list)
    assignments: list[dict] = field(default_factory=list)
    emergencies: list[dict] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)


# --- By chance --------------------------------------------------------------------------------------------------------


def graph(seed: int) -> Graph:
    chance = Random(seed)
    made = Graph(timezone.now())
    made.practices = [chance.choice(ENDED_VISIBLE) for _practice in range(chance.choice((1, 2)))]
    made.users = [chance.random() < 0.9 for _user in range(chance.randint(3, 6))]
    for user in range(len(made.users)):
        for practice in chance.sample(range(len(made.practices)), chance.randint(1, len(made.practices))):
            made.places.append(_place(chance, user, practice))
            if made.places[-1]["ends"] is not None and chance.random() < 0.4:  # came back
                made.places.append(_place(chance, user, practice) | {"ends": None})
    therapists = [key for key, place in enumerate(made.places) if place["therapist"]]
    for _client in range(chance.randint(3, 7)):
        practice = chance.randrange(len(made.practices))
        made.clients.append(practice)
        here = [key for key in therapists if made.places[key]["practice"] == practice]
        previous = None
        for _hand_over in range(chance.choice((1, 1, 2, 3)) if here else 0):
            ends = chance.choice((None, -5, -40, -200, -400))
            if previous is not None and made.episodes[previous]["ends"] is None:
                made.episodes[previous]["ends"] = -7
            made.episodes.append(
                {"client": len(made.clients) - 1, "therapist": chance.choice(here), "ends": ends, "previous": previous}
            )
            previous = len(made.episodes) - 1
    _relations(chance, made)
    return made


def _place(chance: Random, user: int, practice: int) -> dict:
    roles = {role: chance.random() < share for role, share in (("therapist", 0.7), ("supervisor", 0.5))}
    return {
        "user": user,
        "practice": practice,
        **roles,
        "manager": not any(roles.values()) or chance.random() < 0.2,
        "starts": chance.choice((-500, -500, -500, 3)),
        "ends": chance.choice((None, None, None, -2, 20)),
        "accepted": chance.random() < 0.9,
    }


def _dated(chance: Random) -> dict:
    starts, ends = chance.choice(((-60, None), (-60, 30), (-60, -3), (4, 30), (-1, 1)))
    return {"starts": starts, "ends": ends}


def _of(chance: Random, made: Graph) -> dict:
    """Of one episode, or of a therapist."""
    if made.episodes and chance.random() < 0.5:
        return {"episode": chance.randrange(len(made.episodes)), "therapist": None}
    return {"episode": None, "therapist": chance.randrange(len(made.places))}


def _relations(chance: Random, made: Graph) -> None:
    for _cover in range(chance.randint(0, 4)):
        dated = _dated(chance)
        cover = _of(chance, made) | {"covering": chance.randrange(len(made.places)), **dated}
        if cover["covering"] != cover["therapist"]:
            cover["ends"] = cover["ends"] or 40
            made.covers.append(cover | {"taken_back": chance.random() < 0.2})
    seen = set()
    for _assignment in range(chance.randint(0, 7)):
        of, supervisor, dated = _of(chance, made), chance.randrange(len(made.places)), _dated(chance)
        key = (supervisor, of["episode"], of["therapist"])
        if supervisor == of["therapist"] or key in seen:
            continue
        seen.add(key)
        made.assignments.append(
            of
            | {"supervisor": supervisor, **dated, "accepted": chance.random() < 0.85}
            | {"opens": chance.choice((-50, -50, -50, 2, None))}
        )
    for _access in range(chance.randint(0, 3) if made.episodes else 0):
        reader, episode = chance.randrange(len(made.places)), chance.randrange(len(made.episodes))
        made.emergencies.append({"reader": reader, "episode": episode, "open": chance.random() < 0.6})
    for episode in range(len(made.episodes)):
        for writer in {made.episodes[episode]["therapist"], chance.randrange(len(made.places))}:
            made.notes.append({"episode": episode, "by": writer})


# --- Who may read what, from the data alone ---------------------------------------------------------------------------


def _holds(row: dict) -> bool:
    return row["starts"] <= 0 and (row["ends"] is None or row["ends"] > 0)


@dataclass(frozen=True)
class Sight:
    """What one user may read: places in the lists of a graph."""

    episodes: frozenset[int]
    own: frozenset[int]
    clients: frozenset[int]
    notes: frozenset[int]


def sight_of(made: Graph, user: int) -> Sight:
    own = {key for key in range(len(made.episodes)) if _is_in_hands_of(made, key, user)}
    read = own | {key for key in range(len(made.episodes)) if _is_read_by(made, key, user)}
    return Sight(
        frozenset(read),
        frozenset(own),
        frozenset(made.episodes[key]["client"] for key in read),
        frozenset(
            key
            for key, note in enumerate(made.notes)
            if note["episode"] in own and made.places[note["by"]]["user"] == user
        ),
    )


def _live_places(made: Graph, user: int, role: str) -> list[int]:
    if not made.users[user]:
        return []
    return [
        key
        for key, place in enumerate(made.places)
        if place["user"] == user and place[role] and place["accepted"] and _holds(place)
    ]


def _is_shown(made: Graph, key: int) -> bool:
    ends = made.episodes[key]["ends"]
    return ends is None or ends > -made.practices[made.clients[made.episodes[key]["client"]]]


def _is_in_hands_of(made: Graph, key: int, user: int) -> bool:
    episode, places = made.episodes[key], _live_places(made, user, "therapist")
    if episode["therapist"] in places:
        return _is_shown(made, key)
    return episode["ends"] is None and any(
        cover["covering"] in places and not cover["taken_back"] and _holds(cover)
        for cover in made.covers
        if cover["episode"] == key or cover["therapist"] == episode["therapist"]
    )


def _is_open(made: Graph, assignment: dict) -> bool:
    supervisor = made.places[assignment["supervisor"]]
    has_begun = assignment["accepted"] and assignment["opens"] is not None and assignment["opens"] <= 0
    may_read = supervisor["supervisor"] and supervisor["accepted"] and made.users[supervisor["user"]]
    return has_begun and _holds(assignment) and _holds(supervisor) and may_read


def _is_read_by(made: Graph, key: int, user: int) -> bool:
    if not made.users[user] or not _is_shown(made, key):
        return False
    places = set(_live_places(made, user, "supervisor"))
    may_open = places | set(_live_places(made, user, "manager"))
    if any(row["episode"] == key and row["open"] and row["reader"] in may_open for row in made.emergencies):
        return True
    return _is_supervised_by(made, key, user)


def supervised_of(made: Graph, user: int) -> frozenset[int]:
    """The episodes that one user supervises."""
    if not made.users[user]:
        return frozenset()
    return frozenset(
        key for key in range(len(made.episodes)) if _is_shown(made, key) and _is_supervised_by(made, key, user)
    )


def _is_supervised_by(made: Graph, key: int, user: int) -> bool:
    places, therapist = set(_live_places(made, user, "supervisor")), made.episodes[key]["therapist"]
    if made.places[therapist]["user"] == user:
        return False
    live = [row for row in made.assignments if _is_open(made, row)]
    named = [row for row in live if row["episode"] == key]
    return any(row["supervisor"] in places for row in named or [row for row in live if row["therapist"] == therapist])


# --- In the database --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """The rows of a graph, in its order."""

    users: list[User]
    episodes: list[Episode]
    clients: list[Client]
    notes: list[PrivateNote]


def store(made: Graph) -> Stored:
    def at(days: int | None) -> datetime | None:
        return None if days is None else made.now + timedelta(days=days)

    key = DataKey.objects.create()
    practices = [
        Practice.objects.create(name=f"Practice {days}", data_key=DataKey.objects.create(), ended_visible_days=days)
        for days in made.practices
    ]
    first = User.objects.count()
    users = User.objects.bulk_create(
        User(email=f"{first + number}@care.test", is_active=active) for number, active in enumerate(made.users)
    )
    places = Membership.objects.bulk_create(
        Membership(
            user=users[row["user"]],
            practice=practices[row["practice"]],
            name=Sealed("Somebody", practices[row["practice"]].data_key),
            is_therapist=row["therapist"],
            is_supervisor=row["supervisor"],
            is_manager=row["manager"],
            starts_at=at(row["starts"]),
            ends_at=at(row["ends"]) if row["ends"] is None or row["ends"] > row["starts"] else at(row["starts"] + 1),
            accepted_at=at(FAR_BACK) if row["accepted"] else None,
        )
        for row in made.places
    )
    keys = DataKey.objects.bulk_create(DataKey() for _client in made.clients)
    clients = Client.objects.bulk_create(
        Client(practice=practices[practice], data_key=key, name=Sealed("Client", key))
        for practice, key in zip(made.clients, keys, strict=True)
    )
    episodes = Episode.objects.bulk_create(
        Episode(
            client=clients[row["client"]],
            therapist=places[row["therapist"]],
            starts_at=at(FAR_BACK),
            ends_at=at(row["ends"]),
            end_reason="" if row["ends"] is None else "completed",
        )
        for row in made.episodes
    )
    Cover.objects.bulk_create(
        Cover(
            covering=places[row["covering"]],
            therapist=None if row["therapist"] is None else places[row["therapist"]],
            episode=None if row["episode"] is None else episodes[row["episode"]],
            starts_at=at(row["starts"]),
            ends_at=at(row["ends"]),
            taken_back_at=at(-1) if row["taken_back"] else None,
        )
        for row in made.covers
    )
    Supervision.objects.bulk_create(
        Supervision(
            supervisor=places[row["supervisor"]],
            therapist=None if row["therapist"] is None else places[row["therapist"]],
            episode=None if row["episode"] is None else episodes[row["episode"]],
            starts_at=at(row["starts"]),
            ends_at=at(row["ends"]),
            accepted_at=at(-50) if row["accepted"] else None,
            opens_at=at(row["opens"]),
        )
        for row in made.assignments
    )
    EmergencyAccess.objects.bulk_create(
        EmergencyAccess(
            episode=episodes[row["episode"]],
            reader=places[row["reader"]],
            reason=Sealed("Why", key),
            starts_at=at(-1),
            ends_at=at(1) if row["open"] else made.now - timedelta(hours=1),
        )
        for row in made.emergencies
    )
    sessions = TherapySession.objects.bulk_create(
        TherapySession(episode=row, starts_at=at(-450), ends_at=at(-449), zone="UTC") for row in episodes
    )
    notes = PrivateNote.objects.bulk_create(
        PrivateNote(
            episode=episodes[row["episode"]],
            therapy_session=sessions[row["episode"]],
            text=Sealed("Note", key),
            written_by=places[row["by"]],
        )
        for row in made.notes
    )
    return Stored(users, episodes, clients, notes)


def found(rows: list, keys) -> frozenset[int]:
    """The places in the list of the rows with these keys."""
    places = {row.pk: number for number, row in enumerate(rows)}
    return frozenset(places[key] for key in keys)


def sights(seed: int) -> Iterator[tuple[Stored, User, Sight]]:
    """Stores a graph; each of its users with what they may read."""
    made = graph(seed)
    stored = store(made)
    for number, user in enumerate(stored.users):
        yield stored, user, sight_of(made, number)
