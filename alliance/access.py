"""Who may see and do what. No other module decides it.

Not yours: 404, as if it did not exist. Yours, but not this verb: 403. `check_x()` raises and `can_x()` wraps it, so
that a view and its template share one truth. Everything is judged at request time, by the database's clock.
"""

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Exists, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now
from django.http import Http404


class NotVisible(Http404):
    """Missing or hidden: outside, nobody can tell which. The denial is audited after the rollback."""

    def __init__(self, subject_type, subject_code):
        super().__init__("No such page.")
        self.subject_type, self.subject_code = subject_type, str(subject_code)


class Denied(PermissionDenied):
    """Visible, but not this verb."""

    def __init__(self, subject_type, subject_code=""):
        super().__init__()
        self.subject_type, self.subject_code = subject_type, str(subject_code)


class DaysAgo(Func):
    """The database's now, less a number of days that a column holds."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler, connection, **context):
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'now', '-' || %(expressions)s || ' days')"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler, connection, **context):
        template = "STATEMENT_TIMESTAMP() - MAKE_INTERVAL(days => %(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **context)


# --- Who may see ------------------------------------------------------------------------------------------------------


def live(prefix=""):
    """A dated membership or assignment holds now: `[starts_at, ends_at)`."""
    return Q(**{f"{prefix}starts_at__lte": Now()}) & (
        Q(**{f"{prefix}ends_at__isnull": True}) | Q(**{f"{prefix}ends_at__gt": Now()})
    )


def live_memberships(user, role=None):
    """The user's live memberships; with `role` ("therapist", "supervisor", "manager") only those."""
    held = apps.get_model("alliance", "Membership").objects.filter(live(), user=user, user__is_active=True)
    return held.filter(**{f"is_{role}": True}) if role else held


def memberships_of(user):
    """The live memberships of whoever is signed in, oldest first, with their practices; none for anybody else."""
    if not user.is_authenticated:
        return []
    return list(live_memberships(user).select_related("practice__data_key").order_by("starts_at"))


def own_episodes(user):
    """Episodes of which the user is the therapist; ended ones for the practice's `ended_visible_days`."""
    return _episodes(Q(therapist__in=live_memberships(user, "therapist")))


def visible_episodes(user):
    """All episodes whose clinical content the user may read: the union over the user's live memberships."""
    return _episodes(Q(therapist__in=live_memberships(user, "therapist")) | _supervised(user))


def supervised_episodes(user):
    """Episodes the user supervises now."""
    return _episodes(_supervised(user))


def _episodes(condition):
    in_sight = Q(ends_at__isnull=True) | Q(ends_at__gt=DaysAgo("client__practice__ended_visible_days"))
    return apps.get_model("alliance", "Episode").objects.filter(condition & in_sight)


def live_assignments(user=None):
    """The supervision that holds now; with `user` only what was given to that supervisor."""
    assignments = apps.get_model("alliance", "Supervision").objects.filter(
        live(), live("supervisor__"), supervisor__is_supervisor=True
    )
    return assignments.filter(supervisor__user=user, supervisor__user__is_active=True) if user else assignments


def _supervised(user):
    """An assignment to the episode counts; only where there is none at all does one to its therapist count."""
    assignments, mine = live_assignments(), live_assignments(user)
    to_episode = Q(pk__in=mine.filter(episode__isnull=False).values("episode"))
    to_therapist = Q(therapist__in=mine.filter(therapist__isnull=False).values("therapist"))
    nobody_named = ~Exists(assignments.filter(episode=OuterRef("pk")))
    return (to_episode | (to_therapist & nobody_named)) & ~Q(therapist__user=user)


class ScopedQuerySet(QuerySet):
    """The queryset of every clinical model. `Model.scope` names its column and the episode's that must match."""

    episodes = staticmethod(visible_episodes)

    def visible_to(self, user):
        if not user.is_authenticated:
            return self.none()
        column, episode_column = self.model.scope
        return self.filter(**{f"{column}__in": self.episodes(user).values(episode_column)})

    def __repr__(self):
        # Rows never reach a log or a traceback.
        return f"<{type(self).__name__} of {self.model.__name__}>"


class TherapistOnlyQuerySet(ScopedQuerySet):
    """What the therapist writes for nobody else: supervisors do not see that it exists."""

    episodes = staticmethod(own_episodes)


class PracticeQuerySet(QuerySet):
    """People and assignments: seen by the managers of their practice. `Model.practice_path` leads there."""

    def managed_by(self, user):
        practices = live_memberships(user, "manager").values("practice")
        return self.filter(**{f"{self.model.practice_path}__in": practices})

    __repr__ = ScopedQuerySet.__repr__


class DraftQuerySet(QuerySet):
    """What somebody sent and has not finished: for a day, and for nobody else."""

    def visible_to(self, user):
        return self.filter(sent_by__in=live_memberships(user), created_at__gt=DaysAgo(Value(1)))

    def expired(self):
        return self.filter(created_at__lte=DaysAgo(Value(1)))

    __repr__ = ScopedQuerySet.__repr__


def get_visible_or_404(queryset, user, **lookup):
    """The first line of a view on clinical content."""
    return _get_or_404(queryset.visible_to(user), lookup)


def get_managed_or_404(queryset, user, **lookup):
    """The first line of a manager's view."""
    return _get_or_404(queryset.managed_by(user), lookup)


def _get_or_404(queryset, lookup):
    try:
        return queryset.get(**lookup)
    except queryset.model.DoesNotExist:
        raise NotVisible(queryset.model._meta.model_name, next(iter(lookup.values()))) from None


# --- Who may do -------------------------------------------------------------------------------------------------------


def check_role(user, role):
    """The user's live memberships with this role; a page of another role is 403."""
    memberships = list(live_memberships(user, role).select_related("practice__data_key"))
    if not memberships:
        raise Denied(f"{role}_page")
    return memberships


def check_import(user):
    """Managers bring in past ratings for everybody, therapists for themselves. Returns the acting memberships."""
    memberships = live_memberships(user).select_related("practice__data_key").order_by("starts_at")
    held = [membership for membership in memberships if membership.is_manager or membership.is_therapist]
    if not held:
        raise Denied("import_page")
    return held


def check_edit(user, episode):
    """The therapist of the episode writes; supervisors only read. Returns the acting membership."""
    membership = live_memberships(user, "therapist").filter(pk=episode.therapist_id).first()
    if membership is None:
        raise Denied("episode", episode.code)
    return membership


def can_edit(user, episode):
    return _holds(check_edit, user, episode)


def comments_readable_by(user, episode):
    """For the ratings of one episode: a comment is for the therapist, and for a supervisor only where the client said
    so. Returns the test, so that one look at the memberships serves them all."""
    own = can_edit(user, episode)
    return lambda rating: own or rating.comment_for == "supervisor"


def check_read_wish(user, episode):
    """What a client wants brought up is said to the therapist, not to whoever reads along."""
    check_edit(user, episode)


def can_read_wish(user, episode):
    return _holds(check_read_wish, user, episode)


def _holds(check, *args):
    try:
        check(*args)
    except PermissionDenied:
        return False
    return True
