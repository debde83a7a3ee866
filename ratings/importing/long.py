"""Our own long layout: one row for each thing that was answered, said or done."""

from dataclasses import replace

from django.utils.translation import gettext as _

from alliance.models import EndReason
from ratings.cells.long_layout import COLUMNS as COLUMNS
from ratings.cells.long_layout import VERSION, About, Beside, OfCase, OfSession
from ratings.cells.problem import BadLine
from ratings.cells.values import reference_in, whole_in
from ratings.importing.cells import (
    decimal_of,
    instant_of,
    number_of,
    one_of,
    text_of,
    whole_of,
    yes_or_no_of,
    zones,
)
from ratings.importing.long_ruptures import RuptureRows
from ratings.importing.past import PastCase, PastHeld, PastRating, PastSession, SaidBeside
from ratings.models import Rating
from ratings.psychometrics.evidence import Rater
from sessions.models import Attendance, Mode

DAYS = ()  # it has instants only
LONGEST_MINUTES = 24 * 60  # convention of this app
MOST_WORDS = 999_999  # of a comment; as in the files of `detect_ruptures`
WORDS = {
    Beside.STRENGTH: Rating.TensionStrength.values,
    Beside.REPAIR_HELPED: Rating.RepairHelped.values,
    Beside.NOTICED: Rating.Noticed.values,
}


