"""What goes along with the sessions of a case into another one, under the key of whose record it is in then."""

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from alliance.crypto import CannotOpen, Sealed, SealedTextField
from alliance.models import CaseJoin, Episode
from alliance.refusal import Refused
from ratings.joining.phases import number_apart, number_together
from ratings.models import (
    Assessment,
    CheckIn,
    ClientLink,
    Delivery,
    NextStep,
    Rating,
    SeenRating,
    SupervisionNote,
    SupervisionQuestion,
    WishOutcome,
)
from sessions.models import (
    Goal,
    GoalVersion,
    Phase,
    PrivateNote,
    SessionSeries,
    Task,
    TaskVersion,
    TherapySession,
    TherapySessionChange,
)

OF_SESSION, OF_CHECK_IN = "therapy_session", "check_in__therapy_session"
# What follows from a session or a rating, and goes wherever those go.
MOVED: dict[type[Model], str] = {
    CheckIn: OF_SESSION,
    SeenRating: "rating__therapy_session",
    WishOutcome: "rating__therapy_session",
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
# What is of the case as a whole. It comes along by its codes as well.
OF_CASE: tuple[type[Model], ...] = (
    Phase, Goal, GoalVersion, Task, TaskVersion, SessionSeries, SupervisionQuestion, SupervisionNote, NextStep,
)  # fmt: skip
# An answer keeps the revision that the client saw, so every wording goes where its goal goes, a later one too.
WORDINGS: dict[type[Model], str] = {GoalVersion: "goal__code", TaskVersion: "task__code"}


def move_in(join: CaseJoin) -> None:
    """Brings what came along into the case that stays."""
    number_together(join.episode, join.joined)
    _move(join, source=join.joined, to=join.episode)


def move_back(join: CaseJoin) -> None:
    """Brings what had come along back into its own case."""
    _move(join, source=join.episode, to=join.joined)
    number_apart(join.episode, join.joined)


def tracked_in(episode: Episode) -> list[str]:
    """The codes of what somebody wrote, answered, planned or was sent in a case, and of the links of its client."""
    found = []
    for model in (*TRACKED, *OF_CASE):
        belongs = Q(client=episode.client_id) if model is ClientLink else Q(episode=episode)
        found += [str(code) for code in model._base_manager.filter(belongs).values_list("code", flat=True)]
    return found


def _move(join: CaseJoin, *, source: Episode, to: Episode) -> None:
    """Moves sessions by their codes, with all that hangs on them, and what is of the case as a whole.

    Texts are sealed anew, under the key of the client whose record they come into.

    Raises
    ------
    Refused
        One of the texts cannot be opened, so that it would be lost.
    """
    moved, carried = TherapySession.objects.filter(code__in=join.moved), join.carried or []
    keys = list(moved.values_list("pk", flat=True))
    for model, path in {**MOVED, **TRACKED}.items():
        rows = model._base_manager.filter(**{f"{path}__in": keys})
        seal_anew(rows, source, to)
        rows.update(episode=to)
    for model in OF_CASE:
        rows = model._base_manager.filter(**{f"{WORDINGS.get(model, 'code')}__in": carried})
        seal_anew(rows, source, to)
        rows.update(episode=to)
    seal_anew(moved, source, to)
    links = ClientLink.objects.filter(Q(check_in__therapy_session__in=keys) | Q(code__in=carried))
    links.filter(episode=source).update(episode=to)
    links.update(client=to.client)
    moved.update(episode=to)


def seal_anew(rows: QuerySet[Model], source: Episode, to: Episode) -> None:
    """Seals texts under the key of the client whose record they come into; raises `Refused` as `_move` does."""
    names = [field.name for field in rows.model._meta.concrete_fields if isinstance(field, SealedTextField)]
    for row in rows.exclude(**{f"{name}__isnull": True for name in names}) if names else ():
        for name in names:
            if text := getattr(row, name):
                try:
                    setattr(row, name, Sealed(text.open(source.client.data_key), to.client.data_key))
                except CannotOpen:
                    raise Refused(_("A text in this case cannot be opened, so everything stays where it is.")) from None
        row.save(update_fields=names)
