"""Markup, and lines that would be headers, in every name that a mail tells: they are text within a line."""

from email import message_from_bytes, policy

import pytest

from alliance.crypto import Sealed
from alliance.form_fields import PlainTextField
from alliance.models import Membership
from alliance.people import mail as people
from tests.attacks.markup import MARK, strings
from tests.courses import consent
from tests.factories import days_ago
from tests.mails import every_mail, unknown
from tests.mails import made_by as made_by  # a fixture

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


def test_in_no_mail_is_a_name_more_than_text_within_a_line(planted, made_by, juniper, sorrel):
    told = 0
    for message in every_mail(
        *(planted[name] for name in ("dana", "noor", "mona", "vera")),
        juniper,
        sorrel,
        reason=SLICES[5],
        browser=SLICES[1].replace("\r\n", " "),
        address=f'"<b>{MARK}</b>"@evil.test',
    ):
        read = message_from_bytes(message.message().as_bytes(), policy=policy.default)
        assert read.get_content_type() == "text/plain" and not read.is_multipart(), "nothing in it can run"
        assert set(read.keys()) <= HEADERS and not read.defects, read.keys()
        assert not any(LINE in str(value).splitlines() for value in read.values())
        body = read.get_content()
        assert not [line for line in body.splitlines() if line.startswith((LINE, "<b>"))], body
        assert f"&lt;b&gt;{MARK}" not in message.subject + body, "a mail is read as it is written"
        told += MARK in body
    assert told > 20
    assert not unknown(made_by), "a mail is made that this test does not know"
