"""Keeping and dropping what was typed. The audit has no word of it: nothing was saved yet, and nobody else reads it."""

import json

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from alliance import scopes
from alliance.crypto import CannotOpen, Sealed, keyed_hash
from alliance.drafts.shown import Fields, ShownForm
from alliance.models import FormDraft, Membership, User

MOST_DRAFTS = 20  # a person; convention of this app
LATE = 60  # seconds; convention of this app: by then whatever a browser sent before it sent the form has arrived
LONGEST = 200_000  # characters of one draft, convention of this app: forty notes of the greatest length


@transaction.atomic
def keep_draft(*, form: ShownForm, action: str, fields: Fields) -> FormDraft | None:
    """Seals the fields for whom the page was shown to; None where there is nothing to keep or nobody to keep it for."""
    text = json.dumps(fields)
    owner = _owner(form)
    if not owner or len(text) > LONGEST or not any(value.strip() for values in fields.values() for value in values):
        return None
    FormDraft.objects.expired().delete()
    # Two at the same moment end in one: the lock of the owner's place.
    Membership.objects.select_for_update().get(pk=owner.pk)
    draft, _made = FormDraft.objects.update_or_create(
        sent_by=owner,
        shown=form.shown,
        action=action,
        defaults={
            "page": form.page,
            "fields": Sealed(text, owner.practice.data_key),
            "created_at": timezone.now(),
        },
    )
    newest = FormDraft.objects.filter(sent_by=owner).order_by("-created_at", "-pk").values_list("pk", flat=True)
    FormDraft.objects.filter(pk__in=list(newest[MOST_DRAFTS:])).delete()
    return draft


def opened(draft: FormDraft) -> Fields:
    """What was typed; nothing where it cannot be opened."""
    try:
        fields: Fields = json.loads(draft.fields.open(draft.sent_by.practice.data_key))
    except CannotOpen:
        return {}
    return fields


def keep_while_typing(*, form: ShownForm, action: str, fields: Fields) -> FormDraft | None:
    """As `keep_draft`; but what arrives after it was saved would stand there as not saved, and is not kept."""
    saved = cache.get(_saved(form, action), {})
    if saved and all(saved.get(name) == _print(values) for name, values in fields.items()):
        return None
    return keep_draft(form=form, action=action, fields=fields)


def drop_draft(*, form: ShownForm, action: str, fields: Fields) -> None:
    """The form was saved with these fields."""
    kept, _each = FormDraft.objects.filter(sent_by__user__code=form.user, shown=form.shown, action=action).delete()
    if kept:
        cache.set(_saved(form, action), {name: _print(values) for name, values in fields.items()}, LATE)


def discard_draft(*, draft: FormDraft) -> None:
    """Whoever typed it wants an empty form."""
    draft.delete()


def drop_drafts_of(*, user: User) -> None:
    """The user signs out: nothing waits for the next person."""
    FormDraft.objects.filter(sent_by__user=user).delete()


def drop_old_drafts() -> None:
    FormDraft.objects.expired().delete()


def _saved(form: ShownForm, action: str) -> str:
    return f"saved-form {form.user} {form.shown} {action}"


def _print(values: list[str]) -> str:
    """By which the same text is known again, and nothing of it can be read."""
    return keyed_hash("saved-form", json.dumps(values).encode().hex())  # small and capital letters are two


def _owner(form: ShownForm) -> Membership | None:
    user = User.objects.filter(code=form.user, is_active=True).first()
    memberships = scopes.memberships_of(user) if user else []
    return memberships[0] if memberships else None
