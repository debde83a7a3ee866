"""Markup, and lines that would be headers, in every name that a mail tells: they are text within a line."""

import ast
import inspect
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import RequestFactory

from alliance.crypto import Sealed
from alliance.form_fields import PlainTextField
from alliance.models import CaseOffer, Digest, EmergencyAccess, ErasureRequest, Membership, RetentionRule
from alliance.people import mail as people
from alliance.people.factor_reset import factor_message
from ratings.delivery import mail as delivery_mail
from ratings.digest import send as digest_send
from ratings.models import CheckIn, Delivery
from ratings.rights.mail import erasure_messages, rule_messages, whom_to_tell
from tests.attacks.markup import MARK, strings
from tests.courses import consent
from tests.factories import days_ago, make_episode, make_supervision

ALL = strings(520, seed=7)
LINE = f"Bcc: {MARK}@evil.test"
SLICES = [f"{MARK}\r\n{LINE}\r\n\r\n<b>{MARK}</b> {' '.join(ALL[first::10])}" for first in range(10)]
TYPED = [PlainTextField().clean(text) for text in SLICES]
HEADERS = {
    "Subject", "From", "To", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
}  # fmt: skip


@pytest.fixture
def planted(millrace, dana, noor, sam, vera, eve, mona, juniper, sorrel, live_through):
    """Every name of the practice, of its people and its clients is markup, with lines that look like headers."""
    live_through(juniper, [3])
    consent(juniper.client)
    millrace.name, millrace.crisis_phone, millrace.live_at = TYPED[9][:120], f"<b>{MARK}</b>", days_ago(100)
    millrace.save()
    for number, row in enumerate([*Membership.objects.filter(practice=millrace), juniper.client, sorrel.client]):
        key = millrace.data_key if isinstance(row, Membership) else row.data_key
        row.name = Sealed(TYPED[number % 10], key)
        row.save()
    juniper.client.therapist_may_be_named = True
    juniper.client.email = Sealed("juniper@example.org", juniper.client.data_key)
    juniper.client.save()
    return {name: Membership.objects.get(pk=row.pk) for name, row in {
        "dana": dana, "noor": noor, "sam": sam, "vera": vera, "eve": eve, "mona": mona}.items()}  # fmt: skip


def test_a_name_with_lines_adds_no_header(planted, dana, mona):
    """One that was stored before, or by a command."""
    for row in (dana.practice, dana, mona):
        row.name = SLICES[0][:120] if row is dana.practice else Sealed(SLICES[0], dana.practice.data_key)
        row.save()
    message = people.roles_message(Membership.objects.get(pk=dana.pk), by=mona, address="x")
    assert "Bcc" not in message_from_bytes(message.message().as_bytes(), policy=policy.default)


@pytest.fixture
def made_by(monkeypatch):
    """The functions of ours behind each mail that was made."""
    found, make = set(), EmailMessage.__init__

    def noted(self, *args, **kwargs):
        found.update(frame.function for frame in inspect.stack(0)[1:8])
        make(self, *args, **kwargs)

    monkeypatch.setattr(EmailMessage, "__init__", noted)
    return found


def mails(planted, juniper, sorrel):
    """Each kind of mail that there is."""
    dana, noor, mona, vera = (planted[name] for name in ("dana", "noor", "mona", "vera"))
    hour = {"starts_at": days_ago(0), "ends_at": days_ago(-1)}
    following = make_episode(noor, client=sorrel.client, previous=sorrel)
    asked = ErasureRequest.objects.create(client=juniper.client, asked_by=mona, reason="asked")
    opened = EmergencyAccess.objects.create(
        episode=juniper, reader=mona, reason=Sealed(SLICES[5], juniper.client.data_key), **hour
    )
    one = make_supervision(vera, episode=juniper, asked_by=mona)
    yield people.roles_message(dana, by=mona, address="x")
    for supervision in (make_supervision(vera, therapist=noor, asked_by=mona), one):
        yield from people.sight_messages(supervision, address="x")
    yield from people.case_end_messages(one, by=None, at=days_ago(0))
    yield from people.case_went_on_messages(sorrel, following, by=dana)
    yield from people.emergency_messages(opened, [dana, mona], address="x")
    offer = CaseOffer.objects.create(episode=juniper, to=noor, kind="hand-over", asked_by=mona)
    yield from people.offer_messages([offer], address="x")
    yield factor_message(dana, by=mona, address="x")
    yield from erasure_messages(asked, whom_to_tell(asked), address="x")
    rule = RetentionRule.objects.create(practice=mona.practice, years=10, set_by=mona)
    yield from rule_messages(rule, address="x")
    check_in = CheckIn.objects.filter(episode=juniper).first()
    told = {"kind": "first", "due_at": days_ago(1), "message_id": "<a@b.test>"}
    delivery = Delivery.objects.create(episode=check_in.episode, check_in=check_in, **told)
    yield delivery_mail.message_of(delivery, address="x", preferences="y", stop="z")
    yield digest_send._message_of(Digest.objects.create(user=dana.user, due_at=days_ago(-7)))
    yield from account_mails(mona)


def account_mails(by):
    """Those that are templates, ours and those of the package; what others say of themselves is in them too."""
    request = RequestFactory().get("/", headers={"User-Agent": SLICES[1].replace("\r\n", " ")})
    request.invited_by = by
    adapter = get_adapter(request)
    for subject in sorted(Path(settings.BASE_DIR, "templates").glob("*/email/*_subject.txt")):
        prefix = f"{subject.parts[-3]}/email/{subject.name.removesuffix('_subject.txt')}"
        context = {"request": request, "user_agent": request.headers["User-Agent"], "timestamp": days_ago(0)}
        context |= dict.fromkeys(("to_email", "from_email", "deleted_email"), f'"<b>{MARK}</b>"@evil.test')
        yield adapter.render_mail(prefix, by.user.email, context)


def makers():
    """The functions that make a mail, by their names."""
    for path in (path for app in ("alliance", "sessions", "ratings") for path in Path(app).rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                calls = [call for call in ast.walk(function) if isinstance(call, ast.Call)]
                if any(getattr(call.func, "id", "") in ("EmailMessage", "member_message") for call in calls):
                    yield function.name


def test_in_no_mail_is_a_name_more_than_text_within_a_line(planted, made_by, juniper, sorrel):
    told = 0
    for message in mails(planted, juniper, sorrel):
        read = message_from_bytes(message.message().as_bytes(), policy=policy.default)
        assert read.get_content_type() == "text/plain" and not read.is_multipart(), "nothing in it can run"
        assert set(read.keys()) <= HEADERS and not read.defects, read.keys()
        assert not any(LINE in str(value).splitlines() for value in read.values())
        body = read.get_content()
        assert not [line for line in body.splitlines() if line.startswith((LINE, "<b>"))], body
        assert f"&lt;b&gt;{MARK}" not in message.subject + body, "a mail is read as it is written"
        told += MARK in body
    assert told > 20
    assert set(makers()) - {"_send"} <= made_by, "a mail is made of which this test does not know"
