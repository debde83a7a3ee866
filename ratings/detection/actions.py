"""The writes of how flags are made in a practice."""

from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from alliance import access, audit
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.models import Membership, Practice
from alliance.refusal import Refused
from ratings.detection.proposal import Choice, proposed
from ratings.detection.reassess import rebuild_standings
from ratings.detection.stored import as_version, current_version, version_before
from ratings.models import DetectorVersion
from ratings.psychometrics.evidence import Version

CHANGED_MEANWHILE = _(
    "Somebody else changed these settings meanwhile. Open this page anew to see them, or press once more for yours."
)
NOTHING_BEFORE = _("There are no settings to go back to. Choose anew to change these.")


@as_program()
def set_detector(
    *, practice: Practice, by: Membership, shown: DetectorVersion | None = None, **choice: object
) -> DetectorVersion | None:
    """Makes a new detector version, valid from now, and replays all cases under it.

    That redraws history, and raises no old alert. None where nothing was changed: then the version and all findings
    stay. `shown`: the version that `by` had before them; by default the one in force. `choice`: the fields of a
    `Choice`.
    """
    in_force = shown or current_version(practice)
    version = proposed(practice, Choice(**choice))  # type: ignore[arg-type]  # a form's fields, by name
    return put_in_force(practice=practice, by=by, version=version, instead_of=in_force) if version else None


@as_program()
def go_back(*, practice: Practice, by: Membership, shown: DetectorVersion) -> DetectorVersion:
    """Puts the version before the one that was shown in force again, and replays all cases.

    The flags that came with it come back; those that only the other one raised are closed.

    Raises
    ------
    Refused
        There is none before it, or another version took its place meanwhile.
    Denied
        `by` is no manager any more.
    """
    before = version_before(shown)
    if before is None:
        raise Refused(str(NOTHING_BEFORE))
    return put_in_force(practice=practice, by=by, version=as_version(before), instead_of=shown, restores=before)


@as_program()
def put_in_force(
    *,
    practice: Practice,
    by: Membership,
    version: Version,
    instead_of: DetectorVersion,
    restores: DetectorVersion | None = None,
) -> DetectorVersion:
    """Puts a version in place of the one that it was made from, and replays all cases.

    `restores`: the earlier one that comes back with it.

    Raises
    ------
    Refused
        Another version took that one's place meanwhile.
    Denied
        `by` is no manager any more.
    """
    with transaction.atomic():
        Practice.objects.select_for_update(of=("self",), no_key=True).get(pk=practice.pk)
        access.check_manage_again(by)
        if current_version(practice) != instead_of:
            raise Refused(str(CHANGED_MEANWHILE))
        row = DetectorVersion.objects.create(practice=practice, restores=restores, **asdict(version))
        audit.record(Verb.CHANGED, row, by=by)
    rebuild_standings(practice)
    return row
