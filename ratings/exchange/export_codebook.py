"""What is in the files of an export, in words."""

from alliance.models import EndReason
from ratings.cells.long_layout import Beside, OfCase, OfRupture, OfSession
from ratings.exchange.codebook import POMP, YES_NO, Column, words
from ratings.models import Rating, RepairStep, Rupture, RuptureView, StrainVerdict, UsefulVerdict
from ratings.psychometrics.evidence import Kind, OpenedBy, Pillar, Rater
from sessions.models import Attendance, Mode

STATES = words(state for state in Rupture.RuptureState if state != Rupture.RuptureState.WITHDRAWN)  # that is in no file
INSTANT = "2026-03-14T09:00:00Z, UTC; in a shifted file earlier, by the same time for all of a client"
WHO = (
    Column("client_pid", "pseudonym of the client, or the name where names were asked for"),
    Column("therapist_pid", "pseudonym of the therapist", missing="a manager took the file"),
    Column("episode_no", "which of the client's cases in this file, the earliest is 1", "1, 2, …"),
)
SESSION_NO = Column("session_no", "place among the sessions of the case in this file, also missed ones", "1, 2, …")
START = Column("session_start_utc", "when the session began", INSTANT)
ZONE = Column("tz", "time zone of the session", "name such as Europe/Berlin")
RATER = Column("rater", "who rated", words(Rater))
MODE = Column("mode", "how the rating was given", words(Rating.Mode))
ANSWERED = Column("submitted_utc", "when it was answered, said or done", INSTANT)
TENSION = (
    Column("tension", "the client says that there was tension", YES_NO, "left out"),
    Column("tension_talked_about", "they talked about it in the session", YES_NO, "left out, or no tension"),
    Column("tension_strength", "how strong", words(Rating.TensionStrength), "left out, or no tension"),
    Column("repair_talked", "they talked about an earlier strain", YES_NO, "left out, or not asked"),
    Column("repair_helped", "it helped", words(Rating.RepairHelped), "left out, or not asked"),
    Column("comment_words", "length of the client's comment, which is not in the file", "words, from 0", "no comment"),
    Column("noticed", "what the therapist noticed", words(Rating.Noticed), "left out"),
)
LONG = (
    Column("export_version", "of this layout", "1"),
    *WHO,
    SESSION_NO,
    START,
    ZONE,
    Column("rater", "whose answer the row is, or what else it is about", f"{words(Rater)}, session, case, rupture"),
    Column("instrument", "key of the questionnaire; rupture in rows about one", missing="about a session or a case"),
    Column("instrument_version", "its version; in rows about a rupture its number in the case", missing="as above"),
    Column("language", "in which it was answered", "such as en", "not known, or no answer"),
    Column("item", "id of the question, or what else the row says: see the rows item below"),
    Column("pillar", "which pillar the question belongs to", words(Pillar), "none"),
    Column("value", "the answer as it was ticked, before any reversal; a number", "scale of the questionnaire",
           "left out, or a word"),
    Column("value_label", "the answer in words of the questionnaire, or a word of this codebook", missing="none"),
    Column("answered", "it was answered", YES_NO),
    Column("missing_reason", "why not", "skipped", "it was answered"),
    Column("submitted_utc", "when it was answered, said or done", INSTANT, "not known"),
    Column("seconds_to_complete", "not measured here", missing="always"),
    Column("mode", "how the rating was given", words(Rating.Mode), "no rating"),
)  # fmt: skip
LONG_ITEMS = (
    *TENSION,
    Column(Beside.TOTAL, "total of a rating that came without its answers", "scale of the questionnaire, all items"),
    Column(Beside.RECEIVED, "when the rating came in, in value_label", INSTANT),
    Column(OfSession.ATTENDANCE, "what became of the session",
           words(Attendance)),
    Column(OfSession.MODE, "how they met", words(Mode)),
    Column(OfSession.MINUTES, "how long it was planned or held", "minutes"),
    Column(
        OfSession.UNANSWERED,
        "the client was asked by this questionnaire, and has not answered",
        "1",
        "row absent: not asked, or answered",
    ),
    Column(OfSession.DAY_ONLY, "an import knew the day alone", "1", "row absent: no"),
    Column(OfCase.BEGAN, "when the therapy began, in submitted_utc", INSTANT),
    Column(OfCase.ENDED, "when it ended; why, in value_label",
           words(EndReason), "row absent: it goes on"),
    Column(OfCase.PLANNED, "the ending was planned", YES_NO, "row absent: not said"),
    Column(OfCase.AGREED, "the two had agreed on it", YES_NO, "row absent: not said"),
    Column(OfRupture.OPENED, "who saw the rupture first; when, in submitted_utc", words(OpenedBy)),
    Column(OfRupture.STATE, "how it stands or ended; when it was over, in submitted_utc",
           STATES),
    Column(OfRupture.KIND, "which kind", words(Kind), "row absent: not said"),
    Column(OfRupture.PILLARS, "which pillars fell", f"{words(Pillar)}, parted by blanks", "row absent: none"),
    Column(OfRupture.BY_HAND, "the therapist named it on a page", "1", "row absent: no"),
    Column(OfRupture.EVIDENCE, "what its flag said, and why", "JSON object", "row absent: no flag"),
    Column(OfRupture.CLOSED, "number of the session that closed it", "1, 2, …", "row absent: none"),
    Column(OfRupture.ASIDE, "the therapist set it aside; when, in submitted_utc", "1", "row absent: no"),
    Column(OfRupture.REBASED, "number of the last session before the level was taken for usual", "1, 2, …",
           "row absent: it was not"),
    Column(OfRupture.SEEN_AS, "which kind the therapist says it is", words(RuptureView.KindSeen),
           "row absent: not said"),
    Column(OfRupture.SIGNS, "the signs of it", f"{words(RuptureView.SignSeen)}, parted by blanks", "row absent: none"),
    Column(OfRupture.STEP, "a step of the repair and what became of it; in value the number of the session",
           f"{words(RepairStep.Step)}; then {words(RepairStep.Outcome)}", "row absent: none"),
)  # fmt: skip
WIDE = (
    *WHO, SESSION_NO, START, ZONE, RATER,
    Column("instrument", "key of the questionnaire"),
    Column("instrument_version", "its version"),
    MODE,
    ANSWERED,
    Column("goal_mean", "mean of the items on goals, on the scale of the questionnaire", "its scale", "too few items"),
    Column("task_mean", "the same on tasks", "its scale", "too few items"),
    Column("bond_mean", "the same on the bond", "its scale", "too few items"),
    Column("goal", "agreement on goals, percent of maximum possible", POMP, "too few items"),
    Column("task", "agreement on tasks, percent of maximum possible", POMP, "too few items"),
    Column("bond", "bond, percent of maximum possible", POMP, "too few items"),
    Column("overall", "all items, percent of maximum possible", POMP, "too few items"),
    Column("items_answered", "how many items were answered", "from 0"),
    Column("straight_line", "the same answer to every item", YES_NO),
    *TENSION,
)  # fmt: skip
FLAGS = (
    *WHO,
    Column("rupture_no", "which rupture of the case", "1, 2, …"),
    Column("opened_session_no", "number of the session that opened it", "1, 2, …"),
    Column("closed_session_no", "number of the session that closed it", "1, 2, …", "open, or set aside"),
    Column("opened_utc", "when it came on record", INSTANT),
    Column("closed_utc", "when it was over", INSTANT, "open"),
    Column("opened_by", "who saw it first", words(OpenedBy)),
    Column("state", "how it stands or ended", "as item state in ratings.csv"),
    Column("kind", "which kind", words(Kind), "not said"),
    Column("pillars", "which pillars fell", f"{words(Pillar)}, parted by blanks", "none by itself"),
    Column("stated", "probability that its flag states", "0-1", "no flag, or the rule states none"),
    Column("sureness", "how sure the flag is called", "clear, possible", "as above"),
    Column("by_hand", "the therapist named it on a page", YES_NO),
    Column("seen_as", "which kind the therapist says it is", words(RuptureView.KindSeen), "not said"),
    Column("signs", "the signs of it", f"{words(RuptureView.SignSeen)}, parted by blanks", "not said"),
    Column("strain", "the therapist says that there was strain", words(StrainVerdict.Answer), "not asked, or not said"),
    Column("useful", "whether the flag was useful", words(UsefulVerdict.Answer), "not asked, or not said"),
)  # fmt: skip
REPAIRS = (
    *WHO,
    Column("rupture_no", "which rupture of the case", "1, 2, …"),
    Column("step", "which step of the repair", words(RepairStep.Step)),
    Column("outcome", "what became of it", words(RepairStep.Outcome)),
    Column("said_utc", "when that was said", INSTANT),
    Column("session_no", "number of the session that it was planned for, or that it was said of", "1, 2, …", "none"),
)  # fmt: skip
