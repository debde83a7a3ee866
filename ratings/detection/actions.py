"""The write of how flags are made in a practice."""

from dataclasses import asdict

from django.db import transaction

from alliance import audit
from alliance.audit import Verb
from ratings.detection.proposal import Choice, proposed
from ratings.detection.reassess import rebuild_standings
from ratings.models import DetectorVersion


def set_detector(*, practice, by, **choice):
    """Makes a new detector version, valid from now, and replays all cases under it.

    That redraws history, and raises no old alert. None where nothing was changed: then the version and all findings
    stay. `choice`: the fields of a `Choice`.
    """
    version = proposed(practice, Choice(**choice))
    if version is None:
        return None
    with transaction.atomic():
        row = DetectorVersion.objects.create(practice=practice, **asdict(version))
        audit.record(Verb.CHANGED, row, by=by)
    rebuild_standings(practice)
    return row
