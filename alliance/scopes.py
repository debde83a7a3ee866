"""Who may see: one predicate over episodes, and what follows from it for people and places.

Everything is judged at request time, by the database's clock. The query sets of the models are built on it
(`alliance.query_sets`), so nothing here imports a model. Conditions of one user are written with `among`, so that what
they see is found by an index.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.apps import apps
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.lookups import GreaterThan

import alliance.among  # noqa: F401 -- it registers the look-up
from alliance.acting import as_program
from alliance.built_once import KeptWithUser
from alliance.database_clock import DaysAgo, Now
from alliance.prepared import Prepared

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

SIGHT_WAITS = timedelta(days=1)  # the therapist sees what is asked for, and can object; convention of this app

Role = Literal["therapist", "supervisor", "manager"]
Row_co = TypeVar("Row_co", bound=Model, covariant=True)


def live(prefix: str = "", at: datetime | None = None) -> Q:
    """The condition that a dated row holds now, or at an instant: `[starts_at, ends_at)`."""
    then = at or Now()
    return Q(**{f"{prefix}starts_at__lte": then}) & (
        Q(**{f"{prefix}ends_at__isnull": True}) | Q(**{f"{prefix}ends_at__gt": then})
    )


def was_manager(by: Any) -> Q:
    """The condition that whoever is a manager was one by then: made one later, or since their place began."""
    return Q(manager_since__lte=by) | Q(manager_since__isnull=True, starts_at__lte=by)


def accepted(prefix: str = "") -> Q:
    """The condition that whoever was asked has said yes: to a place in a practice, or to read cases."""
    return Q(**{f"{prefix}accepted_at__isnull": False})


def live_memberships(user: AbstractBaseUser, role: Role | None = None) -> QuerySet[Any]:
    """The user's live memberships, or only those with this role.

    Roles are "therapist", "supervisor" and "manager".
    """
    memberships: QuerySet[Any] = apps.get_model("alliance", "Membership").objects.filter(
        live(), accepted(), user=user.pk, user__is_active=True
    )
    return memberships.filter(**{f"is_{role}": True}) if role else memberships


def places_of(user: AbstractBaseUser) -> QuerySet[Any]:
    """Every membership that the user has or had. `x__among=places_of(user)` asks as `x__user=user`, without a join."""
    return apps.get_model("alliance", "Membership").objects.filter(user=user.pk)


@as_program()
def memberships_of(user: AbstractBaseUser | AnonymousUser) -> list[Any]:
    """The list of the live memberships, oldest first, with their practices.

    Each says whether it has drafts of forms, and whether this person is asked something. The list is empty for whoever
    is not signed in.
    """
    if not user.is_authenticated:
        return []
    return WITH_NEWS.models(user=user.pk)


def _with_news(user: int) -> QuerySet[Any]:
    memberships = apps.get_model("alliance", "Membership").objects
    drafts = apps.get_model("alliance", "FormDraft").objects.filter(sent_by=OuterRef("pk"))
    offers = memberships.filter(live(), user=OuterRef("user"), accepted_at__isnull=True)
    is_asked = Q(Exists(offers))
    for name in ("Supervision", "CaseOffer"):
        asked = apps.get_model("alliance", name).objects
        for rows in asked.waiting_for(OuterRef("pk")):
            is_asked |= Q(Exists(rows))
        is_asked |= Q(is_manager=True) & Q(Exists(asked.waiting_for_manager(OuterRef("pk"))))
    news: QuerySet[Any] = memberships.annotate(has_drafts=Exists(drafts), is_asked=_is(is_asked))
    news = news.filter(live(), accepted(), user=user, user__is_active=True)
    return news.select_related("practice__data_key").order_by("starts_at")


WITH_NEWS = Prepared(_with_news, user=int)


def live_therapists() -> QuerySet[Any]:
    """The memberships with which somebody can act as a therapist now."""
    memberships: QuerySet[Any] = apps.get_model("alliance", "Membership").objects.filter(
        live(), accepted(), is_therapist=True, user__is_active=True
    )
    return memberships


def episodes_in_hands() -> QuerySet[Any]:
    """Episodes with a living member who is responsible for what the client answers, and can read it.

    That is the therapist, or who covers for them. A supervisor alone is not enough: they read along, and the client
    would wait for a reply that nobody owes.
    """
    covers = live_covers()  # each is looked for from the episode: of all of them together there are too many
    covered = Q(Exists(covers.filter(episode=OuterRef("pk")))) | Q(
        Exists(covers.filter(therapist=OuterRef("therapist")))
    )
    has_therapist = Q(Exists(live_therapists().filter(pk=OuterRef("therapist"))))
    return _episodes_where(has_therapist | (covered & Q(ends_at__isnull=True)))


def open_without_therapist() -> QuerySet[Any]:
    """Open episodes whose therapist has left, or is none any more: the list that managers settle.

    They stay on it while a colleague covers, as a cover ends.
    """
    episodes: QuerySet[Any] = apps.get_model("alliance", "Episode").objects.filter(ends_at__isnull=True)
    return episodes.exclude(therapist__in=live_therapists())


def live_covers(user: AbstractBaseUser | None = None) -> QuerySet[Any]:
    """The covers that hold now, or only those that this user gives."""
    covers: QuerySet[Any] = apps.get_model("alliance", "Cover").objects.filter(
        live(), taken_back_at__isnull=True, covering__in=live_therapists()
    )
    return covers.filter(covering__user=user) if user else covers


def live_covers_of(episode: Any) -> QuerySet[Any]:
    """The covers of one episode that hold now: of it alone, or of its therapist."""
    as_it_is: QuerySet[Any] = apps.get_model("alliance", "Episode").objects.filter(pk=episode.pk, ends_at__isnull=True)
    return live_covers().filter(Q(episode__among=as_it_is) | Q(therapist__among=as_it_is.values("therapist")))


def _is_worked_on_by(user: AbstractBaseUser) -> Q:
    """The condition that the user is the therapist of an episode, or covers for them."""
    covers = live_covers(user)  # each names an episode or a therapist, and nothing equals the key that is not there
    of_one = Q(pk__among=covers.values("episode")) | Q(therapist__among=covers.values("therapist"))
    is_covered = of_one & Q(ends_at__isnull=True)
    return Q(therapist__among=live_memberships(user, "therapist")) | is_covered


@KeptWithUser
def own_episodes(user: AbstractBaseUser) -> QuerySet[Any]:
    """Episodes in the user's own hands now: as their therapist, or covering for them.

    Ended ones stay for the practice's `ended_visible_days`, here and below.
    """
    return _episodes_where(_is_worked_on_by(user))


@KeptWithUser
def visible_episodes(user: AbstractBaseUser) -> QuerySet[Any]:
    """Episodes whose clinical content the user may read, by any live membership."""
    return _episodes_where(_is_worked_on_by(user) | _is_supervised_by(user) | _is_opened_by(user))


def _is_opened_by(user: AbstractBaseUser) -> Q:
    """The condition that the user has opened an episode in an emergency, and the hour is not over."""
    readers = live_memberships(user).filter(Q(is_supervisor=True) | Q(is_manager=True))
    accesses = apps.get_model("alliance", "EmergencyAccess").objects.filter(live(), reader__in=readers)
    return Q(pk__among=accesses.values("episode"))


@KeptWithUser
def supervised_episodes(user: AbstractBaseUser) -> QuerySet[Any]:
    """Episodes the user supervises now."""
    return _episodes_where(_is_supervised_by(user))


def _episodes_where(condition: Q) -> QuerySet[Any]:
    episodes: QuerySet[Any] = apps.get_model("alliance", "Episode").objects.filter(condition & in_sight())
    return episodes.filter(joined_into__isnull=True)  # what stands in another case is read there


def in_sight() -> Q:
    """The condition that an episode is open, or has not ended longer ago than its practice shows it."""
    # Asked of ended ones alone: a join to all clients would have PostgreSQL read them all.
    clients = apps.get_model("alliance", "Client").objects.filter(pk=OuterRef("client"))
    not_long_ago = clients.filter(GreaterThan(OuterRef("ends_at"), DaysAgo("practice__ended_visible_days")))
    return Q(ends_at__isnull=True) | Q(Exists(not_long_ago))


def is_open_sight(at: datetime | None = None) -> Q:
    """The condition that an assignment lets its supervisor read: it holds, was accepted, and its day has come.

    Now; or at an instant, as things stand.
    """
    supervisor = live("supervisor__", at) & accepted("supervisor__") & Q(supervisor__is_supervisor=True)
    return live("", at) & accepted() & Q(opens_at__lte=at or Now()) & supervisor


def was_open_sight() -> Q:
    """The condition that an assignment lets its supervisor read, or did once."""
    return accepted() & Q(opens_at__lte=Now()) & (Q(ends_at__isnull=True) | Q(ends_at__gt=F("opens_at")))


def live_assignments(user: AbstractBaseUser | None = None, at: datetime | None = None) -> QuerySet[Any]:
    """The assignments that hold and are open now, or at an instant; or only those of this supervisor."""
    assignments: QuerySet[Any] = apps.get_model("alliance", "Supervision").objects.filter(
        is_open_sight(at), supervisor__user__is_active=True
    )
    return assignments.filter(supervisor__user=user) if user else assignments


def _is_supervised_by(user: AbstractBaseUser) -> Q:
    """The condition that the user supervises an episode now.

    An assignment to the episode counts. One to its therapist counts only where no assignment names the episode.
    """
    assignments = live_assignments(user)
    therapists = assignments.values("therapist")
    # Each names an episode or a therapist. Nothing equals a key that is not there, but it must not be among `named`:
    # `NOT IN` would then hold for no episode. The join to the episode sees to that.
    # Of their episodes alone: asked of every one by itself, PostgreSQL reads the assignments of everybody.
    named = live_assignments().filter(episode__therapist__among=therapists).values("episode")
    by_episode = Q(pk__among=assignments.values("episode"))
    by_therapist = Q(therapist__among=therapists) & ~Q(pk__among=named)
    return (by_episode | by_therapist) & ~Q(therapist__among=places_of(user))


def assignments_asked_of(user: AbstractBaseUser) -> QuerySet[Any]:
    """The assignments that are not open yet and that the user may see, each with what they may answer.

    The supervisor accepts or declines. The therapist agrees, or objects until it opens. Another manager agrees, who
    was one a day before it was asked for: nobody makes a second manager for it.
    """
    places = live_memberships(user)
    waits = Q(opens_at__isnull=True) | Q(opens_at__gt=Now())
    was_here = was_manager(OuterRef("starts_at") - SIGHT_WAITS)
    managers = places.filter(was_here, is_manager=True, practice=OuterRef("supervisor__practice"))
    is_second = Exists(managers) & ~Q(asked_by__user=user.pk) & ~Q(supervisor__user=user.pk)
    asked: QuerySet[Any] = apps.get_model("alliance", "Supervision").objects.not_open().visible_to(user)
    asked = asked.annotate(
        may_accept=_is(Q(supervisor__in=places, accepted_at__isnull=True)),
        may_object=_is(waits & (Q(therapist__in=places) | Q(episode__therapist__in=places))),
        may_agree=_is(waits & is_second),
    )
    return asked


def _is(condition: Q) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def therapists_supervised_by(user: AbstractBaseUser) -> QuerySet[Any]:
    """The memberships of the living therapists whom the user supervises now, in all their cases or in one."""
    assignments = live_assignments(user)
    of_therapist = Q(pk__in=assignments.values("therapist"))
    of_episode = Q(pk__in=assignments.values("episode__therapist"))
    return live_therapists().filter(of_therapist | of_episode).exclude(user=user.pk)
