"""Every kind of mail that the program can send, each made once; and which function made it."""

import ast
import inspect
from pathlib import Path

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import RequestFactory

from alliance.crypto import Sealed
from alliance.models import CaseOffer, Digest, EmergencyAccess, ErasureRequest, RetentionRule
from alliance.people import mail as people
from alliance.people.factor_reset import factor_message
from ratings.delivery import mail as delivery_mail
from ratings.digest import send as digest_send
from ratings.models import CheckIn, Delivery
from ratings.rights.mail import erasure_messages, rule_messages, whom_to_tell
from tests.factories import days_ago, make_episode, make_supervision


@pytest.fixture
def made_by(monkeypatch):
    """The functions of ours behind each mail that was made."""
    found, make = set(), EmailMessage.__init__

    def noted(self, *args, **kwargs):
        found.update(frame.function for frame in inspect.stack(0)[1:8])
        make(self, *args, **kwargs)

    monkeypatch.setattr(EmailMessage, "__init__", noted)
    return found


def every_mail(dana, noor, mona, vera, juniper, sorrel, *, reason, browser, address):
    """Each kind of mail that there is; about Dana's Juniper, who has a check-in, and Sorrel.

    What others say in one: why a case was opened, what a browser calls itself, an e-mail address.
    """
    hour = {"starts_at": days_ago(0), "ends_at": days_ago(-1)}
    following = make_episode(noor, client=sorrel.client, previous=sorrel)
    asked = ErasureRequest.objects.create(client=juniper.client, asked_by=mona, reason="asked")
    opened = EmergencyAccess.objects.create(
        episode=juniper, reader=mona, reason=Sealed(reason, juniper.client.data_key), **hour
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
    yield from account_mails(mona, browser, address)


def account_mails(by, browser, address):
    """Those that are templates."""
    request = RequestFactory().get("/", headers={"User-Agent": browser})
    request.invited_by = by
    adapter = get_adapter(request)
    for subject in sorted(Path(settings.BASE_DIR, "templates").glob("*/email/*_subject.txt")):
        prefix = f"{subject.parts[-3]}/email/{subject.name.removesuffix('_subject.txt')}"
        context = {"request": request, "user_agent": browser, "timestamp": days_ago(0)}
        context |= dict.fromkeys(("to_email", "from_email", "deleted_email"), address)
        yield adapter.render_mail(prefix, by.user.email, context)


def makers():
    """The functions that make a mail, by their names."""
    for path in (
        path for app in ("alliance", "sessions", "ratings") for path in Path(settings.BASE_DIR, app).rglob("*.py")
    ):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                calls = [call for call in ast.walk(function) if isinstance(call, ast.Call)]
                if any(getattr(call.func, "id", "") in ("EmailMessage", "member_message") for call in calls):
                    yield function.name


def unknown(made_by):
    """The functions that make a mail, and made none here. `_send` only sends what was made before."""
    return set(makers()) - {"_send"} - made_by
