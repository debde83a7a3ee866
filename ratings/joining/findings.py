"""What was found of a strain while two cases were one, once they are two again."""

from django.utils import timezone

from alliance import audit
from alliance.audit import Verb
from alliance.models import CaseJoin, Membership
from ratings.joining.moving import seal_anew
from ratings.joining.obstacles import BY_A_PERSON
from ratings.models import Rupture
from sessions.models import TherapySession


def take_findings_back(join: CaseJoin, *, by: Membership | None) -> None:
    """Takes ruptures along to the session that opened them, so that none ties one record to a session of the other.

    What the program found rests on the sessions of both: it is withdrawn, says no more what spoke for it, and no replay
    takes it up again. What a person said of one stands; only a ledger of erasures parts the two all the same then.
    """
    moved = list(TherapySession.objects.filter(code__in=join.moved).values_list("pk", flat=True))
    of_kept = Rupture.objects.filter(episode=join.episode_id)
    came = of_kept.filter(opened_session__in=moved)
    for name in ("closed_session", "rebased_session"):  # a replay says anew when one was over
        of_kept.exclude(pk__in=came.values("pk")).filter(**{f"{name}__in": moved}).update(**{name: None})
        came.exclude(**{f"{name}__in": moved}).update(**{name: None})
    seal_anew(came.filter(BY_A_PERSON), join.episode, join.joined)
    for rupture in came.exclude(BY_A_PERSON):
        audit.record(Verb.ENDED, rupture, by=by, practice=join.episode.client.practice)
        rupture.state, rupture.closed_at = Rupture.RuptureState.WITHDRAWN, rupture.closed_at or timezone.now()
        rupture.opened_by, rupture.version, rupture.kept_back = Rupture.OpenedBy.DETECTOR, None, False
        rupture.kind, rupture.pillars, rupture.evidence = "", [], {}
        rupture.save()
    # The audit names who looked at one by its code, and who asks about either record later is told.
    join.carried = [*(join.carried or []), *(str(code) for code in came.values_list("code", flat=True))]
    join.save(update_fields=["carried"])
    came.update(episode=join.joined_id)
