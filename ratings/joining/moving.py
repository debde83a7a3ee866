"""What goes along with the sessions of a case into another one, under the key of whose record it is in then."""

from collections.abc import Sequence

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from alliance.crypto import CannotOpen, Sealed, SealedTextField
from alliance.models import Episode
from alliance.refusal import Refused
from ratings.models import Assessment, CheckIn, ClientLink, Delivery, Rating, SeenRating
from sessions.models import PrivateNote, TherapySession, TherapySessionChange

OF_SESSION, OF_CHECK_IN = "therapy_session", "check_in__therapy_session"
# What follows from a session or a rating, and goes wherever those go.
MOVED: dict[type[Model], str] = {
    CheckIn: OF_SESSION,
    SeenRating: "rating__therapy_session",
    Assessment: OF_SESSION,
}
# What somebody wrote, answered or was sent. A joining keeps its codes: what is written later is not among them.
TRACKED: dict[type[Model], str] = {
    Rating: OF_SESSION,
    PrivateNote: OF_SESSION,
    TherapySessionChange: OF_SESSION,
    Delivery: OF_CHECK_IN,
    ClientLink: OF_CHECK_IN,
}


def tracked_in(episode: Episode) -> list[str]:
    """The codes of what somebody wrote, answered or was sent in a case, and of the links that its client has."""
    found = []
    for model in TRACKED:
        belongs = Q(client=episode.client_id) if model is ClientLink else Q(episode=episode)
        found += [str(code) for code in model._base_manager.filter(belongs).values_list("code", flat=True)]
    return found


def move(sessions: Sequence[str], carried: Sequence[str], *, source: Episode, to: Episode) -> None:
    """Moves sessions by their codes, with all that hangs on them and the links among `carried`.

    Texts are sealed anew, under the key of the client whose record they come into.

    Raises
    ------
    Refused
        One of the texts cannot be opened, so that it would be lost.
    """
    moved = TherapySession.objects.filter(code__in=sessions)
    keys = list(moved.values_list("pk", flat=True))
    for model, path in {**MOVED, **TRACKED}.items():
        rows = model._base_manager.filter(**{f"{path}__in": keys})
        _seal_anew(rows, source, to)
        rows.update(episode=to)
    _seal_anew(moved, source, to)
    links = ClientLink.objects.filter(Q(check_in__therapy_session__in=keys) | Q(code__in=carried))
    links.filter(episode=source).update(episode=to)
    links.update(client=to.client)
    moved.update(episode=to)


def _seal_anew(rows: QuerySet[Model], source: Episode, to: Episode) -> None:
    names = [field.name for field in rows.model._meta.concrete_fields if isinstance(field, SealedTextField)]
    for row in rows.exclude(**{f"{name}__isnull": True for name in names}) if names else ():
        for name in names:
            if text := getattr(row, name):
                try:
                    setattr(row, name, Sealed(text.open(source.client.data_key), to.client.data_key))
                except CannotOpen:
                    raise Refused(
                        _("A text in these sessions cannot be opened, so they stay where they are.")
                    ) from None
        row.save(update_fields=names)
