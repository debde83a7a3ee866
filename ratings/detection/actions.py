"""How flags are made in a practice: the write."""

from dataclasses import asdict

from django.db import transaction

from alliance import audit
from alliance.audit import Verb
from ratings.detection.history import histories
from ratings.detection.reassess import rebuild_standings
from ratings.models import DetectorVersion
from ratings.psychometrics.assess import freeze
from ratings.psychometrics.evidence import Version
from ratings.psychometrics.population import learn_constants


def set_detector(*, practice, criterion, budget, use, by):
    """A new detector version, valid from now. It redraws history, case by case, and raises no old alert.

    How this practice rates is learned here, once, and frozen in the version with the threshold of today; while there
    are too few cases the published values stand.
    """
    learned = learn_constants(histories(practice))
    version = Version(criterion=criterion, budget=budget, use=use, constants=learned.constants)
    with transaction.atomic():
        version = DetectorVersion.objects.create(practice=practice, **asdict(freeze(version)))
        audit.record(Verb.CHANGED, version, by=by)
    rebuild_standings(practice)
    return version
