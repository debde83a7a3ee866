"""Our own long layout: one row per answer."""

from dataclasses import replace

from django.utils.translation import gettext as _

from ratings.cells.problem import BadLine
from ratings.cells.values import reference_in, whole_in
from ratings.importing.cells import instant_of, number_of, text_of, whole_of, yes_or_no_of, zones
from ratings.importing.past import PastRating, PastSession
from ratings.psychometrics.evidence import Rater

VERSION = 1
DAYS = ()  # it has instants only
COLUMNS = (
    "export_version", "client_pid", "therapist_pid", "episode_no", "session_no", "session_start_utc", "tz",
    "rater", "instrument", "instrument_version", "language", "item", "pillar", "value", "value_label", "answered",
    "missing_reason", "submitted_utc", "seconds_to_complete", "mode",
)  # fmt: skip


class Long:
    """Reads the rows of the long layout.

    Those of one session, or of one rating, must agree. A rating with a bad row is left out as a whole: its other
    answers alone would say that this one was skipped.
    """

    has_ors = False

    def __init__(self, instruments, now, order):
        self.instruments, self.now = instruments, now
        self.by_key, self.ratings, self.bad_ratings = {}, {}, set()

    def read_row(self, line, cells):
        client, case = text_of(cells, "client_pid"), str(whole_of(cells, "episode_no"))
        key = (client, case, whole_of(cells, "session_no"))
        raters = [rater for rater in Rater if rater == cells["rater"].lower()]
        try:
            if not raters:
                raise BadLine(_("rater is neither client nor therapist."))
            self._read_answer(line, cells, key, raters[0])
        except BadLine:
            self.bad_ratings |= {(key, rater) for rater in raters or Rater}
            raise

    def _read_answer(self, line, cells, key, rater):
        if whole_in(cells["export_version"].split(".")[0]) != VERSION:
            raise BadLine(_("export_version is not one that this program can read."))
        version = whole_in(cells["instrument_version"])
        instrument = self.instruments.get((cells["instrument"], str(version)))
        if instrument is None:
            raise BadLine(_("instrument and instrument_version name no questionnaire that is loaded here."))
        item = next((item for item in instrument.items if item.id == cells["item"]), None)
        if item is None:
            raise BadLine(_("item is not one of this questionnaire."))
        if cells["pillar"] and cells["pillar"].lower() != item.pillar:
            raise BadLine(_("pillar is not the one that this item belongs to."))
        if cells["tz"] and cells["tz"] not in zones():
            raise BadLine(_("tz is not the name of a time zone, such as Europe/Berlin."))
        therapist = reference_in(cells["therapist_pid"])
        therapists = (therapist,) if therapist else ()
        start = instant_of(cells, "session_start_utc", self.now)
        therapy_session = PastSession(line, *key, therapists=therapists, starts_at=start, zone=cells["tz"])
        answered_at = instant_of(cells, "submitted_utc", self.now) if cells["submitted_utc"] else None
        name, language = (instrument.key, instrument.version), cells["language"].lower()
        rating = PastRating(line, rater, name, {}, language=language, answered_at=answered_at)
        is_answered = yes_or_no_of(cells, "answered")
        if cells["value"] and not is_answered:
            raise BadLine(_("answered says no, and there is a value."))
        value = number_of(cells, "value", instrument) if is_answered else None

        first_session = self.by_key.setdefault(key, therapy_session)
        if replace(first_session, line=line) != therapy_session:
            raise BadLine(
                _("This does not agree with line %(line)s of the same session.") % {"line": first_session.line}
            )
        first_rating = self.ratings.setdefault((key, rater), rating)
        if replace(first_rating, line=line, answers={}) != rating:
            raise BadLine(_("This does not agree with line %(line)s of the same rating.") % {"line": first_rating.line})
        if item.id in first_rating.answers:
            raise BadLine(_("This item of the rating is there twice."))
        first_rating.answers[item.id] = value

    def sessions(self):
        for key, therapy_session in self.by_key.items():
            names = [(key, rater) for rater in Rater if (key, rater) not in self.bad_ratings]
            ratings = [_without_skipped(self.ratings[name]) for name in names if name in self.ratings]
            if ratings:
                yield replace(therapy_session, ratings=tuple(rating for rating in ratings if rating.answers))


def _without_skipped(rating):
    return replace(rating, answers={item: value for item, value in rating.answers.items() if value is not None})
