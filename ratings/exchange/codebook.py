"""What is in a study export: each column of each table, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from ratings.models import Rating, Rupture, StrainVerdict, UsefulVerdict
from ratings.psychometrics.evidence import Kind, OpenedBy, Pillar, Rater, State

SESSION = "pseudonym of the therapy session"
YES_NO = "0 or 1"
POMP = "0-100, higher is a stronger alliance"


def words(*kinds: Iterable[str]) -> str:
    """The words that a cell may have, as the program stores them."""
    return ", ".join(str(word) for kind in kinds for word in kind)


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `missing` says when its cell is empty."""

    name: str
    meaning: str
    values: str = "letters and digits"  # unit and range
    missing: str = "never"


TABLES: dict[str, tuple[Column, ...]] = {
    "versions": (
        Column("version", "pseudonym of a frozen detector version"),
        Column("position", "its place among the versions of the practice, the first is 1", "1, 2, …"),
        Column("criterion", "the rule"),
        Column("states_probability", "the rule says how likely a rupture is", YES_NO),
        Column("budget", "how many flags the practice asked for", "quiet, normal, watchful"),
        Column("use", "whose answers count", "client, client+therapist, all"),
        Column("clear_only", "only clear flags are told", YES_NO),
        Column("shadow", "nobody is told of any flag", YES_NO),
        Column("threshold_3", "suspicion that opens a rupture in session 3", "unit of the rule", "older versions"),
        Column("threshold_4_6", "the same in sessions 4 to 6", "unit of the rule", "older versions"),
        Column("threshold_later", "the same from session 7 on", "unit of the rule", "older versions"),
        Column("threshold", "one threshold for all sessions", "unit of the rule", "newer versions"),
        Column("edition", "which published figures it has, where it brings none of its own", "1, 2, …"),
        Column("recalibration", "line on what is stated, in log-odds", "JSON object", "as the rule finds it"),
        Column("constants", "constants that replace the published ones", "JSON object"),
    ),
    "cases": (
        Column("case", "pseudonym of one client's course of therapy with one therapist"),
        Column("client", "pseudonym of the client; the same in several cases"),
        Column("therapist", "pseudonym of the therapist", missing="the therapist has fewer than five cases here"),
        Column("ended", "the therapy had ended at the time of the export", YES_NO),
    ),
    "sessions": (
        Column("session", SESSION),
        Column("case", "pseudonym of the case"),
        Column("number", "place among the sessions that were held", "1, 2, …", "not held"),
        Column("day", "days since the first session of the case", "whole days, from 0"),
        Column("held", "the session was held; 0: the client did not come", YES_NO),
        Column("imported", "it came from another program", YES_NO),
        Column("check_in", "the client was asked about it", YES_NO),
    ),
    "ratings": (
        Column("session", SESSION),
        Column("rater", "who rated", words(Rater)),
        Column("instrument", "key and version of the questionnaire"),
        Column("goal", "agreement on goals, percent of maximum possible", POMP, "too few items"),
        Column("task", "agreement on tasks, percent of maximum possible", POMP, "too few items"),
        Column("bond", "bond, percent of maximum possible", POMP, "too few items"),
        Column("overall", "all items, percent of maximum possible", POMP, "too few items"),
        Column("straight_line", "the same answer to every item", YES_NO),
        Column("comment_words", "length of the client's comment, which is not exported", "words, from 0", "no comment"),
        Column("days_later", "days from the session to the rating", "whole days, from 0"),
        Column("mode", "how it was given", words(Rating.Mode)),
    ),
    "items": (
        Column("session", SESSION),
        Column("rater", "who rated", words(Rater)),
        Column("item", "id of the item in its instrument"),
        Column("answer", "as it was ticked, before any reversal", "scale of the instrument", "row absent: left out"),
    ),
    "reports": (
        Column("session", SESSION),
        Column("tension", "the client ticked tension", YES_NO, "left out"),
        Column("strength", "how strong", words(Rating.TensionStrength), "left out, or no tension"),
        Column("talked_about", "they talked about it in the session", YES_NO, "left out, or no tension"),
        Column("repair_talked", "they talked about an earlier strain", YES_NO, "left out, or not asked"),
        Column("repair_helped", "it helped", words(Rating.RepairHelped), "left out, or not asked"),
        Column("noticed", "what the therapist noticed", words(Rating.Noticed), "left out"),
    ),
    "assessments": (
        Column("session", SESSION),
        Column("version", "pseudonym of the detector version"),
        Column("state", "what the detector says after the session", words(State)),
        Column("suspicion", "higher means more suspicion", "unit of the rule", "the rule can't judge"),
        Column("probability", "of a rupture", "0-1", "the rule states none, or can't judge"),
        Column("alert", "the session opens a rupture", YES_NO),
        Column("kind", "which kind", words(Kind), "none"),
        Column("pillars", "which pillars fell", f"{words(Pillar)}, parted by blanks", "none by itself"),
    ),
    "ruptures": (
        Column("rupture", "pseudonym of the rupture"),
        Column("case", "pseudonym of the case"),
        Column("opened", "pseudonym of the session that opened it", missing="that session was removed"),
        Column("closed", "pseudonym of the session that closed it", missing="open, or that session was removed"),
        Column("opened_by", "who saw it first", words(OpenedBy)),
        Column("state", "how it stands or ended", words(Rupture.RuptureState)),
        Column("kind", "which kind", words(Kind), "not said"),
        Column("version", "pseudonym of the version that saw it", missing="the detector did not see it"),
        Column("stated", "probability that its flag states", "0-1", "the rule states none, or no flag"),
        Column("kept_back", "it was found in shadow mode", YES_NO),
        Column("since_sample", "it was opened since sessions without a flag are drawn", YES_NO),
    ),
    "draws": (
        Column("session", SESSION),
        Column("drawn", "it was drawn", YES_NO),
        Column("chance", "of being drawn", "above 0, up to 1"),
        Column("version", "pseudonym of the version that had no flag"),
        Column("stated", "probability of a rupture at that time", "0-1", "none was stated"),
    ),
    "verdicts": (
        Column("position", "place among all answers of the practice; the highest about one thing counts", "1, 2, …"),
        Column("question", "was there strain, or was the flag useful", "strain, useful"),
        Column("rupture", "pseudonym of the rupture that it is about", missing="about a drawn session"),
        Column("session", "pseudonym of the drawn session that it is about", missing="about a rupture"),
        Column("answer", "the therapist's answer", f"{words(StrainVerdict.Answer)}; {words(UsefulVerdict.Answer)}"),
        Column("version", "pseudonym of the version that stated something", missing="nothing was stated"),
        Column("stated", "probability that was stated when it was answered", "0-1", "nothing was stated"),
    ),
}
