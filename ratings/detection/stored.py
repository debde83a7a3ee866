"""Turns stored assessments and detector versions into those of the pure code."""

from dataclasses import asdict
from datetime import UTC, datetime

from alliance.models import Episode, Practice
from ratings.models import Assessment, DetectorVersion, Rupture
from ratings.psychometrics import evidence
from ratings.psychometrics.assess import freeze, of_therapist
from ratings.psychometrics.records import RuptureEvidence

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def detector_version(practice: Practice) -> DetectorVersion | None:
    """The practice's newest detector version, or None before the first."""
    return DetectorVersion.objects.filter(practice=practice).order_by("-valid_from").first()


def current_version(practice: Practice) -> DetectorVersion:
    """The practice's detector version; its first is made here, with the defaults."""
    version = detector_version(practice)
    if version is None:
        version, _new = DetectorVersion.objects.get_or_create(  # two first replays at once make one
            practice=practice, valid_from=LONG_AGO, defaults=asdict(freeze(evidence.Version()))
        )
    return version


def version_before(row: DetectorVersion) -> DetectorVersion | None:
    """The version whose place this one took; None for the first, and for one that came back.

    What came back wrote its name on the flags of the other, so there is no way back from the way back.
    """
    if row.restores_id is not None:
        return None
    earlier = DetectorVersion.objects.filter(practice=row.practice_id, valid_from__lt=row.valid_from)
    return earlier.select_related("practice").order_by("-valid_from").first()


def version_for(row: DetectorVersion, episode: Episode) -> evidence.Version:
    """A stored detector version as it judges the cases of the episode's therapist."""
    return of_therapist(as_version(row), str(episode.therapist_id))


def as_version(row: DetectorVersion) -> evidence.Version:
    """A stored detector version as the pure code takes it."""
    return evidence.Version(
        criterion=row.criterion,
        budget=evidence.Budget(row.budget),
        use=evidence.Use(row.use),
        constants=row.constants,
        threshold=row.threshold,
        thresholds=evidence.ByNumber(**row.thresholds) if row.thresholds else None,
        clear_only=row.clear_only,
        recalibration=evidence.Recalibration(**row.recalibration) if row.recalibration else None,
        by_therapist=row.by_therapist,
        edition=row.edition,
        shadow=row.shadow,
    )


def as_assessment(row: Assessment, number: int | None = None) -> evidence.Assessment:
    """A stored assessment as the pure code made it."""
    return evidence.Assessment(
        number=number,
        state=evidence.State(row.state),
        suspicion=row.score,
        probability=row.probability,
        alert=row.alert,
        kind=evidence.Kind(row.kind) if row.kind else None,
        pillars=tuple(evidence.Pillar(pillar) for pillar in row.pillars),
        points=tuple(evidence.Points(**point) for point in row.points),
        notes=evidence.notes_of(row.notes),
    )


def evidence_of(rupture: Rupture) -> RuptureEvidence | None:
    """The evidence that a rupture carries; None where a person opened it."""
    return RuptureEvidence.from_json(rupture.evidence) if rupture.evidence else None
