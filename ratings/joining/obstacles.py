"""Why two cases can't be joined, in words."""

from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliance.acting import as_program
from alliance.models import (
    CaseJoin,
    CaseOffer,
    Client,
    Consent,
    Cover,
    EmergencyAccess,
    Episode,
    ErasureRequest,
    KeptLook,
    Supervision,
    User,
)
from ratings.joining.moving import MOVED, OF_CASE, TRACKED
from ratings.models import Draw, NextStep, Rupture, Standing, SupervisionNote, SupervisionQuestion
from sessions.models import TherapySession

BY_A_PERSON = Q(named_by__isnull=False) | Q(rebased_by__isnull=False) | Q(state=Rupture.RuptureState.SET_ASIDE)
# What follows from the rest, or is the record's own, and stays where it is. The database keeps draws as they are.
# A request to erase it that still waits has a sentence of its own.
STAYS = (Standing, Rupture, CaseJoin, Episode, Consent, Draw, ErasureRequest, KeptLook)
# What stands in the way of putting a case away, by the names of models; a test keeps anything else from being there.
IN_THE_WAY = (
    (
        gettext_lazy("notes or answers about a rupture or a flag"),
        {"RepairStep", "RuptureView", "SetAside", "StrainVerdict", "UsefulVerdict"},
    ),
    (
        gettext_lazy("a supervisor, a cover or another reader of its own, now or before"),
        {"Supervision", "Cover", "CaseOffer"},
    ),
    (gettext_lazy("an opening in an emergency on record"), {"EmergencyAccess"}),
    (gettext_lazy("what the client agreed to hand on from before"), {"HistoryShare"}),
    (gettext_lazy("a legal hold"), {"LegalHold"}),
)
# Also where it is a note that a supervisor keeps for themselves: the sentence does not tell which of these it is.
WITH_A_COLLEAGUE = gettext_lazy(
    "A colleague has a case with one of the two, or keeps something else about it. Joined, that would change in their "
    "hands, so the two stay apart. You can end the one that you do not go on with."
)
OTHERWISE = gettext_lazy("something that belongs to it alone")


@as_program()
def obstacle_between(kept: Episode, joined: Episode) -> str:
    """Why two cases can't be joined; empty where they can. Asked of all rows, also those that only others read."""
    if kept.pk == joined.pk:
        return _("These are one case already.")
    if CaseJoin.objects.filter(parted_at__isnull=True, joined__in=[kept, joined]).exists():
        return _("One of these cases was joined to another one meanwhile.")
    if kept.therapist_id != joined.therapist_id or _is_with_a_colleague(kept, joined):
        return str(WITH_A_COLLEAGUE)
    if kept.ends_at is not None:
        return _("This therapy has ended. Open it again first.")
    if kept.import_batch_id is not None:
        return _("An imported case can be joined to one that you made by hand, not to another imported one.")
    if _has_one_that_came_in(joined):
        return _("Another case was joined to the one that is to be put away. Part those two first.")
    if ErasureRequest.objects.waiting().filter(client__in=[kept.client_id, joined.client_id]).exists():
        return _("One of the two records is to be erased. As long as that is asked for, the two stay apart.")
    if _has_a_reader_of_its_own(kept):
        return _(
            "The case that is to stay has a reader of its own, who would come to read the other one too: a supervisor, "
            "a cover, a colleague who was asked to take it, or somebody who opened it in an emergency. So the two stay "
            "apart."
        )
    if what := _what_stays_behind(joined):
        sentence = _("The case that is to be put away has %(what)s, which cannot come along.") % {"what": what}
        return f"{sentence} {_instead(kept, joined)}"
    if _asked_in(kept) and _asked_in(joined):
        return _("Both cases have a question for supervision. Take one of the two back first.")
    if _stand_in_one_meeting(kept, joined, read_by=kept.therapist.user):
        return _(
            "One supervision meeting wrote something down about both cases, so the two stay apart. You can end the one "
            "that you do not go on with."
        )
    if _stand_in_one_meeting(kept, joined):
        return str(WITH_A_COLLEAGUE)
    if _took_back(joined.client).filter(purpose__in=_agreed(kept.client)).exists():
        return _(
            "The client took back a consent in the case that is to be put away, and it stands in the other. Take it "
            "back there first."
        )
    starts = TherapySession.objects.not_voided().filter(episode=kept).values("starts_at")
    if TherapySession.objects.not_voided().filter(episode=joined, starts_at__in=starts).exists():
        return _("Both cases have a session at the same time. Remove one of the two first.")
    return ""


