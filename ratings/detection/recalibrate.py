"""The write of how flags state a probability, and the way back."""

from dataclasses import asdict, replace

from django.db import transaction

from alliance import audit
from alliance.audit import Verb
from alliance.models import Membership, Practice
from ratings.detection.reassess import current_version, rebuild_standings
from ratings.detection.stored import as_version
from ratings.models import DetectorVersion
from ratings.psychometrics.evidence import Recalibration


def state_by(*, practice: Practice, recalibration: Recalibration | None, by: Membership) -> DetectorVersion | None:
    """Makes a new detector version that states probabilities by this line; without one, as the program does.

    All else of the version in force stays, its thresholds as well, so that the same flags come. None where nothing was
    changed.
    """
    current = as_version(current_version(practice))
    if current.recalibration == recalibration:
        return None
    with transaction.atomic():
        row = DetectorVersion.objects.create(practice=practice, **asdict(replace(current, recalibration=recalibration)))
        audit.record(Verb.CHANGED, row, by=by)
    rebuild_standings(practice)
    return row
