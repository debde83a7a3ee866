"""The write of how flags are made in a practice."""

from dataclasses import asdict

from django.db import transaction

from alliance import audit
from alliance.audit import Verb
from ratings.detection.history import histories
from ratings.detection.reassess import rebuild_standings
from ratings.models import DetectorVersion
from ratings.psychometrics.assess import freeze
from ratings.psychometrics.evidence import Use, Version
from ratings.psychometrics.population import learn_constants


def set_detector(*, practice, criterion, budget, use, by):
    """Makes a new detector version, valid from now, and replays all cases under it.

    That redraws history, and raises no old alert. How this practice rates is learned here, once, and frozen in the
    version with the threshold of today; while there are too few cases the published values stand.
    """
    population = learn_constants(histories(practice))
    version = Version(criterion=criterion, budget=budget, use=Use(use), constants=population.constants)
    with transaction.atomic():
        row = DetectorVersion.objects.create(practice=practice, **asdict(freeze(version)))
        audit.record(Verb.CHANGED, row, by=by)
    rebuild_standings(practice)
    return row
