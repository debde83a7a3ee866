"""What the client reported in the sessions of which the therapist said whether there was strain."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from alliance.models import Practice
from ratings.models import DetectorVersion, Draw, Rating, Rupture, StrainVerdict
from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.report_rates import HeardSession

SESSIONS_TO_LEARN = 2000  # the latest, so that the wait does not grow with the practice; convention of this app

Said = StrainVerdict.Answer


def heard_sessions(practice: Practice, limit: int) -> list[HeardSession]:
    """The latest sessions of a practice with both answers: those that opened a rupture, and the drawn ones without.

    The limit is one for both kinds, so that both are of the same time: else the weights would not hold.

    Imported sessions do not count. Nor does the time in shadow mode: there a flag without a yes is neither asked about
    nor drawn from, so what is left would say yes too often in strain. Two statements, whatever their number.
    """
    ruptures = Rupture.objects.exclude(state=Rupture.RuptureState.WITHDRAWN)
    opened = ruptures.filter(opened_session=OuterRef("therapy_session"))
    drawn = Draw.objects.filter(is_drawn=True).exclude(Exists(opened))
    found = [
        *(
            (held_at, HeardSession(report, said == Said.YES))
            for held_at, report, said in _answered(ruptures, practice, "opened_session", "opened_at")[:limit]
        ),
        *(
            (held_at, HeardSession(report, said == Said.YES, stands_for=1 / chance))
            for held_at, report, said, chance in _answered(drawn, practice, "therapy_session", "drawn_at", "chance")[
                :limit
            ]
        ),
    ]
    found.sort(key=lambda row: row[0], reverse=True)
    return [heard for _held_at, heard in found[:limit]]


def _answered(rows: QuerySet[Any], practice: Practice, held: str, at: str, *columns: str) -> QuerySet[Any, Any]:
    """What the client reported and the therapist's newest answer, of the rows that have both, the latest first.

    `at`: when they came on record.
    """
    about = Q(rupture=OuterRef("pk")) if rows.model is Rupture else Q(draw=OuterRef("pk"))
    newest = StrainVerdict.objects.filter(about).order_by("-pk")
    rating = Rating.objects.current().filter(rater=Rater.CLIENT, therapy_session=OuterRef(held))
    then = DetectorVersion.objects.filter(practice=practice, valid_from__lte=OuterRef(at)).order_by("-valid_from")
    return (
        rows.annotate(in_shadow=Subquery(then.values("shadow")[:1]))
        .exclude(in_shadow=True)
        .filter(
            episode__client__practice=practice,
            **{f"{held}__import_batch__isnull": True},
        )
        .annotate(report=Subquery(rating.values("tension")[:1]), said=Subquery(newest.values("answer")[:1]))
        .filter(report__isnull=False, said__in=(Said.YES, Said.NO))
        .order_by(f"-{held}__starts_at", "-pk")
        .values_list(f"{held}__starts_at", "report", "said", *columns)
    )
