"""Reads: how well flags hold in a practice. Counts and shares alone; no case, and nobody's name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, Min, OuterRef, Q, QuerySet, Subquery

from alliance.acting import as_program
from alliance.models import Practice
from ratings.detection.stored import LONG_AGO, evidence_of
from ratings.findings.names import GRADED
from ratings.models import DetectorVersion, Draw, Rupture, StrainVerdict, UsefulVerdict
from ratings.psychometrics.flag_quality import (
    FlagQuality,
    JudgedFlag,
    NamedStrain,
    Unflagged,
    flag_quality,
    stepped,
)

Said = StrainVerdict.Answer
SAID_OF_STRAIN = {Said.YES: True, Said.NO: False}  # who can't say has said nothing of it


@dataclass(frozen=True, slots=True)
class Settings:
    """A version of the settings by which flags are made."""

    key: str
    budget: str
    criterion: str
    since: datetime | None  # None: from the start


@dataclass(frozen=True, slots=True)
class FlagsPage:
    """How well flags hold in one practice."""

    practice: Practice
    quality: FlagQuality
    settings: dict[str, Settings]  # by the key of a `Group`


@as_program()
def flags_page(practice: Practice) -> FlagsPage:
    """The figures of a practice; the number of statements does not follow that of cases."""
    versions = {row.pk: row for row in DetectorVersion.objects.filter(practice=practice)}
    since = Draw.objects.filter(episode__client__practice=practice).aggregate(since=Min("drawn_at"))["since"]
    ruptures = _ruptures(practice)
    flags = [row for row in ruptures if row.opened_by == Rupture.OpenedBy.DETECTOR]
    return FlagsPage(
        practice=practice,
        quality=flag_quality(_judged(flags, since), _unflagged(practice, versions), _named(ruptures, since)),
        settings={
            str(row.pk): Settings(
                key=str(row.pk),
                budget=row.get_budget_display(),
                criterion=row.criterion,
                since=None if row.valid_from == LONG_AGO else row.valid_from,
            )
            for row in versions.values()
        },
    )


def judged_flags(practice: Practice) -> list[JudgedFlag]:
    """The flags of a practice, in the order in which they were first answered; those without an answer first."""
    rows = _ruptures(practice)
    return _judged([row for row in rows if row.opened_by == Rupture.OpenedBy.DETECTOR], None)


def _ruptures(practice: Practice) -> list[Any]:
    """All that stand and began in a session that was logged here, with the answers that count."""
    strain = StrainVerdict.objects.filter(rupture=OuterRef("pk"))
    newest = strain.order_by("-pk")
    use = UsefulVerdict.objects.filter(rupture=OuterRef("pk")).order_by("-pk")
    rows = (
        Rupture.objects.filter(
            episode__client__practice=practice,
            opened_session__import_batch__isnull=True,
            opened_session__voided_at__isnull=True,
        )
        .exclude(state=Rupture.RuptureState.WITHDRAWN)
        .annotate(
            first_answer=Subquery(strain.order_by("pk").values("pk")[:1]),
            strain=Subquery(newest.values("answer")[:1]),
            stated=Subquery(newest.values("stated")[:1]),
            judged_version=Subquery(newest.values("version")[:1]),
            use=Subquery(use.values("answer")[:1]),
        )
        .order_by("first_answer", "pk")
    )
    return list(rows)


def _judged(flags: Iterable[Any], since: datetime | None) -> list[JudgedFlag]:
    return [
        JudgedFlag(
            strain=SAID_OF_STRAIN.get(row.strain),
            useful=row.use != UsefulVerdict.Answer.NOT_USEFUL if row.use else None,
            stated=row.stated if row.strain else _states(row),
            version=str(row.judged_version or row.version_id),
            since_sample=since is not None and row.opened_at >= since,
        )
        for row in flags
    ]


def _states(rupture: Rupture) -> float | None:
    evidence = evidence_of(rupture)
    return evidence.assessment.probability if evidence else None


def _named(ruptures: Iterable[Any], since: datetime | None) -> NamedStrain:
    """Those that a person named since sessions are drawn, apart from those of which the therapist says no."""
    named = [
        row
        for row in ruptures
        if row.opened_by != Rupture.OpenedBy.DETECTOR and row.strain != Said.NO and since and row.opened_at >= since
    ]
    flagged = sum(row.version_id is not None for row in named)
    return NamedStrain(flagged=flagged, missed=len(named) - flagged)


def _unflagged(practice: Practice, versions: Mapping[int, DetectorVersion]) -> list[Unflagged]:
    """The sessions that could be drawn and have no flag of their own, by their chance."""
    raised = Rupture.objects.filter(opened_session=OuterRef("therapy_session"))
    raised = raised.exclude(state=Rupture.RuptureState.WITHDRAWN)
    draws: QuerySet[Any] = Draw.objects.filter(
        episode__client__practice=practice, therapy_session__voided_at__isnull=True
    )
    draws = draws.exclude(Exists(raised)).annotate(
        has_stated=ExpressionWrapper(Q(stated__isnull=False), BooleanField())
    )

    def group_of(chance: float, version: int, has_stated: bool) -> _Sample:
        return groups[chance, has_stated or versions[version].criterion not in GRADED]

    groups: defaultdict[tuple[float, bool], _Sample] = defaultdict(_Sample)
    counted = draws.order_by().values_list("chance", "version", "has_stated", "is_drawn").annotate(n=Count("pk"))
    for chance, version, has_stated, is_drawn, n in counted:
        group = group_of(chance, version, has_stated)
        group.sessions += n
        group.drawn += n if is_drawn else 0
    said = StrainVerdict.objects.filter(draw=OuterRef("pk"))
    answered = draws.filter(is_drawn=True).annotate(
        first_answer=Subquery(said.order_by("pk").values("pk")[:1]),
        strain=Subquery(said.order_by("-pk").values("answer")[:1]),
    )
    rows = answered.order_by("first_answer").values_list("chance", "version", "has_stated", "strain")
    for chance, version, has_stated, strain in stepped([row for row in rows if row[3] in SAID_OF_STRAIN]):
        group = group_of(chance, version, has_stated)
        group.yes += SAID_OF_STRAIN[strain]
        group.no += not SAID_OF_STRAIN[strain]
    return [
        Unflagged(chance, group.sessions, group.drawn, group.yes, group.no, judged)
        for (chance, judged), group in sorted(groups.items())
    ]


@dataclass(slots=True)
class _Sample:
    """Counts of an `Unflagged` while they are made."""

    sessions: int = 0
    drawn: int = 0
    yes: int = 0
    no: int = 0
