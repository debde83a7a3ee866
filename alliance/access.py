"""Who may see and do what; `alliance.scopes` has the predicate. No other module decides it.

Not yours: 404, as if it did not exist. Yours, but not this verb: 403. `check_x()` raises and `can_x()` wraps it, so
that a view and its template share one truth. Everything is judged at request time, by the database's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Max, Model, Q, QuerySet
from django.http import Http404

from alliance.acting import as_program
from alliance.belonging import OfEpisode, are_in
from alliance.models import Client, Cover, Episode, Membership, SightAnswer, Supervision, User
from alliance.prepared import Prepared
from alliance.scopes import (
    Role,
    Row_co,
    assignments_asked_of,
    episodes_in_hands,
    in_sight,
    live_covers_of,
    live_memberships,
    live_therapists,
    memberships_of,
    own_episodes,
)

Row = TypeVar("Row", bound=Model)


class NotVisible(Http404):
    """404 for a row that is missing or hidden: nobody can tell which. A middleware audits it, after the rollback."""

    def __init__(self, subject_type: str, subject_code: UUID | str) -> None:
        super().__init__("No such page.")
        self.subject_type, self.subject_code = subject_type, str(subject_code)


class Denied(PermissionDenied):
    """403 for a row that is visible, but not for this verb."""

    def __init__(self, subject_type: str, subject_code: UUID | str = "") -> None:
        super().__init__()
        self.subject_type, self.subject_code = subject_type, str(subject_code)


class HasVisibleTo(Protocol[Row_co]):
    """A query set or a manager whose rows are about clients."""

    def visible_to(self, user: User) -> QuerySet[Row_co]: ...


class HasManagedBy(Protocol[Row_co]):
    """A query set or a manager whose rows are about people."""

    def managed_by(self, user: User) -> QuerySet[Row_co]: ...


class HasComment(Protocol):
    """A rating; its model is two floors up."""

    @property
    def comment_for(self) -> str: ...


def get_visible_or_404(queryset: HasVisibleTo[Row], user: User, **lookup: Any) -> Row:
    """The row, if the user may read it; the first line of a view on clinical content."""
    return _get_or_404(queryset.visible_to(user), lookup)


@as_program()
def get_managed_or_404(queryset: HasManagedBy[Row], user: User, **lookup: Any) -> Row:
    """The row, if the user manages its practice; the first line of a manager's view."""
    return _get_or_404(queryset.managed_by(user), lookup)


def _get_or_404(queryset: QuerySet[Row], lookup: dict[str, Any]) -> Row:
    try:
        return queryset.get(**lookup)
    except ObjectDoesNotExist:
        raise NotVisible(str(queryset.model._meta.model_name), next(iter(lookup.values()))) from None


# --- Who is responsible -----------------------------------------------------------------------------------------------


def is_in_hands(episode: Episode) -> bool:
    """Whether a living member is responsible for what the client answers, and can read it.

    Where it is false, the client is asked nothing: no mail, no reminder, no form.
    """
    return episodes_in_hands().filter(pk=episode.pk).exists()


@as_program()
def responsible_for(client: Client) -> Membership | None:
    """Who looks after the client now, by the newest open episode that is in somebody's hands."""
    open_episodes = episodes_in_hands().filter(client=client, ends_at__isnull=True)
    episode = open_episodes.select_related("therapist__practice__data_key").order_by("-starts_at", "-pk").first()
    if episode is None:
        return None
    member: Membership = episode.therapist
    if not live_therapists().filter(pk=member.pk).exists():
        member = live_covers_of(episode).select_related("covering__practice__data_key")[0].covering
    return member


def is_covered(episode: Episode) -> bool:
    """Whether somebody covers for the therapist of the episode now."""
    return live_covers_of(episode).exists()


# --- Who may do -------------------------------------------------------------------------------------------------------


def check_role(user: User, role: Role) -> list[Membership]:
    """The user's live memberships with this role, which the page needs."""
    return check_place(PLACES.models(user=user), role)


def check_place(places: Iterable[Membership], role: Role) -> list[Membership]:
    """Those of the live memberships that came with the request which have this role; for pages that only read."""
    found = [place for place in places if getattr(place, f"is_{role}")]
    if not found:
        raise Denied(f"{role}_page")
    return found


def check_import(user: User) -> list[Membership]:
    """The memberships with which the user may import ratings: managers for everybody, therapists for themselves."""
    found = [place for place in memberships_of(user) if place.is_manager or place.is_therapist]
    if not found:
        raise Denied("import_page")
    return found


def check_import_again(membership: Membership) -> None:
    """Raises `Denied` unless the member may still import; asked by the write, after its lock."""
    memberships = live_memberships(membership.user).filter(pk=membership.pk)
    if not memberships.filter(Q(is_manager=True) | Q(is_therapist=True)).exists():
        raise Denied("import_page")


