"""Writes of the plan."""

from uuid import uuid4

from django.db import transaction

from alliance import audit
from alliance.access import Editor
from alliance.audit import Verb
from alliance.crypto import Sealed
from sessions.models import Goal


@transaction.atomic
def agree_goal(*, editor: Editor, text, code=None):
    """Adds a goal to the plan of the episode."""
    editor.check_again()
    episode, by = editor.episode, editor.membership
    goal = Goal.objects.create(
        code=code or uuid4(), episode=episode, text=Sealed(text, episode.client.data_key), written_by=by
    )
    audit.record(Verb.CREATED, goal, by=by)
    return goal
