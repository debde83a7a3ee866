"""Reads: what the cases of a supervisor have to say, a line of values for each.

There may be hundreds of them, and a page shows a few. They are counted and put in order by these values: of a case that
is not shown no name is opened, and no model is made.
"""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from alliance.models import User
from alliance.prepared import Prepared
from ratings.cases.lists import last_came_with_an_import
from ratings.cases.newest import may_be_hidden, why_hidden
from ratings.cases.register import has_rupture, says_too_little, told_cases
from ratings.models import RepairStep, Rupture, SupervisionQuestion
from ratings.psychometrics.evidence import only_the_therapist_fell
from ratings.psychometrics.records import RuptureEvidence
from ratings.psychometrics.standing import ATTENTION_CLIENT, FEWEST_MISSING


@dataclass(slots=True)
class Sign:
    """What an open case has to say, as far as it is told."""

    key: int
    attention: int
    seen_at: datetime
    is_untold: bool
    is_current: bool
    strained_since: datetime | None  # the session that opened its rupture; None: nothing is open
    is_settled: bool  # lower than before, and nothing is open
    is_missing: bool  # several check-ins in a row did not come
    hidden: str | None  # a value of `Hidden`, where nothing is open
    has_step: bool
    has_question: bool
    says_too_little: bool
    lone_evidence: str | None  # of a rupture for which one rating of the therapist may be all that speaks; as JSON

    @property
    def since(self) -> datetime:
        return self.strained_since or self.seen_at


def signs_of(supervisor: User, therapists: list[int], since: datetime) -> list[Sign]:
    """What the open cases of these therapists have to say, what comes first at the head. One statement."""
    return [Sign(*row) for row in SIGNS.rows(supervisor=supervisor, therapists=therapists, since=since)]


def is_current(since: datetime) -> Q:
    """The condition that somebody has seen the client since, here."""
    return Q(seen_at__gt=since) & ~Q(Exists(last_came_with_an_import()))


def rests_on_one_rating(sign: Sign) -> bool:
    """Whether nothing speaks for a rupture but what the therapist said after the last session.

    One rating of one side is too little for the head of the page. What a therapist names by hand is not a rating.
    """
    if sign.lone_evidence is None:
        return False
    stored = json.loads(sign.lone_evidence)
    return not stored or only_the_therapist_fell(RuptureEvidence.from_json(stored).assessment.points)


def _signs(supervisor: User, therapists: list[int], since: datetime) -> QuerySet[Any, Any]:
    is_notable = has_rupture() | IS_SETTLED | IS_MISSING | Q(may_be_hidden())
    cases = told_cases(supervisor).filter(ends_at__isnull=True, therapist__in=therapists)
    cases = cases.filter(is_current(since) & is_notable | Q(_questions()))
    steps = RepairStep.objects.filter(episode=OuterRef("pk"), taken_back_at__isnull=True)
    may_be_alone = has_rupture() & _may_rest_on_one_rating()
    values = {
        "key": F("pk"),
        "attention": F("told_attention"),
        "seen_at": F("seen_at"),
        "is_untold": F("is_untold"),
        "is_current": _is(is_current(since)),
        "strained_since": Case(When(has_rupture(), then=F("standing__rupture__opened_session__starts_at"))),
        "is_settled": _is(IS_SETTLED & Q(is_untold=False, standing__rupture__isnull=True)),
        "is_missing": _is(IS_MISSING),
        "hidden": Case(When(has_rupture(), then=None), default=why_hidden()),
        "has_step": Exists(steps.filter(rupture__state__in=Rupture.ACTIVE, rupture__kept_back=False)),
        "has_question": _questions(),
        "says_too_little": _is(says_too_little()),
        "lone_evidence": Case(
            When(may_be_alone & Q(is_untold=True), then=Value("{}", TextField())),  # it is not told either
            When(may_be_alone, then=Cast("standing__rupture__evidence", TextField())),
        ),
    }
    cases = cases.annotate(**{f"sign_{name}": value for name, value in values.items()})
    rows: QuerySet[Any, Any] = cases.order_by("-sign_attention", "pk").values_list(
        *(f"sign_{field.name}" for field in fields(Sign))
    )
    return rows


SIGNS = Prepared(_signs, supervisor=User, therapists=list, since=datetime)

IS_SETTLED = Q(standing__settled_since__isnull=False)
IS_MISSING = Q(standing__missing_in_a_row__gte=FEWEST_MISSING)


def _questions() -> Exists:
    return Exists(SupervisionQuestion.objects.filter(episode=OuterRef("pk"), withdrawn_at__isnull=True))


def _may_rest_on_one_rating() -> Q:
    """The condition that nobody named the rupture, and that the last session opened it."""
    by_ratings = Q(standing__rupture__named_by__isnull=True) & ~Q(standing__rupture__opened_by=Rupture.OpenedBy.CLIENT)
    is_new = Q(standing__rupture__opened_session__starts_at__gte=F("seen_at"))
    return Q(told_attention__lt=ATTENTION_CLIENT) & by_ratings & is_new


def _is(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False)
