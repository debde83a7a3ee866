"""Reads: the newest rupture of a case that stands and is told, open or over; and whether it is out of sight."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, FilteredRelation, OuterRef, Q, QuerySet, Subquery, TextChoices, Value, When

from alliance.prepared import Prepared
from ratings.models import Assessment, Rupture
from ratings.psychometrics.evidence import State


@dataclass(frozen=True, slots=True)
class LastRupture:
    """The newest rupture of a case that stands, open or over."""

    rupture: Rupture
    stays_aside: bool  # it was set aside, and the ratings have not been steady since; the same as in the replay

    @property
    def is_kept_back(self) -> bool:
        """Whether it is still on and began in shadow mode, so that it is no flag."""
        return bool(self.rupture.kept_back and self.rupture.is_active)


class Hidden(TextChoices):
    """Why the newest rupture of a case asks for nothing."""

    ASIDE = "aside"  # somebody set it aside, and it stays so
    KEPT_BACK = "kept back"  # it is still on and began in shadow mode


def last_ruptures(keys: Collection[int], untold: Collection[int]) -> dict[int, LastRupture]:
    """Episode key -> its newest rupture. One statement, none for no keys.

    For rows that a statement puts in order: to join them to hundreds, of which fifty are shown, would take longer.
    `untold`: which of the keys are of a practice in shadow mode.
    """
    told = (row for row in LAST_RUPTURES.models(keys=keys) if row.is_told(shadow=row.episode_id in untold))
    return {row.episode_id: LastRupture(row, row.stays_aside) for row in told}


def with_newest_rupture(episodes: QuerySet[Any]) -> QuerySet[Any]:
    """The episodes with the same in their rows, to be read by `newest_of`. They know of each `is_untold`."""
    newest = FilteredRelation("ruptures", condition=Q(ruptures__pk=_of_newest("pk")))
    rows: QuerySet[Any] = episodes.annotate(newest=newest)
    return rows.annotate(stays_aside=_as_value(_stays_aside("newest__"))).select_related("newest")


def newest_of(episode: Any) -> LastRupture | None:
    """What `with_newest_rupture` brought along."""
    rupture = getattr(episode, "newest", None)
    return LastRupture(rupture, episode.stays_aside) if rupture else None


def why_hidden() -> Case:
    """Why the newest rupture of an episode asks for nothing: a value of `Hidden`, or NULL. It knows `is_untold`."""
    why = Case(
        When(_stays_aside(), then=Value(Hidden.ASIDE)),
        When(IS_KEPT_BACK, then=Value(Hidden.KEPT_BACK)),
    )
    return Case(When(may_be_hidden(), then=_of_newest("why", why=why)))


def may_be_hidden() -> Exists:
    """The condition that an episode has some rupture, if not the newest, that asks for nothing."""
    return Exists(Rupture.objects.filter(_is_aside() | IS_KEPT_BACK, episode=OuterRef("pk")))


IS_KEPT_BACK = Q(kept_back=True, state__in=Rupture.ACTIVE)


def _standing() -> QuerySet[Rupture]:
    return Rupture.objects.filter(opened_session__voided_at__isnull=True).exclude(state=Rupture.RuptureState.WITHDRAWN)


def _of_newest(value: str, **annotated: Any) -> Case:
    """A value of the newest rupture of an episode that is told; NULL where it has none."""
    of_case = _standing().filter(episode=OuterRef("pk")).order_by("-opened_session__starts_at", "-pk")
    of_case = of_case.annotate(**annotated)
    named = of_case.exclude(opened_by=Rupture.OpenedBy.DETECTOR)
    in_shadow, others = (Subquery(rows.values(value)[:1]) for rows in (named, of_case))
    return Case(When(is_untold=True, then=in_shadow), default=others)


def _is_aside(rupture: str = "") -> Q:
    return Q(**{f"{rupture}state": Rupture.RuptureState.SET_ASIDE})


def _stays_aside(rupture: str = "") -> Q:
    """The condition that a rupture is aside and no rating since was steady; `rupture`: the way to it, with "__"."""
    versions = Assessment.objects.filter(episode=OuterRef(OuterRef(f"{rupture}episode"))).order_by(
        "-version__valid_from"
    )
    steady = Assessment.objects.filter(
        episode=OuterRef(f"{rupture}episode"),
        version=Subquery(versions.values("version")[:1]),
        state__in=[State.STEADY, State.SETTLED_LOWER],
        therapy_session__starts_at__gt=OuterRef(f"{rupture}opened_session__starts_at"),
    )
    return _is_aside(rupture) & ~Q(Exists(steady))


def _last_ruptures(keys: list[int]) -> QuerySet[Any]:
    """It joins as little as it can.

    Right after a first import PostgreSQL takes the tables for empty, and then looks through one for each row of
    another.
    """
    rows = _standing().filter(episode__in=keys).annotate(stays_aside=_as_value(_stays_aside()))
    return rows.only(*OF_LAST).order_by("opened_session__starts_at", "pk")


def _as_value(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False)


OF_LAST = ("episode", "opened_by", "state", "kept_back", "closed_at", "aside_reason")  # all that lists say of it
LAST_RUPTURES = Prepared(_last_ruptures, keys=list)