def check_emergency(user: User) -> list[Membership]:
    """The memberships with which the user may open a case in an emergency: a supervisor's, or a manager's."""
    memberships = [
        membership for membership in memberships_of(user) if membership.is_manager or membership.is_supervisor
    ]
    if not memberships:
        raise Denied("emergency_page")
    return memberships


def check_emergency_again(membership: Membership) -> None:
    """Raises `Denied` unless the member still may; asked by the write, after its lock."""
    memberships = live_memberships(membership.user).filter(pk=membership.pk)
    if not memberships.filter(Q(is_manager=True) | Q(is_supervisor=True)).exists():
        raise Denied("emergency_page")


def check_figures(user: User) -> list[Membership]:
    """The memberships with which the user may see the figures of a practice: a manager's, or a supervisor's.

    They are counts and shares of all; no case is in them.
    """
    memberships = [
        membership for membership in memberships_of(user) if membership.is_manager or membership.is_supervisor
    ]
    if not memberships:
        raise Denied("figures_page")
    return memberships


def check_manage_again(membership: Membership) -> None:
    """Raises `Denied` unless the member is still a manager; asked by the write, after its lock."""
    if not live_memberships(membership.user, "manager").filter(pk=membership.pk).exists():
        raise Denied("manager_page")


def sight_answers(asked: Any) -> list[SightAnswer]:
    """What the user may say to one of `assignments_asked_of`."""
    answers = [SightAnswer.ACCEPT, SightAnswer.DECLINE] if asked.may_accept else []
    answers += [SightAnswer.AGREE] if asked.may_object or asked.may_agree else []
    return answers + ([SightAnswer.OBJECT] if asked.may_object and asked.objected_at is None else [])


def check_sight_answer(user: User, supervision: Supervision, answer: SightAnswer) -> Membership:
    """The membership with which the user gives this answer to an assignment; asked after the lock."""
    asked = assignments_asked_of(user).filter(pk=supervision.pk).first()
    if asked is None or answer not in sight_answers(asked):
        raise Denied("supervision", supervision.code)
    places = live_memberships(user).select_related("practice")
    membership: Membership = places.get(practice=supervision.supervisor.practice_id)
    return membership


class Right(Protocol):
    """The right to end one case: its therapist's `Editor`, a manager's `Settler`, or the `Taker` of an offer."""

    @property
    def membership(self) -> Membership: ...

    @property
    def episode(self) -> Episode: ...

    def check_settle_again(self) -> None: ...

    def check_rows(self, *rows: OfEpisode) -> None: ...


