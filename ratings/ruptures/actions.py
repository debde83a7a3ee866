"""What is done about a rupture: the writes.

Keyword-only, one transaction each, audit inside.
"""

from django.db import transaction
from django.utils import timezone

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.crypto import Sealed
from ratings.detection.history import held_sessions
from ratings.detection.reassess import lock_for_edit, reassess
from ratings.models import Rupture


class RuptureOver(Exception):
    """It ended, or was set aside, in the meantime; how it ended stands."""


class NotSettledLower(Exception):
    """The ratings have not settled lower after this rupture, or are back, or the level was taken before."""


@transaction.atomic
def rebase_usual(*, editor: Editor, rupture, reason):
    """Takes the level that the ratings settled at for the usual one, with the therapist's reason.

    From then on it is compared with that level. How the rupture ended stands.

    Raises
    ------
    NotSettledLower
        There is no lower level to take.
    """
    lock_for_edit(editor, rupture)
    rupture.refresh_from_db()
    held = held_sessions(editor.episode)
    if rupture.state != Rupture.RuptureState.SETTLED_LOWER or rupture.rebased_at or not held:
        raise NotSettledLower
    rupture.rebased_session, rupture.rebased_at = held[-1].row, timezone.now()
    rupture.rebased_by = editor.membership
    rupture.rebased_reason = Sealed(reason, editor.episode.client.data_key)
    rupture.save(update_fields=["rebased_session", "rebased_at", "rebased_by", "rebased_reason"])
    audit.record(Verb.CHANGED, rupture, by=editor.membership)
    reassess(editor.episode)


@transaction.atomic
def set_rupture_aside(*, editor: Editor, rupture, reason):
    """Looked at and put away, with a reason; a replay does not bring it back.

    Raises
    ------
    RuptureOver
        It is neither open nor recovering any more.
    """
    lock_for_edit(editor, rupture)
    rupture.refresh_from_db(fields=["state"])
    if not rupture.is_active:
        raise RuptureOver
    rupture.state, rupture.closed_at = Rupture.RuptureState.SET_ASIDE, timezone.now()
    rupture.aside_reason = Sealed(reason, editor.episode.client.data_key)
    rupture.save(update_fields=["state", "closed_at", "aside_reason"])
    audit.record(Verb.CHANGED, rupture, by=editor.membership)
    reassess(editor.episode)
