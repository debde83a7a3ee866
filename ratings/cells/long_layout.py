"""The long layout: one row for each thing that was answered, said or done. What an export writes, an import reads."""

from enum import StrEnum

VERSION = 1
COLUMNS = (
    "export_version", "client_pid", "therapist_pid", "episode_no", "session_no", "session_start_utc", "tz",
    "rater", "instrument", "instrument_version", "language", "item", "pillar", "value", "value_label", "answered",
    "missing_reason", "submitted_utc", "seconds_to_complete", "mode",
)  # fmt: skip
SKIPPED = "skipped"


class About(StrEnum):
    """Rows that are no answers, by what stands in the column `rater`."""

    SESSION = "session"  # how it was held
    CASE = "case"  # when the therapy began and ended; on its last session
    RUPTURE = "rupture"  # its course and its repair; on the session that opened it, numbered in `instrument_version`


class Beside(StrEnum):
    """What is answered beside the items of a questionnaire; named as the columns of a rating."""

    TENSION = "tension"
    TALKED_ABOUT = "tension_talked_about"
    STRENGTH = "tension_strength"
    REPAIR_TALKED = "repair_talked"
    REPAIR_HELPED = "repair_helped"
    COMMENT_WORDS = "comment_words"
    NOTICED = "noticed"
    TOTAL = "total"  # of a rating that came without its answers
    RECEIVED = "received_utc"


class OfSession(StrEnum):
    ATTENDANCE = "attendance"
    MODE = "held"
    MINUTES = "minutes"
    UNANSWERED = "unanswered"  # the client was asked by the instrument of the row
    DAY_ONLY = "day_only"  # the time of day is not known


class OfCase(StrEnum):
    BEGAN = "began"
    ENDED = "ended"
    PLANNED = "end_planned"
    AGREED = "end_agreed"


class OfRupture(StrEnum):
    OPENED = "opened"
    STATE = "state"
    KIND = "kind"
    PILLARS = "pillars"
    BY_HAND = "by_hand"
    EVIDENCE = "evidence"
    CLOSED = "closed_in_session"
    ASIDE = "set_aside"
    REBASED = "rebased_in_session"
    SEEN_AS = "seen_as"
    SIGNS = "signs"
    STEP = "step"  # `pillar` has none; the step and what became of it stand in `value_label`
