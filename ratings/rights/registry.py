"""What the copy of a therapy holds: a decision about every column of every clinical model, and about every such model.

A test compares it with the models, so that nobody adds a column without deciding.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from ratings.findings.names import StrOrLazy


@dataclass(frozen=True, slots=True)
class Told:
    """A model whose rows are in the copy."""

    model: str
    title: StrOrLazy
    told: tuple[str, ...]  # columns that are in it
    kept: tuple[str, ...]  # keys and hashes that say something inside the program alone

    @property
    def decided(self) -> set[str]:
        return {*self.told, *self.kept}


def _told(model: str, title: StrOrLazy, told: str, kept: str = "") -> Told:
    return Told(model, title, tuple(told.split()), ("id", "episode", *kept.split()))


# In the order of the copy.
IN_COPY = (
    Told(
        "alliance.Client",
        _("You"),
        (
            "name",
            "email",
            "phone",
            "language",
            "zone",
            "check_in_form",
            "asks_about_fit",
            "check_in_delay_minutes",
            "paused_until",
            "therapist_may_be_named",
            "created_at",
        ),
        ("id", "code", "practice", "data_key", "email_hash", "phone_hash", "external_ref"),
    ),
    Told(
        "alliance.Consent",
        _("What you agreed to"),
        ("purpose", "text_version", "text_hash", "given_at", "withdrawn_at", "recorded_by"),
        ("id", "code", "client"),
    ),
    Told(
        "alliance.Episode",
        _("The therapy"),
        ("therapist", "starts_at", "ends_at", "end_reason", "end_planned", "end_agreed"),
        ("id", "code", "client", "previous", "joined_into", "external_ref", "import_batch"),
    ),
    _told(
        "alliance.CaseJoin",
        _("Cases that were joined"),
        "joined_at joined_by parted_at parted_by",
        "code joined moved carried began_at ended_at end_reason paused_until brought_pause",
    ),
    _told(
        "alliance.HistoryShare", _("What goes along from before"), "extent given_at withdrawn_at recorded_by", "code"
    ),
    _told(
        "therapy.TherapySession",
        _("Sessions"),
        "starts_at ends_at starts_at_known zone mode attendance logged_at logged_by cancelled_by cancelled_at "
        "voided_at voided_by voided_reason created_at",
        "code series leave refiled_to external_ref import_batch",
    ),
    _told("therapy.SessionSeries", _("Series of sessions"), "every_weeks planned_by created_at", "code"),
    _told(
        "therapy.TherapySessionChange",
        _("Corrected sessions, as they were"),
        "therapy_session kind starts_at ends_at mode attendance reason changed_by changed_at",
        "code",
    ),
    _told(
        "ratings.Rating",
        _("Answers and ratings"),
        "therapy_session rater instrument answers items_answered goal_raw task_raw bond_raw goal_pomp task_pomp "
        "bond_pomp overall_pomp straight_line tension tension_talked_about tension_strength repair_talked "
        "repair_helped noticed bring_up plan_answers comment comment_words comment_for mode answered_at received_at "
        "entered_by replaced_at replaced_by replaced_reason",
        "code check_in text import_batch",
    ),
    _told(
        "ratings.WishOutcome",
        _("What became of what you wanted brought up"),
        "outcome therapy_session said_by said_at taken_back_at",
        "rating",
    ),
    _told("ratings.SeenRating", _("Who has seen your answers"), "by at", "rating"),
    _told("therapy.Phase", _("Phases of the plan"), "number name starts_at written_by", "code"),
    _told(
        "therapy.Goal",
        _("Goals"),
        "text phase agreed_at agreed_by revision revised_at revised_by outcome ended_at ended_by written_by",
        "code",
    ),
    _told(
        "therapy.GoalVersion",
        _("Goals in earlier words"),
        "goal revision text outcome ended_at ended_by replaced_at replaced_by",
        "code",
    ),
    _told(
        "therapy.Task",
        _("Tasks"),
        "goal activity why_it_helps modality willing adapted_why agreed_at revision revised_at ended_at ended_by "
        "written_by",
        "code",
    ),
    _told(
        "therapy.TaskVersion",
        _("Tasks in earlier words"),
        "task revision activity why_it_helps modality willing adapted_why since ended_at ended_by replaced_at "
        "replaced_by",
        "code",
    ),
    _told(
        "ratings.Assessment",
        _("What the program thought after each session"),
        "therapy_session state score probability alert kind pillars points notes assessed_at",
        "version",
    ),
    _told(
        "ratings.Rupture",
        _("Strains"),
        "opened_session closed_session opened_by state kind pillars evidence opened_at closed_at named_by named_line "
        "aside_reason rebased_session rebased_at rebased_by rebased_reason",
        "code version kept_back taken_over",
    ),
    _told("ratings.RuptureView", _("How a strain was seen"), "kind signs said_by said_at", "rupture"),
    _told("ratings.SetAside", _("Strains set aside"), "reason by at undone_by undone_at", "rupture"),
    _told(
        "ratings.RepairStep",
        _("Steps of a repair"),
        "step outcome words line planned_for logged_with task said_by said_at taken_back_at",
        "code rupture",
    ),
    _told(
        "ratings.StrainVerdict",
        _("Whether there was strain"),
        "answer given_by given_at",
        "rupture draw version stated",
    ),
    _told(
        "ratings.CheckIn",
        _("Check-ins"),
        "therapy_session created_at plan_asked asks_about_repair read_at closed_unread_at closed_unread_by "
        "shown_unrated_at",
        "code text read_by guesses guessed_since",
    ),
    _told(
        "ratings.Delivery",
        _("Messages"),
        "kind due_at claimed_at sent_at failed_at dropped_at",
        "code check_in message_id",
    ),
    Told(
        "ratings.ClientLink",
        _("Links to you"),
        ("kind", "channel", "created_at", "expires_at", "revoked_at"),
        ("id", "code", "client", "episode", "check_in", "token_hash"),
    ),
    Told(
        "alliance.LegalHold",
        _("Kept for longer"),
        ("reason", "placed_at", "placed_by", "lifted_at", "lifted_by"),
        ("id", "code", "client"),
    ),
    _told("alliance.EmergencyAccess", _("Opened in an emergency"), "reader reason starts_at ends_at", "code"),
)

LEFT_OUT: dict[str, StrOrLazy] = {
    "alliance.ErasureRequest": _("that a manager asked to have the record erased"),
    "alliance.KeptLook": _("which entries of the audit say who looked, that your therapist can tell you of"),
    "therapy.PrivateNote": _("the therapist's private notes, which are for the therapist alone"),
    "ratings.SupervisionQuestion": _("questions between therapist and supervisor"),
    "ratings.SupervisionNote": _("what therapist and supervisor wrote down for themselves"),
    "ratings.NextStep": _("what therapist and supervisor agreed on for themselves"),
    "ratings.Standing": _("a summary that is worked out from the rest at any time"),
    "ratings.Draw": _("which sessions a question about strain was drawn for, by chance"),
    "ratings.UsefulVerdict": _("whether a flag was of use to the therapist"),
}
# Of those that the page names: the others repeat what is in the copy, or say nothing about the client.
NAMED_AS_LEFT_OUT = (
    "therapy.PrivateNote",
    "ratings.SupervisionQuestion",
    "ratings.SupervisionNote",
    "ratings.NextStep",
)
SHOWN_UNLESS_IN_SHADOW = "ratings.Assessment"