def _instead(kept: Episode, joined: Episode) -> str:
    """What somebody can do who cannot put away the one of two that they were about to put away."""
    may_stay = joined.import_batch_id is None and joined.ends_at is None and not _has_a_reader_of_its_own(joined)
    may_go = not (_what_stays_behind(kept) or _has_one_that_came_in(kept))
    if may_stay and may_go:
        return _("Let that case be the one that stays.")
    return _("So the two stay apart. You can end the one that you do not go on with.")


def _is_with_a_colleague(kept: Episode, joined: Episode) -> bool:
    cases = Episode.objects.filter(client__in=[kept.client_id, joined.client_id])
    return cases.exclude(therapist=kept.therapist_id).exists()


def _has_a_reader_of_its_own(episode: Episode) -> bool:
    if CaseOffer.objects.waiting().filter(episode=episode).exists():
        return True
    lasts = Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now())
    return any(model.objects.filter(lasts, episode=episode).exists() for model in (Supervision, Cover, EmergencyAccess))


def _has_one_that_came_in(episode: Episode) -> bool:
    return CaseJoin.objects.filter(parted_at__isnull=True, episode=episode).exists()


def _agreed(client: Client) -> QuerySet[Consent, Any]:
    return client.consents.filter(withdrawn_at__isnull=True).values("purpose")


def _took_back(client: Client) -> QuerySet[Consent]:
    """Consents that the client took back, and did not give again."""
    return client.consents.filter(withdrawn_at__isnull=False).exclude(purpose__in=_agreed(client))


def _asked_in(episode: Episode) -> bool:
    return SupervisionQuestion.objects.filter(episode=episode, withdrawn_at__isnull=True).exists()


def _stand_in_one_meeting(kept: Episode, joined: Episode, *, read_by: User | None = None) -> bool:
    """Whether one case would have two notes of a meeting, or two next steps; `read_by`: of those that they read."""
    for model in (SupervisionNote, NextStep):
        seen = model.objects.visible_to(read_by) if read_by else model._base_manager.all()
        rows = seen.filter(replaced_at__isnull=True)
        meetings = rows.filter(episode=kept).values_list("meeting", flat=True)
        if rows.filter(episode=joined, meeting__in=list(meetings)).exists():
            return True
    return False


def _what_stays_behind(episode: Episode) -> str:
    """What of a case could not come along into another one, in words; empty where all could."""
    if Rupture.objects.filter(BY_A_PERSON, episode=episode).exists():
        return str(IN_THE_WAY[0][0])
    if Episode.objects.filter(client=episode.client_id).exclude(pk=episode.pk).exists():
        return _("an earlier therapy")
    known = (*MOVED, *TRACKED, *OF_CASE, *STAYS, TherapySession)
    there = {model.__name__ for model in apps.get_models() if model not in known and _rows_of(model, episode)}
    said = [str(words) for words, models in IN_THE_WAY if there & models]
    return ", ".join(said) if said or not there else str(OTHERWISE)


def _rows_of(model: type[Model], episode: Episode) -> bool:
    for field in model._meta.concrete_fields:
        value = {Episode: episode.pk, type(episode.client): episode.client_id}.get(field.related_model)
        if value is not None and model._base_manager.filter(**{field.name: value}).exists():
            return True
    return False
