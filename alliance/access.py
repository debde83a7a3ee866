"""Who may see and do what. No other module decides it.

Not yours: 404, as if it did not exist. Yours, but not this verb: 403. `check_x()` raises and `can_x()` wraps it, so
that a view and its template share one truth. Everything is judged at request time, by the database's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeVar

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import DateTimeField, Exists, Func, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now
from django.http import Http404

if TYPE_CHECKING:  # the models import their query sets from here
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    from alliance.models import Episode, Membership, Supervision, User

Role = Literal["therapist", "supervisor", "manager"]
Row = TypeVar("Row", bound=Model)
Row_co = TypeVar("Row_co", bound=Model, covariant=True)


class OfEpisode(Protocol):
    """A row that belongs to an episode."""

    episode_id: int


class NotVisible(Http404):
    """404 for a row that is missing or hidden: nobody can tell which.

    A middleware audits the denial, after the rollback.
    """

    def __init__(self, subject_type: str, subject_code: UUID | str) -> None:
        super().__init__("No such page.")
        self.subject_type, self.subject_code = subject_type, str(subject_code)


class Denied(PermissionDenied):
    """403 for a row that is visible, but not for this verb."""

    def __init__(self, subject_type: str, subject_code: UUID | str = "") -> None:
        super().__init__()
        self.subject_type, self.subject_code = subject_type, str(subject_code)


class DaysAgo(Func):
    """The database's now, less a number of days that a column holds."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'now', '-' || %(expressions)s || ' days')"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        template = "STATEMENT_TIMESTAMP() - MAKE_INTERVAL(days => %(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **context)


# --- Who may see ------------------------------------------------------------------------------------------------------


def live(prefix: str = "") -> Q:
    """The condition that a dated row holds now: `[starts_at, ends_at)`."""
    return Q(**{f"{prefix}starts_at__lte": Now()}) & (
        Q(**{f"{prefix}ends_at__isnull": True}) | Q(**{f"{prefix}ends_at__gt": Now()})
    )


def live_memberships(user: User, role: Role | None = None) -> QuerySet[Membership]:
    """The user's live memberships, or only those with this role.

    Roles are "therapist", "supervisor" and "manager".
    """
    memberships: QuerySet[Membership] = apps.get_model("alliance", "Membership").objects.filter(
        live(), user=user, user__is_active=True
    )
    return memberships.filter(**{f"is_{role}": True}) if role else memberships


def memberships_of(user: User | AnonymousUser) -> list[Membership]:
    """The list of the live memberships, oldest first, with their practices.

    It is empty for whoever is not signed in.
    """
    if not user.is_authenticated:
        return []
    return list(live_memberships(user).select_related("practice__data_key").order_by("starts_at"))


def own_episodes(user: User) -> QuerySet[Episode]:
    """Episodes of which the user is the therapist.

    Ended ones stay for the practice's `ended_visible_days`, here and below.
    """
    return _episodes_where(Q(therapist__in=live_memberships(user, "therapist")))


def visible_episodes(user: User) -> QuerySet[Episode]:
    """Episodes whose clinical content the user may read, by any live membership."""
    return _episodes_where(Q(therapist__in=live_memberships(user, "therapist")) | _is_supervised_by(user))


def supervised_episodes(user: User) -> QuerySet[Episode]:
    """Episodes the user supervises now."""
    return _episodes_where(_is_supervised_by(user))


def _episodes_where(condition: Q) -> QuerySet[Episode]:
    in_sight = Q(ends_at__isnull=True) | Q(ends_at__gt=DaysAgo("client__practice__ended_visible_days"))
    episodes: QuerySet[Episode] = apps.get_model("alliance", "Episode").objects.filter(condition & in_sight)
    return episodes


def live_assignments(user: User | None = None) -> QuerySet[Supervision]:
    """The assignments that hold now, or only those of this supervisor."""
    assignments: QuerySet[Supervision] = apps.get_model("alliance", "Supervision").objects.filter(
        live(), live("supervisor__"), supervisor__is_supervisor=True
    )
    return assignments.filter(supervisor__user=user, supervisor__user__is_active=True) if user else assignments


def _is_supervised_by(user: User) -> Q:
    """The condition that the user supervises an episode now.

    An assignment to the episode counts. One to its therapist counts only where no assignment names the episode.
    """
    all_assignments, assignments = live_assignments(), live_assignments(user)
    by_episode = Q(pk__in=assignments.filter(episode__isnull=False).values("episode"))
    by_therapist = Q(therapist__in=assignments.filter(therapist__isnull=False).values("therapist"))
    names_no_episode = ~Exists(all_assignments.filter(episode=OuterRef("pk")))
    return (by_episode | (by_therapist & names_no_episode)) & ~Q(therapist__user=user)


