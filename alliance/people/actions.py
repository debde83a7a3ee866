"""Writes about members and supervision.

Each is one transaction, with its audit event inside and its side effects on commit.
"""

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alliance import audit
from alliance.access import Denied, NotVisible, check_manage_again
from alliance.audit import Verb
from alliance.crypto import Sealed
from alliance.models import CaseOffer, Membership, Practice, Supervision, User
from alliance.people.mail import case_end_messages, tell
from alliance.refusal import Refused
from alliance.scopes import accepted, live


@transaction.atomic
def add_member(*, practice, email, name, roles, by=None, password=None):
    """Gives a user a place in the practice from now on.

    The user is the one with this e-mail, or a new one, who without `password` has no usable one. Somebody who has, or
    had, a place in another practice is asked first: `alliance.people.places`.
    """
    lock_practice(practice)
    check_manages(practice, by)
    if Membership.objects.filter(live(), practice=practice, user__email__iexact=email).exists():
        raise Refused(_("Somebody with this address already has a place here."))
    user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email, password)
    is_asked = Membership.objects.filter(user=user).exclude(practice=practice).exists()
    # Only the owner of the mailbox can set a first password, so the address counts as verified.
    EmailAddress.objects.get_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )
    membership = Membership.objects.create(
        user=user,
        practice=practice,
        name=Sealed(name, practice.data_key),
        accepted_at=None if is_asked else timezone.now(),
        **{f"is_{role}": True for role in roles},
    )
    audit.record(Verb.CREATED, membership, by=by, practice=practice)
    return membership


def invite_member(*, practice, email, name, roles, by, request):
    """Adds a member, and sends a link to set a password where there is none."""
    membership = add_member(practice=practice, email=email, name=name, roles=roles, by=by)
    if not membership.user.has_usable_password():
        form = ResetPasswordForm({"email": membership.user.email})
        if form.is_valid():
            request.invited_by = by  # read by templates/account/email/password_reset_key_*.txt
            form.save(request)
    return membership


def record_first_visit(*, memberships):
    """Sets `first_seen_at` where it is empty.

    It belongs to the membership and not to the user: no manager learns whether an account was there before, from
    another practice.
    """
    unseen = Membership.objects.filter(pk__in=[membership.pk for membership in memberships], first_seen_at__isnull=True)
    unseen.update(first_seen_at=timezone.now())


@transaction.atomic
def end_membership(*, membership, by, at=None):
    """Ends the membership now or at a coming instant, with every assignment from or to it.

    A membership that has ended stays as it is; a coming end may be moved.
    """
    lock_practice(membership.practice)
    check_manages(membership.practice, by)
    Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)  # a case that opens meanwhile waits
    membership.refresh_from_db(fields=["ends_at"])
    now = timezone.now()
    at = at or now
    if membership.ends_at and membership.ends_at <= now:
        return
    others = Membership.objects.filter(live(), accepted(), practice=membership.practice, is_manager=True).exclude(
        pk=membership.pk
    )
    if membership.is_manager and not others.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)).exists():
        raise Refused(_("This is the last manager of the practice. Invite another one first."))
    supervisions = Supervision.objects.filter(Q(supervisor=membership) | Q(therapist=membership))
    these = Q(ends_at__isnull=True) | Q(ends_at=membership.ends_at)
    # At a coming end, one that has a last day of its own keeps it: it is not made longer by moving that.
    these |= Q(ends_at__gt=now) if at <= now else Q(not_before__gte=at)
    to_end = list(supervisions.filter(these))
    membership.ends_at = at
    membership.save(update_fields=["ends_at"])  # first, so that no e-mail names them as a reader who stays
    for supervision in to_end:
        end_supervision(supervision=supervision, by=by, at=at)
    audit.record(Verb.ENDED, membership, by=by)


@transaction.atomic
def end_supervision(*, supervision, by, at=None):
    """Ends the assignment now or at a coming instant; one that has ended stays as it is.

    One whose first day would come after its end is over now. Of one to a single case those are told who read it, and
    who read it from then on.
    """
    now = timezone.now()
    if at and supervision.not_before and at <= supervision.not_before:
        at = now
    rows = Supervision.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), pk=supervision.pk)
    if rows.update(ends_at=at or now):
        audit.record(Verb.ENDED, supervision, by=by)
        if supervision.episode_id:
            tell(case_end_messages(supervision, by=by, at=at or now))


def end_requests_about(episode, by):
    """Ends what was asked for and is not open, as the case has ended: nobody new comes to read it."""
    for supervision in Supervision.objects.not_open().filter(episode=episode):
        end_supervision(supervision=supervision, by=by)


@transaction.atomic
def end_assignment(*, supervision, by, at=None):
    """As `end_supervision`, by a manager.

    Raises
    ------
    Denied
        They are none of that practice any more.
    Refused
        It ends earlier than `at`: nobody reads for longer than was asked for, and agreed to. Or it only begins later.
    """
    practice = supervision.supervisor.practice
    lock_practice(practice)
    check_manages(practice, by)
    supervision.refresh_from_db(fields=["ends_at"])
    if at and supervision.ends_at and supervision.ends_at < at:
        raise Refused(_("It ends before that day already. For more days, assign them again."))
    if at and supervision.not_before and at <= supervision.not_before:
        raise Refused(_("It only begins after that day. Leave the day blank to take it back."))
    end_supervision(supervision=supervision, by=by, at=at)


@transaction.atomic
def drop_therapist_role(*, membership, by):
    """Takes the role of therapist from a member who has another one; the place, its dates and cases stay theirs."""
    lock_practice(membership.practice)
    check_manages(membership.practice, by)
    Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
    membership.refresh_from_db(fields=["is_therapist", "is_supervisor", "is_manager"])
    if not (membership.is_supervisor or membership.is_manager):
        raise Refused(_("They have no other role. Remove their access instead."))
    for supervision in Supervision.objects.filter(live(), therapist=membership):
        end_supervision(supervision=supervision, by=by)
    membership.is_therapist = False
    membership.save(update_fields=["is_therapist"])
    audit.record(Verb.CHANGED, membership, by=by)


def check_manages(practice, by):
    """Raises `Denied` unless `by` is a manager of the practice now; asked after the lock. A command has no `by`."""
    if by is None:
        return
    if by.practice_id != practice.pk:
        raise Denied("practice", practice.code)
    check_manage_again(by)


def lock_practice(practice: Practice) -> None:
    """Locks the practice to the end of the transaction.

    Of two managers who click at once, the second is judged by what the first has done.
    """
    Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)


def lock_asked(practice: Practice, asked: Supervision | CaseOffer) -> None:
    """Locks the practice, and reads again what somebody is asked; `NotVisible` where its case was erased meanwhile."""
    lock_practice(practice)
    try:
        asked.refresh_from_db()
    except ObjectDoesNotExist:
        raise NotVisible(str(asked._meta.model_name), asked.code) from None
