"""Ground floor: the practice, the people in it, and who works with whom.

Every model of clinical content carries three things that tests insist on: `scope` (how `access` finds its episode),
`Sensitivity` (each field is declared sealed, clinical or plain), and a random `code`, the only key that leaves the
server.
"""

from alliance.models.audit_event import AuditEvent
from alliance.models.audit_seal import AuditSeal
from alliance.models.browser_session import BrowserSession
from alliance.models.case_join import CaseJoin
from alliance.models.case_offer import CaseOffer
from alliance.models.client import CheckInFormChoice, Client
from alliance.models.consent import Consent
from alliance.models.cover import Cover
from alliance.models.data_export import DataExport
from alliance.models.digest import Digest, DigestLink
from alliance.models.emergency import EmergencyAccess
from alliance.models.episode import EndReason, Episode
from alliance.models.erasure import Erasure, ErasureRequest
from alliance.models.form_draft import FormDraft
from alliance.models.history_share import HistoryShare
from alliance.models.importing import ImportBatch, ImportDraft
from alliance.models.kept_look import KeptLook
from alliance.models.keys import DataKey
from alliance.models.last_run import LastRun
from alliance.models.legal_hold import LegalHold
from alliance.models.people import Membership, SightAnswer, Supervision, User
from alliance.models.practice import Practice, TherapistForm
from alliance.models.retention import RetentionRule
from alliance.models.waiting_mail import WaitingMail

__all__ = [
    "AuditEvent",
    "AuditSeal",
    "BrowserSession",
    "CaseJoin",
    "CaseOffer",
    "CheckInFormChoice",
    "Client",
    "Consent",
    "Cover",
    "DataExport",
    "DataKey",
    "Digest",
    "DigestLink",
    "EmergencyAccess",
    "EndReason",
    "Episode",
    "Erasure",
    "ErasureRequest",
    "FormDraft",
    "HistoryShare",
    "ImportBatch",
    "ImportDraft",
    "KeptLook",
    "LastRun",
    "LegalHold",
    "Membership",
    "Practice",
    "RetentionRule",
    "SightAnswer",
    "Supervision",
    "TherapistForm",
    "User",
    "WaitingMail",
]
