"""What came since two cases were joined, and keeps them one."""

from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.db.models import F, Model, Q, QuerySet

from alliance.models import CaseJoin
from ratings.check_in.answers import PlanAnswers
from ratings.check_in.plan_questions import PlanAsked
from ratings.joining.moving import MOVED, OF_CASE, OF_SESSION, TRACKED
from ratings.joining.obstacles import BY_A_PERSON
from ratings.joining.rewritten import rewritten_since
from ratings.models import CheckIn, ClientLink, Delivery, Draw, Rating, Rupture, Standing, WishOutcome
from sessions.models import TherapySession

WRITES_FOR = timedelta(minutes=1)  # between the beginning of an import and its sessions; convention of this app


def is_written_about(join: CaseJoin) -> bool:
    """Whether anything hangs on what came in that was not there when the two were joined.

    It was written, answered or sent as about the client who stays, so it does not go into the record of the other. What
    ended, or was done or taken back meanwhile, goes back as it is now.
    """
    return any(rows.exists() for rows in _since(join))


def _since(join: CaseJoin) -> Iterator[QuerySet[Model]]:
    moved, carried = TherapySession.objects.filter(code__in=join.moved), join.carried or []
    keys = list(moved.values_list("pk", flat=True))
    # What a file said of a session is about whoever the file calls so.
    by_a_person = Q(import_batch=None) | Q(logged_at__gt=F("import_batch__imported_at") + WRITES_FOR)
    yield moved.filter(Q(voided_at__gte=join.joined_at) | Q(logged_at__gte=join.joined_at) & by_a_person)
    yield Draw.objects.filter(therapy_session__in=keys, episode=join.episode_id)
    yield Rupture.objects.filter(BY_A_PERSON, Q(opened_session__in=keys) | Q(rebased_session__in=keys))
    said = WishOutcome.objects.filter(Q(rating__therapy_session__in=keys) | Q(therapy_session__in=keys))
    yield said.filter(said_at__gte=join.joined_at)
    yield from rewritten_since(join)
    yield from _of_plan_since(join)
    for model, path in TRACKED.items():
        rows = model._base_manager.filter(**{f"{path}__in": keys}).exclude(code__in=carried)
        yield rows.filter(import_batch__isnull=True) if model is Rating else rows
    paths: dict[type[Model], str] = {CheckIn: OF_SESSION, Draw: OF_SESSION, Rupture: "opened_session"}
    came: dict[type[Model], QuerySet[Model]] = {
        model: model._base_manager.filter(**{f"{path}__in": keys}) for model, path in (paths | TRACKED).items()
    }
    came |= {model: model._base_manager.filter(code__in=carried) for model in OF_CASE}
    came[TherapySession] = moved
    about = {model: list(rows.values_list("pk", flat=True)) for model, rows in came.items()}
    follows = (*MOVED, *TRACKED, Draw, Rupture, Standing)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            is_refiled = model is TherapySession is field.related_model  # which leaves nothing but where it went
            if field.related_model in about and model not in follows and not is_refiled:
                rows = model._base_manager.filter(**{f"{field.name}__in": about[field.related_model]})
                yield rows.exclude(pk__in=about.get(model, []))


def _of_plan_since(join: CaseJoin) -> Iterator[QuerySet[Model]]:
    """What was asked and answered since, after a session of the case that stays, about goals and tasks that came in.

    A check-in that nobody was sent asked nobody: it leaves out what is of another plan.
    """
    carried = set(join.carried or [])
    answers = Rating.objects.filter(
        episode=join.episode_id, received_at__gte=join.joined_at, plan_answers__isnull=False
    )
    said = answers.values_list("pk", "plan_answers")
    yield Rating.objects.filter(pk__in=[pk for pk, plan in said if PlanAnswers.from_json(plan).codes & carried])
    asked = CheckIn.objects.filter(episode=join.episode_id, created_at__gte=join.joined_at, plan_asked__isnull=False)
    about = [pk for pk, plan in asked.values_list("pk", "plan_asked") if PlanAsked.from_json(plan).codes & carried]
    for model in (Delivery, ClientLink):
        yield model._base_manager.filter(check_in__in=about)
