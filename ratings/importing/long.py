"""Our own long layout: one row per answer."""

from dataclasses import replace

from django.utils.translation import gettext as _

from ratings.importing.cells import Wrong, instant_of, number_of, text_of, whole_of, yes_or_no_of, zones
from ratings.importing.past import PastRating, PastSession
from ratings.psychometrics.evidence import Rater

VERSION = "1"
COLUMNS = (
    "export_version", "client_pid", "therapist_pid", "episode_no", "session_no", "session_start_utc", "tz",
    "rater", "instrument", "instrument_version", "language", "item", "pillar", "value", "value_label", "answered",
    "missing_reason", "submitted_utc", "seconds_to_complete", "mode",
)  # fmt: skip


class Long:
    """The rows of a rating agree on it, and those of a session on that. A rating with a bad row is left out as a whole:
    its other answers alone would say that this one was skipped."""

    left_aside = False

    def __init__(self, instruments, now):
        self.instruments, self.now = instruments, now
        self.by_key, self.ratings, self.spoiled = {}, {}, set()

    def row(self, line, cells):
        client, case = text_of(cells, "client_pid"), str(whole_of(cells, "episode_no"))
        key = (client, case, whole_of(cells, "session_no"))
        raters = [rater for rater in Rater if rater == cells["rater"].lower()]
        try:
            if not raters:
                raise Wrong(_("rater is neither client nor therapist."))
            self._answer(line, cells, key, raters[0])
        except Wrong:
            self.spoiled |= {(key, rater) for rater in raters or Rater}
            raise

    def _answer(self, line, cells, key, rater):
        if cells["export_version"].split(".")[0] != VERSION:
            raise Wrong(_("export_version is not one that this program can read."))
        instrument = self.instruments.get((cells["instrument"], cells["instrument_version"]))
        if instrument is None:
            raise Wrong(_("instrument and instrument_version name no questionnaire that is loaded here."))
        item = next((item for item in instrument.items if item.id == cells["item"]), None)
        if item is None:
            raise Wrong(_("item is not one of this questionnaire."))
        if cells["pillar"] and cells["pillar"].lower() != item.pillar:
            raise Wrong(_("pillar is not the one that this item belongs to."))
        if cells["tz"] and cells["tz"] not in zones():
            raise Wrong(_("tz is not the name of a time zone, such as Europe/Berlin."))
        called = (cells["therapist_pid"],) if cells["therapist_pid"] else ()
        start = instant_of(cells, "session_start_utc", self.now)
        therapy_session = PastSession(line, *key, therapists=called, starts_at=start, zone=cells["tz"])
        sent = instant_of(cells, "submitted_utc", self.now) if cells["submitted_utc"] else None
        asked = (instrument.key, instrument.version)
        rating = PastRating(line, rater, asked, {}, language=cells["language"].lower(), answered_at=sent)
        answered = yes_or_no_of(cells, "answered")
        if cells["value"] and not answered:
            raise Wrong(_("answered says no, and there is a value."))
        value = number_of(cells, "value", instrument) if answered else None

        same_session = self.by_key.setdefault(key, therapy_session)
        if replace(same_session, line=line) != therapy_session:
            raise Wrong(_("This does not agree with line %(line)s of the same session.") % {"line": same_session.line})
        same_rating = self.ratings.setdefault((key, rater), rating)
        if replace(same_rating, line=line, answers={}) != rating:
            raise Wrong(_("This does not agree with line %(line)s of the same rating.") % {"line": same_rating.line})
        if item.id in same_rating.answers:
            raise Wrong(_("This item of the rating is there twice."))
        same_rating.answers[item.id] = value

    def sessions(self):
        for key, therapy_session in self.by_key.items():
            good = [self.ratings[key, r] for r in Rater if (key, r) in self.ratings and (key, r) not in self.spoiled]
            for_each = [{item: v for item, v in rating.answers.items() if v is not None} for rating in good]
            if good:
                filled = tuple(replace(r, answers=a) for r, a in zip(good, for_each, strict=True) if a)
                yield replace(therapy_session, ratings=filled)
