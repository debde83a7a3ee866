"""A therapist's own figures for a meeting: the last 90 days beside the 90 before, never beside a colleague's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ratings.models import STEP_TAKEN, CheckIn, Rating, RepairStep, Rupture
from ratings.psychometrics.evidence import Rater
from ratings.psychometrics.proportion import Share, wilson
from sessions.models import TherapySession

WINDOW = timedelta(days=90)  # convention of this app
TO_ANSWER = timedelta(days=1)  # after a session, before a check-in counts; convention of this app
FEWEST_SESSIONS = 20  # a share of fewer is no figure; convention of this app
FEWEST_RUPTURES = 5  # as with every small group; convention of this app


@dataclass(frozen=True, slots=True)
class OwnFigure:
    """A share of the last 90 days; without one there are too few to say."""

    title: str
    of_what: str
    fewest: int
    of: int
    now: Share | None
    before: Share | None


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """All figures of a therapist, and the sessions they are drawn from."""

    sessions: int
    figures: list[OwnFigure]

    @property
    def is_enough(self) -> bool:
        return self.sessions >= FEWEST_SESSIONS


def own_figures(episodes: Sequence[int]) -> OwnFigures:
    """The figures of these cases; two statements. What an import brought is not in them."""
    now = timezone.now()
    split = now - WINDOW
    recent, before = Q(starts_at__gte=split), Q(starts_at__lt=split)
    rated = Rating.objects.current().filter(therapy_session=OuterRef("pk"))
    sessions = (
        TherapySession.objects.attended()
        .filter(episode__in=episodes, import_batch__isnull=True, starts_at__gte=split - WINDOW, starts_at__lt=now)
        .annotate(
            is_asked=Exists(CheckIn.objects.filter(therapy_session=OuterRef("pk"))),
            is_answered=Exists(rated.filter(rater=Rater.CLIENT)),
            is_rated=Exists(rated.filter(rater=Rater.THERAPIST, items_answered__gt=0)),
        )
    )
    asked, own = Q(is_asked=True, starts_at__lt=now - TO_ANSWER), Q(is_rated=True)  # nobody is late on the same day
    answered = asked & Q(is_answered=True)
    found = sessions.aggregate(
        held=Count("pk", filter=recent),
        held_before=Count("pk", filter=before),
        asked=Count("pk", filter=recent & asked),
        asked_before=Count("pk", filter=before & asked),
        answered=Count("pk", filter=recent & answered),
        answered_before=Count("pk", filter=before & answered),
        own=Count("pk", filter=recent & own),
        own_before=Count("pk", filter=before & own),
    )
    figures = [
        _figure(
            _("Check-ins answered"),
            _("sessions with a check-in, a day ago or earlier"),
            FEWEST_SESSIONS,
            (found["answered"], found["asked"]),
            (found["answered_before"], found["asked_before"]),
        ),
        _figure(
            _("Own ratings"),
            _("sessions"),
            FEWEST_SESSIONS,
            (found["own"], found["held"]),
            (found["own_before"], found["held_before"]),
        ),
        _first_steps(episodes),
    ]
    return OwnFigures(found["held"], figures)


def _first_steps(episodes: Sequence[int]) -> OwnFigure:
    """How many ruptures had a first step of a repair within a week, taken and not only planned.

    Those of this week may still get one. One that was set aside is none, as for the figures of the practice.
    """
    now = timezone.now()
    ruptures = (
        Rupture.objects.told()
        .filter(episode__in=episodes, kept_back=False, opened_session__import_batch__isnull=True)
        .filter(opened_session__voided_at__isnull=True)
        .filter(opened_at__gte=now - 2 * WINDOW, opened_at__lt=now - RepairStep.FIRST_WITHIN)
        .exclude(state__in=[Rupture.RuptureState.WITHDRAWN, Rupture.RuptureState.SET_ASIDE])
        .annotate(first=Min("steps__said_at", filter=STEP_TAKEN))
    )
    counts = {True: [0, 0], False: [0, 0]}
    for row in ruptures:
        of = counts[row.opened_at >= now - WINDOW]
        of[0] += row.first is not None and row.first <= row.opened_at + RepairStep.FIRST_WITHIN
        of[1] += 1
    title = _("First step within 7 days")
    return _figure(title, _("ruptures"), FEWEST_RUPTURES, (counts[True][0], counts[True][1]), tuple(counts[False]))


def _figure(title: str, of_what: str, fewest: int, now: tuple[int, int], before: tuple[int, ...]) -> OwnFigure:
    shares = [wilson(count, of) if of >= fewest else None for count, of in (now, before)]
    return OwnFigure(title, of_what, fewest, now[1], shares[0], shares[1])
