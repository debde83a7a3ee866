"""The rows of the long layout that are about ruptures and their repair."""

import json
from collections import defaultdict
from dataclasses import replace

from django.utils.translation import gettext as _

from ratings.cells.long_layout import OfRupture
from ratings.cells.problem import BadLine
from ratings.importing.cells import instant_of, one_of, whole_of, words_of, yes_or_no_of
from ratings.importing.past import PastRupture, PastStep
from ratings.models import RepairStep, Rupture, RuptureView
from ratings.psychometrics.evidence import Kind, Pillar
from ratings.psychometrics.records import RuptureEvidence

STATES = [state for state in Rupture.RuptureState.values if state != Rupture.RuptureState.WITHDRAWN]


class RuptureRows:
    """Reads what a file says of ruptures. One with a bad row is left out as a whole."""

    def __init__(self, now):
        self.now = now
        self.found, self.bad = {}, set()

    def read_row(self, line, cells, key):
        client, case, opened = key
        name = (client, case, whole_of(cells, "instrument_version"))
        rupture = self.found.setdefault(name, PastRupture(line, opened))
        try:
            if rupture.opened != opened:
                raise BadLine(_("This does not agree with line %(line)s of the same rupture.") % {"line": rupture.line})
            self.found[name] = self._with(rupture, cells, one_of(cells, "item", list(OfRupture)))
        except BadLine:
            self.bad.add(name)
            raise

    def _with(self, rupture, cells, item):
        at = instant_of(cells, "submitted_utc", self.now) if cells["submitted_utc"] else None
        match item:
            case OfRupture.OPENED:
                opened_at = instant_of(cells, "submitted_utc", self.now)
                opened_by = one_of(cells, "value_label", Rupture.OpenedBy.values)
                return replace(rupture, opened_by=opened_by, opened_at=opened_at)
            case OfRupture.STATE:
                state = one_of(cells, "value_label", STATES)
                if (state in Rupture.ACTIVE) == (at is not None):
                    raise BadLine(_("submitted_utc must say when the rupture was over, and be empty while it is open."))
                return replace(rupture, state=state, closed_at=at)
            case OfRupture.KIND:
                return replace(rupture, kind=one_of(cells, "value_label", list(Kind)))
            case OfRupture.PILLARS:
                return replace(rupture, pillars=words_of(cells, "value_label", list(Pillar)))
            case OfRupture.EVIDENCE:
                return replace(rupture, evidence=_evidence(cells["value_label"]))
            case OfRupture.BY_HAND:
                return replace(rupture, by_hand=yes_or_no_of(cells, "value"))
            case OfRupture.CLOSED:
                return replace(rupture, closed=whole_of(cells, "value"))
            case OfRupture.ASIDE:
                return replace(rupture, aside_at=instant_of(cells, "submitted_utc", self.now))
            case OfRupture.REBASED:
                rebased_at = instant_of(cells, "submitted_utc", self.now)
                return replace(rupture, rebased=whole_of(cells, "value"), rebased_at=rebased_at)
            case OfRupture.SEEN_AS:
                seen_as = one_of(cells, "value_label", RuptureView.KindSeen.values)
                return replace(rupture, seen_as=seen_as, seen_at=instant_of(cells, "submitted_utc", self.now))
            case OfRupture.SIGNS:
                return replace(rupture, signs=words_of(cells, "value_label", RuptureView.SignSeen.values))
        return replace(rupture, steps=(*rupture.steps, self._step(cells)))

    def _step(self, cells):
        step, _blank, outcome = cells["value_label"].partition(" ")
        if step not in RepairStep.Step.values or outcome not in RepairStep.Outcome.values:
            raise BadLine(_("value_label names no step of a repair and what became of it."))
        number = whole_of(cells, "value") if cells["value"] else None
        return PastStep(step, outcome, instant_of(cells, "submitted_utc", self.now), number)

    def by_case(self):
        """Client and case -> its ruptures; one of which the file does not say how it began and stands is none."""
        found = defaultdict(list)
        for (client, case, number), rupture in sorted(self.found.items()):
            if (client, case, number) not in self.bad and rupture.opened_by and rupture.state:
                found[client, case].append(rupture)
        return found


def _evidence(text):
    try:
        return RuptureEvidence.from_json(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise BadLine(_("value_label is not what a flag of this program says.")) from None
