"""What holds in a practice whatever happened in it, asked of the database and counted by hand from plain data."""

from collections.abc import Iterator

from alliance.models import Membership, Practice
from alliance.people.supervisors import open_cases_with_supervisors
from alliance.scopes import own_episodes, supervised_episodes, visible_episodes
from ratings.check_in.carried import cases_with_something_before
from ratings.check_in.unseen import is_new_to, own_answers
from ratings.handover.leaving import cases_without_therapist
from ratings.models import Rating
from tests.care_graphs import Graph, Stored, found, sight_of, supervised_of
from tests.stored_care import stored_graph

NAMES = ("Ada", "Bo", "Di", "Sam", "Mona", "Max")  # of the users, in their order
ENDED_VISIBLE = 30  # days


def listed(practice: Practice) -> set:
    return {case.code for case in cases_without_therapist(practice)}


def responsible(made: Graph, key: int) -> set[int]:
    """The users who are the therapist of an episode, or cover it while it is open. Sight of ended ones is apart."""
    episode = made.episodes[key]

    def holds(row: dict) -> bool:
        return row["starts"] <= 0 and (row["ends"] is None or row["ends"] > 0)

    def works(place: int) -> bool:
        row = made.places[place]
        return holds(row) and row["accepted"] and row["therapist"] and made.users[row["user"]]

    covering = [
        row["covering"]
        for row in made.covers
        if episode["ends"] is None and holds(row) and not row["taken_back"]
        if row["episode"] == key or row["therapist"] == episode["therapist"]
    ]
    return {made.places[place]["user"] for place in [episode["therapist"], *covering] if works(place)}


def course(made: Graph, key: int) -> list[int]:
    """An episode, and those that followed it."""
    found = [key]
    while following := [number for number, row in enumerate(made.episodes) if row["previous"] == found[-1]]:
        found += following
    return found


def unread() -> Iterator[Rating]:
    for rating in Rating.objects.current().filter(rater="client").select_related("check_in"):
        closed_at = rating.check_in.closed_unread_at
        if rating.check_in.read_at is None and not (closed_at and closed_at >= rating.received_at):
            yield rating


def is_told(made: Graph, stored: Stored, rating: Rating, keys: list[int]) -> bool:
    """Whether somebody who is responsible learns of an answer, of a case that they can read."""
    own, last = keys[0], keys[-1]

    def is_shown(key: int) -> bool:
        ends = made.episodes[key]["ends"]
        return ends is None or ends > -ENDED_VISIBLE

    if is_shown(own) and (users := responsible(made, own)):
        mine = [
            own_answers(user).filter(is_new_to(user), pk=rating.pk) for user in map(stored.users.__getitem__, users)
        ]
        return any(rows.exists() for rows in mine)
    for user in responsible(made, last):
        if not is_shown(last):
            return False
        told = {case.code for case in cases_with_something_before(stored.users[user])}
        if str(stored.episodes[last].code) in told:
            return True
    return False


def check_page_of_case_supervisors(made: Graph, stored: Stored) -> None:
    """Each open case is on the page of its therapist alone, with those who read it by an assignment to it."""
    for place, member in enumerate(Membership.objects.order_by("pk")):
        page = {case.code: set(case.own_supervisors) for case in open_cases_with_supervisors(member)}
        keys = [key for key, row in enumerate(made.episodes) if row["therapist"] == place and row["ends"] is None]
        assert set(page) == {stored.episodes[key].code for key in keys}
        for key in keys:
            readers = {NAMES[user] for user in range(len(NAMES)) if key in supervised_of(made, user)}
            named = page[stored.episodes[key].code]
            assert not named or readers == named - {NAMES[made.places[place]["user"]]}


def check_all(practice: Practice) -> None:
    made, stored = stored_graph()
    check_page_of_case_supervisors(made, stored)
    needing = listed(practice)
    for key, row in enumerate(made.episodes):
        if row["ends"] is None:
            assert responsible(made, key) or stored.episodes[key].code in needing
    for number, user in enumerate(stored.users):
        sight = sight_of(made, number)
        assert found(stored.episodes, visible_episodes(user).values_list("pk", flat=True)) == sight.episodes
        assert found(stored.episodes, own_episodes(user).values_list("pk", flat=True)) == sight.own
        supervised = supervised_episodes(user).values_list("pk", flat=True)
        assert found(stored.episodes, supervised) == supervised_of(made, number)
    place_of = {row.pk: number for number, row in enumerate(stored.episodes)}
    for rating in unread():
        keys = course(made, place_of[rating.episode_id])
        assert is_told(made, stored, rating, keys) or stored.episodes[keys[-1]].code in needing