class HandingRight(Right, Protocol):
    """The right to put one case into other hands: of its therapist, or of who takes it. No manager has it alone."""

    def check_hand_on_again(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Settler:
    """A manager's right to end a case of somebody who leaves, or to offer it to a colleague. `check_settle` makes one.

    It shows nothing of the case, and is good for no other write.
    """

    membership: Membership
    episode: Episode

    def check_rows(self, *rows: OfEpisode) -> None:
        """Raises `Denied` where one of the rows belongs to another episode."""
        if any(row.episode_id != self.episode.pk for row in rows):
            raise Denied("episode", self.episode.code)

    def check_settle_again(self) -> None:
        """Raises `Denied` unless the right still holds; asked by each write, after its lock."""
        managers = live_memberships(self.membership.user, "manager").filter(pk=self.membership.pk)
        if not managers.exists() or not to_be_settled().filter(pk=self.episode.pk).exists():
            raise Denied("episode", self.episode.code)


def to_be_settled() -> QuerySet[Episode]:
    """Episodes whose therapist leaves, has left, or can no longer open them; of ended ones those that none followed."""
    leaving = Q(therapist__ends_at__isnull=False) | ~Q(therapist__in=live_therapists())
    is_last = Q(ends_at__isnull=True) | Q(next__isnull=True, joined_into__isnull=True)
    return Episode.objects.filter(leaving | ~in_sight(), is_last)


def check_settle(manager: Membership, episode_code: UUID | str) -> Settler:
    """The right of a manager over one case of somebody who leaves, by the code of the case."""
    episodes = to_be_settled().filter(client__practice=manager.practice_id)
    episodes = episodes.select_related("client__data_key", "client__practice", "therapist__practice__data_key")
    episode = episodes.filter(code=episode_code).first()
    if episode is None:
        raise NotVisible("episode", episode_code)
    settler = Settler(manager, episode)
    settler.check_settle_again()
    return settler


@dataclass(frozen=True, slots=True)
class Editor:
    """Who may change which episode. Every write on an episode takes one.

    `check_edit` makes one for the therapist, who may do all. `check_log` makes one also for a member who covers: good
    for what plans and logs a session and looks after its check-in, and for nothing else.
    """

    membership: Membership
    episode: Episode

    def check_again(self, *rows: OfEpisode) -> None:
        """Raises unless the right still holds; asked by each write, after its lock.

        The membership may have ended, or the episode gone to somebody else or into another one, while the write waited.

        Raises
        ------
        Denied
            The right is over, or one of the rows belongs to another episode, maybe since it was read.
        """
        self.check_rows(*rows)
        if not (self._is_therapist() and are_in(self.episode.pk, rows)):
            raise Denied("episode", self.episode.code)

    def check_settle_again(self) -> None:
        """As `check_again`, for the writes that a manager may make as well."""
        self.check_again()

    def check_hand_on_again(self) -> None:
        """As `check_again`, for the writes that put the case into other hands."""
        self.check_again()

    def check_log_again(self, *rows: OfEpisode) -> None:
        """As `check_again`, for the writes that are open to a member who covers."""
        self.check_rows(*rows)
        may = self._is_therapist() or live_covers_of(self.episode).filter(covering=self.membership.pk).exists()
        if not (may and are_in(self.episode.pk, rows)):
            raise Denied("episode", self.episode.code)

    @property
    def covers_until(self) -> datetime | None:
        """The end of the cover by which the member acts; none where they are the therapist."""
        if self.membership.pk == self.episode.therapist_id:
            return None
        covers = live_covers_of(self.episode).filter(covering=self.membership.pk)
        until: datetime | None = covers.aggregate(until=Max("ends_at"))["until"]
        return until

    def _is_therapist(self) -> bool:
        therapist = live_memberships(self.membership.user, "therapist").filter(pk=self.membership.pk)
        return therapist.filter(episodes=self.episode.pk, episodes__joined_into=None).exists()

    def check_rows(self, *rows: OfEpisode) -> None:
        """Raises `Denied` where one of the rows belongs to another episode."""
        if any(row.episode_id != self.episode.pk for row in rows):
            raise Denied("episode", self.episode.code)


PLACES = Prepared(lambda user: live_memberships(user).select_related("practice__data_key"), user=User)
AS_THERAPIST = Prepared(lambda user: live_memberships(user, "therapist").select_related("user"), user=User)


def check_edit(user: User, episode: Episode) -> Editor:
    """The right of the episode's therapist to change it."""
    places = [place for place in AS_THERAPIST.models(user=user) if place.pk == episode.therapist_id]
    if not places:
        raise Denied("episode", episode.code)
    return Editor(places[0], episode)


def check_log(user: User, episode: Episode) -> Editor:
    """The right to log for the episode: its therapist's, or that of a member who covers."""
    if can_edit(user, episode):
        return check_edit(user, episode)
    cover = live_covers_of(episode).filter(covering__user=user).select_related("covering__user").first()
    if cover is None:
        raise Denied("episode", episode.code)
    return Editor(cover.covering, episode)


def check_log_all(user: User, episodes: Collection[Episode]) -> None:
    """Raises unless `check_log` passes for every one of the episodes. One statement."""
    found = set(own_episodes(user).filter(pk__in=[episode.pk for episode in episodes]).values_list("pk", flat=True))
    for episode in episodes:
        if episode.pk not in found:
            raise Denied("episode", episode.code)


def check_cover(user: User, cover: Cover) -> Membership:
    """The membership with which the user may end a cover: that of either side."""
    therapist = cover.therapist_id or cover.episode.therapist_id  # type: ignore[union-attr]  # one of the two is there
    places = live_memberships(user, "therapist")
    membership: Membership | None = places.filter(pk__in=[cover.covering_id, therapist]).first()
    if membership is None:
        raise Denied("cover", cover.code)
    return membership


def can_edit(user: User, episode: Episode) -> bool:
    """Whether `check_edit` passes."""
    return _passes(check_edit, user, episode)


def can_log(user: User, episode: Episode) -> bool:
    """Whether `check_log` passes."""
    return _passes(check_log, user, episode)


def comments_readable_by(user: User, episode: Episode) -> Callable[[HasComment], bool]:
    """A function that says of a rating whether the user may read its comment.

    The therapist, and who covers, reads all comments of the episode, a supervisor those that the client meant for both.
    It is a function, so that one query serves all ratings.
    """
    is_responsible = can_log(user, episode)
    return lambda rating: is_responsible or rating.comment_for == "supervisor"


def check_read_wish(user: User, episode: Episode) -> None:
    """Raises unless the user is the therapist or covers for them: they alone read a client's wish."""
    check_log(user, episode)


def can_read_wish(user: User, episode: Episode) -> bool:
    """Whether `check_read_wish` passes."""
    return _passes(check_read_wish, user, episode)


def _passes(check: Callable[[User, Episode], object], user: User, episode: Episode) -> bool:
    try:
        check(user, episode)
    except PermissionDenied:
        return False
    return True
