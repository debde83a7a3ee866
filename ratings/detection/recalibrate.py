"""The write of how flags state a probability, and the way back."""

from dataclasses import replace

from alliance.acting import as_program
from alliance.models import Membership, Practice
from ratings.detection.actions import put_in_force
from ratings.detection.stored import as_version, current_version
from ratings.models import DetectorVersion
from ratings.psychometrics.evidence import Recalibration


@as_program()
def state_by(*, practice: Practice, recalibration: Recalibration | None, by: Membership) -> DetectorVersion | None:
    """Makes a new detector version that states probabilities by this line; without one, as the program does.

    All else of the version in force stays, its thresholds as well, so that the same flags come. None where nothing was
    changed.
    """
    in_force = current_version(practice)
    current = as_version(in_force)
    if current.recalibration == recalibration:
        return None
    version = replace(current, recalibration=recalibration)
    return put_in_force(practice=practice, by=by, version=version, instead_of=in_force)