class Long:
    """Reads the rows of the long layout.

    Those of one session, or of one rating, must agree. A rating with a bad row is left out as a whole: its other
    answers alone would say that this one was skipped.
    """

    has_ors = False

    def __init__(self, instruments, now, order):
        self.instruments, self.now = instruments, now
        self.by_key, self.ratings, self.bad_ratings = {}, {}, set()
        self.beside, self.held, self.of_case = {}, {}, {}
        self.ruptures = RuptureRows(now)

    def read_row(self, line, cells):
        client, case = text_of(cells, "client_pid"), str(whole_of(cells, "episode_no"))
        key = (client, case, whole_of(cells, "session_no"))
        about = cells["rater"].lower()
        if about in list(About):
            self._read_about(line, cells, key, About(about))
            return
        raters = [rater for rater in Rater if rater == about]
        try:
            if not raters:
                raise BadLine(_("rater is neither client nor therapist."))
            self._read_answer(line, cells, key, raters[0])
        except BadLine:
            self.bad_ratings |= {(key, rater) for rater in raters or Rater}
            raise

    # --- What is no answer --------------------------------------------------------------------------------------------

    def _read_about(self, line, cells, key, about):
        self._check_version(cells)
        self._check_session(line, cells, key)
        if about == About.SESSION:
            self.held[key] = self._held(cells, self.held.get(key, PastHeld()))
        elif about == About.CASE:
            self.of_case[key[:2]] = self._case(cells, self.of_case.get(key[:2], PastCase()))
        else:
            self.ruptures.read_row(line, cells, key)

    def _held(self, cells, held):
        item = one_of(cells, "item", list(OfSession))
        if item == OfSession.ATTENDANCE:
            return replace(held, attendance=one_of(cells, "value_label", Attendance.values))
        if item == OfSession.MODE:
            return replace(held, mode=one_of(cells, "value_label", Mode.values))
        if item == OfSession.MINUTES:
            return replace(held, minutes=float(decimal_of(cells, "value", 0.01, LONGEST_MINUTES)))
        if item == OfSession.UNANSWERED:
            asked_by = self._instrument(cells)
            return replace(held, unanswered=(asked_by.key, asked_by.version), language=cells["language"].lower())
        return replace(held, day_only=yes_or_no_of(cells, "value"))

    def _case(self, cells, case):
        item = one_of(cells, "item", list(OfCase))
        if item == OfCase.BEGAN:
            return replace(case, began_at=instant_of(cells, "submitted_utc", self.now))
        if item == OfCase.ENDED:
            reason = one_of(cells, "value_label", EndReason.values)
            return replace(case, ended_at=instant_of(cells, "submitted_utc", self.now), end_reason=reason)
        if item == OfCase.PLANNED:
            return replace(case, end_planned=yes_or_no_of(cells, "value"))
        return replace(case, end_agreed=yes_or_no_of(cells, "value"))

    # --- Answers ------------------------------------------------------------------------------------------------------

    def _read_answer(self, line, cells, key, rater):
        self._check_version(cells)
        instrument = self._instrument(cells)
        item = next((item for item in instrument.items if item.id == cells["item"]), None)
        if item is None and cells["item"] not in list(Beside):
            raise BadLine(_("item is not one of this questionnaire."))
        if item and cells["pillar"] and cells["pillar"].lower() != item.pillar:
            raise BadLine(_("pillar is not the one that this item belongs to."))
        answered_at = instant_of(cells, "submitted_utc", self.now) if cells["submitted_utc"] else None
        name, language = (instrument.key, instrument.version), cells["language"].lower()
        rating = PastRating(line, rater, name, {}, language=language, answered_at=answered_at)
        is_answered = yes_or_no_of(cells, "answered")
        if cells["value"] and not is_answered:
            raise BadLine(_("answered says no, and there is a value."))
        if item:
            value = number_of(cells, "value", instrument) if is_answered else None
        else:
            value = self._beside(cells, Beside(cells["item"]), instrument)
        self._check_session(line, cells, key)
        first_rating = self.ratings.setdefault((key, rater), rating)
        if replace(first_rating, line=line, answers={}) != rating:
            raise BadLine(_("This does not agree with line %(line)s of the same rating.") % {"line": first_rating.line})
        given = first_rating.answers if item else self.beside.setdefault((key, rater), {})
        if cells["item"] in given:
            raise BadLine(_("This item of the rating is there twice."))
        given[cells["item"]] = value

    def _beside(self, cells, item, instrument):
        if item in WORDS:
            return one_of(cells, "value_label", WORDS[item])
        if item == Beside.TOTAL:
            items = len(instrument.items)
            return decimal_of(cells, "value", instrument.lowest * items, instrument.highest * items)
        if item == Beside.RECEIVED:
            return instant_of(cells, "value_label", self.now)
        if item == Beside.COMMENT_WORDS:
            return int(decimal_of(cells, "value", 0, MOST_WORDS))
        return yes_or_no_of(cells, "value")

    # --- All ----------------------------------------------------------------------------------------------------------

    def _check_version(self, cells):
        if whole_in(cells["export_version"].split(".")[0]) != VERSION:
            raise BadLine(_("export_version is not one that this program can read."))

    def _instrument(self, cells):
        version = whole_in(cells["instrument_version"])
        instrument = self.instruments.get((cells["instrument"], str(version)))
        if instrument is None:
            raise BadLine(_("instrument and instrument_version name no questionnaire that is loaded here."))
        return instrument

    def _check_session(self, line, cells, key):
        if cells["tz"] and cells["tz"] not in zones():
            raise BadLine(_("tz is not the name of a time zone, such as Europe/Berlin."))
        therapist = reference_in(cells["therapist_pid"])
        therapists = (therapist,) if therapist else ()
        start = instant_of(cells, "session_start_utc", self.now)
        therapy_session = PastSession(line, *key, therapists=therapists, starts_at=start, zone=cells["tz"])
        first_session = self.by_key.setdefault(key, therapy_session)
        if replace(first_session, line=line) != therapy_session:
            raise BadLine(
                _("This does not agree with line %(line)s of the same session.") % {"line": first_session.line}
            )

    def sessions(self):
        for key, therapy_session in self.by_key.items():
            names = [(key, rater) for rater in Rater if (key, rater) not in self.bad_ratings]
            ratings = [self._rating(name) for name in names if name in self.ratings]
            if ratings or key in self.held:
                ratings = tuple(rating for rating in ratings if rating.says_something)
                yield replace(therapy_session, ratings=ratings, held=self.held.get(key))

    def _rating(self, name):
        rating, said = self.ratings[name], dict(self.beside.get(name, {}))
        return replace(
            rating,
            answers={item: value for item, value in rating.answers.items() if value is not None},
            total=said.pop(Beside.TOTAL, None),
            received_at=said.pop(Beside.RECEIVED, None),
            beside=SaidBeside(**said),
        )

    def cases(self):
        ruptures = self.ruptures.by_case()
        return {
            key: replace(self.of_case.get(key, PastCase()), ruptures=tuple(ruptures.get(key, ())))
            for key in {*self.of_case, *ruptures}
        }
