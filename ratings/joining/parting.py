"""How two cases that were joined become two again, whoever decides it."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import NotVisible
from alliance.audit import Verb
from alliance.clients.actions import settle_consent
from alliance.clients.records import lock_records
from alliance.models import CaseJoin, Client, Consent, Episode, Membership
from alliance.refusal import Refused
from ratings.detection.reassess import lock_episodes
from ratings.joining.findings import take_findings_back
from ratings.joining.moving import move_back
from ratings.joining.pauses import part_pause
from ratings.joining.rewritten import note_what_was_rewritten
from ratings.models import ClientLink
from sessions.models import TherapySession


def lock_two(kept: Episode, joined: Episode) -> None:
    """Locks both cases, and then the records of both clients; their pause is what it is now.

    Raises `NotVisible` where one of the two was erased meanwhile.
    """
    lock_episodes([kept.pk, joined.pk])
    locked = lock_records(kept.client, joined.client)
    for case in (kept, joined):
        if case.client_id not in locked:
            raise NotVisible("episode", case.code)
        case.client.paused_until = locked[case.client_id].paused_until


def take_apart(join: CaseJoin, *, by: Membership | None = None) -> datetime:
    """Puts the sessions that came back into their own case, which is in sight again; the instant. It asks nobody.

    Whoever calls it has locked the two, and replays both cases afterwards. `by` is None where no member decides it, as
    when the ledger of erasures is read in.
    """
    kept, back, practice = join.episode, join.joined, join.episode.client.practice
    note_what_files_brought(join)
    note_what_was_rewritten(join)
    move_back(join)
    take_findings_back(join, by=by)
    for case in (kept, back):
        end_what_shows_the_record(case.client)
    part_pause(join, by=by)
    kept.starts_at = _began_without(join)
    kept.save(update_fields=["starts_at"])
    back.joined_into, back.ends_at, back.end_reason = None, join.ended_at, join.end_reason
    back.save(update_fields=["joined_into", "ends_at", "end_reason"])
    _take_back_there_too(join, by)
    now = timezone.now()
    join.parted_at, join.parted_by = now, by
    join.save(update_fields=["parted_at", "parted_by"])
    audit.record(Verb.ENDED, join, by=by, practice=practice)
    audit.record(Verb.CHANGED, back, by=by, practice=practice, count=len(join.moved))
    return now


def note_what_files_brought(join: CaseJoin) -> None:
    """Adds to a joining what a file brought for it before an import did that itself.

    Raises
    ------
    Refused
        Two cases that a file may have meant are joined to this one, so that it is not known whose the sessions are.
    """
    if join.joined.external_ref is None:
        return
    joins = CaseJoin.objects.filter(episode=join.episode_id, parted_at__isnull=True)
    noted = {code for one in joins for code in one.moved}
    brought = TherapySession.objects.not_voided().filter(
        episode=join.episode_id, external_ref__isnull=False, import_batch__imported_at__gte=join.joined_at
    )
    stray = [str(code) for code in brought.exclude(code__in=noted).values_list("code", flat=True)]
    if stray and joins.filter(joined__external_ref__isnull=False).count() > 1:
        raise Refused(
            _(
                "A file brought sessions into this case for one of the cases that were joined to it, and it was not "
                "noted for which. Remove those sessions first, then part the two and import the file again."
            )
        )
    if stray:
        join.moved = [*join.moved, *stray]
        join.save(update_fields=["moved"])


def end_what_shows_the_record(client: Client) -> None:
    """A link that somebody holds to the copy, or to the own answers, would show the other record too.

    The two may be two people of one name, and the joining a mistake. The therapist makes a new link.
    """
    showing = [ClientLink.LinkKind.COPY, ClientLink.LinkKind.HISTORY]
    links = ClientLink.objects.filter(client=client, kind__in=showing, revoked_at__isnull=True)
    links.update(revoked_at=timezone.now())


def _take_back_there_too(join: CaseJoin, by: Membership | None) -> None:
    """What the client took back while the two were one is taken back in both."""
    since = Consent.objects.taken_back().filter(client=join.episode.client_id, withdrawn_at__gte=join.joined_at)
    for purpose in set(since.values_list("purpose", flat=True)):
        settle_consent(client=join.joined.client, purpose=purpose, given=False, by=by)


def _began_without(join: CaseJoin) -> datetime:
    """When the case that stays began without the parted one; those joined later no longer remember that one either."""
    began_at = join.began_at
    later = CaseJoin.objects.filter(episode=join.episode, parted_at__isnull=True, pk__gt=join.pk)
    for other in later.select_related("joined").order_by("pk"):
        other.began_at = began_at
        other.save(update_fields=["began_at"])
        began_at = min(began_at, other.joined.starts_at)
    return began_at
