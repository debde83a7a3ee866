"""Writes the ruptures and repairs of a new case as its file has them; the replay that follows goes on from there."""

from ratings.models import RepairStep, Rupture, RuptureView, SetAside

RUPTURE_TABLES = (Rupture, RuptureView, SetAside, RepairStep)


def write_ruptures(bulk, case, episode, keys, version):
    """Adds the rows of a case; `keys`: number of a session in the file -> its key.

    All of it was said by the therapist of the case, as far as this practice knows. The words of it are in no file.
    """
    about, by = {"episode_id": episode.pk}, case.therapist.pk
    for past in case.past.ruptures:
        row = bulk.add(
            Rupture,
            opened_session_id=keys[past.opened],
            closed_session_id=keys.get(past.closed),
            opened_by=past.opened_by,
            version_id=version.pk if past.opened_by == Rupture.OpenedBy.DETECTOR else None,
            state=past.state,
            kind=past.kind,
            pillars=list(past.pillars),
            evidence=past.evidence.to_json() if past.evidence else {},
            opened_at=past.opened_at,
            closed_at=past.closed_at,
            named_by_id=by if past.by_hand else None,
            rebased_session_id=keys.get(past.rebased),
            rebased_at=past.rebased_at,
            rebased_by_id=by if past.rebased in keys else None,
            **about,
        )
        if past.seen_as:
            bulk.add(
                RuptureView, rupture_id=row.pk, kind=past.seen_as, signs=list(past.signs), said_by_id=by,
                said_at=past.seen_at, **about,
            )  # fmt: skip
        if past.aside_at:
            bulk.add(SetAside, rupture_id=row.pk, by_id=by, at=past.aside_at, **about)
        for step in past.steps:
            place = "planned_for_id" if step.outcome == RepairStep.Outcome.PLANNED else "logged_with_id"
            bulk.add(
                RepairStep, rupture_id=row.pk, step=step.step, outcome=step.outcome, said_by_id=by,
                said_at=step.said_at, **{place: keys.get(step.number)}, **about,
            )  # fmt: skip