class ScopedQuerySet(QuerySet[Row_co]):
    """The queryset of every clinical model.

    `Model.scope` names its column, and the column of the episode that must match.
    """

    episodes = staticmethod(visible_episodes)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        if not user.is_authenticated:
            return self.none()
        column, episode_column = self.model.scope  # type: ignore[attr-defined]  # a test insists on it
        return self.filter(**{f"{column}__in": self.episodes(user).values(episode_column)})

    def __repr__(self) -> str:
        # Rows never reach a log or a traceback.
        return f"<{type(self).__name__} of {self.model.__name__}>"


class TherapistOnlyQuerySet(ScopedQuerySet[Row_co]):
    """Rows for the therapist alone: supervisors do not see that they exist."""

    episodes = staticmethod(own_episodes)


class PracticeQuerySet(QuerySet[Row_co]):
    """Rows about people, for the managers of their practice.

    `Model.practice_path` leads to the practice.
    """

    def managed_by(self, user: User) -> Self:
        practices = live_memberships(user, "manager").values("practice")
        path = self.model.practice_path  # type: ignore[attr-defined]  # each of these models has it
        return self.filter(**{f"{path}__in": practices})

    __repr__ = ScopedQuerySet.__repr__


class DraftQuerySet(QuerySet[Row_co]):
    """Rows that are for their sender alone, and for one day."""

    def visible_to(self, user: User) -> Self:
        return self.filter(sent_by__in=live_memberships(user), created_at__gt=DaysAgo(Value(1)))

    def expired(self) -> Self:
        return self.filter(created_at__lte=DaysAgo(Value(1)))

    __repr__ = ScopedQuerySet.__repr__


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


def get_managed_or_404(queryset: HasManagedBy[Row], user: User, **lookup: Any) -> Row:
    """The row, if the user manages its practice; the first line of a manager's view."""
    return _get_or_404(queryset.managed_by(user), lookup)


def _get_or_404(queryset: QuerySet[Row], lookup: dict[str, Any]) -> Row:
    try:
        return queryset.get(**lookup)
    except ObjectDoesNotExist:
        raise NotVisible(str(queryset.model._meta.model_name), next(iter(lookup.values()))) from None


# --- Who may do -------------------------------------------------------------------------------------------------------


def check_role(user: User, role: Role) -> list[Membership]:
    """The user's live memberships with this role, which the page needs."""
    memberships = list(live_memberships(user, role).select_related("practice__data_key"))
    if not memberships:
        raise Denied(f"{role}_page")
    return memberships


def check_import(user: User) -> list[Membership]:
    """The memberships with which the user may import past ratings.

    Managers import for everybody, therapists for themselves.
    """
    memberships = [
        membership for membership in memberships_of(user) if membership.is_manager or membership.is_therapist
    ]
    if not memberships:
        raise Denied("import_page")
    return memberships


@dataclass(frozen=True, slots=True)
class Editor:
    """Who may change which episode. `check_edit` makes one, and every write on an episode takes one."""

    membership: Membership
    episode: Episode

    def check_again(self, *rows: OfEpisode) -> None:
        """Asks once more, after the lock: the membership may have ended while the write waited for it.

        Raises
        ------
        Denied
            The membership is over, or one of the rows belongs to another episode.
        """
        live_one = live_memberships(self.membership.user, "therapist").filter(pk=self.membership.pk)
        if not live_one.exists() or any(row.episode_id != self.episode.pk for row in rows):
            raise Denied("episode", self.episode.code)


def check_edit(user: User, episode: Episode) -> Editor:
    """The right of the episode's therapist to change it."""
    membership = live_memberships(user, "therapist").select_related("user").filter(pk=episode.therapist_id).first()
    if membership is None:
        raise Denied("episode", episode.code)
    return Editor(membership, episode)


def check_edit_all(user: User, episodes: Collection[Episode]) -> None:
    """Raises unless the user is the therapist of every one of the episodes. One statement."""
    therapists = set(live_memberships(user, "therapist").values_list("pk", flat=True))
    for episode in episodes:
        if episode.therapist_id not in therapists:
            raise Denied("episode", episode.code)


def can_edit(user: User, episode: Episode) -> bool:
    """Whether `check_edit` passes."""
    return _passes(check_edit, user, episode)


def comments_readable_by(user: User, episode: Episode) -> Callable[[HasComment], bool]:
    """A function that says of a rating whether the user may read its comment.

    The therapist reads all comments of the episode, a supervisor those that the client meant for both. It is a
    function, so that one query serves all ratings.
    """
    is_therapist = can_edit(user, episode)
    return lambda rating: is_therapist or rating.comment_for == "supervisor"


def check_read_wish(user: User, episode: Episode) -> None:
    """Raises unless the user is the therapist, who alone reads a client's wish."""
    check_edit(user, episode)


def can_read_wish(user: User, episode: Episode) -> bool:
    """Whether `check_read_wish` passes."""
    return _passes(check_read_wish, user, episode)


def _passes(check: Callable[[User, Episode], object], user: User, episode: Episode) -> bool:
    try:
        check(user, episode)
    except PermissionDenied:
        return False
    return True
