"""Before what reaches far: the password once more, unless it was given a moment ago. What was typed is kept."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from alliance.models import AuditEvent, Cover, EmergencyAccess, Membership, Supervision
from ratings.detection.proposal import Choice
from ratings.detection.stored import current_version
from ratings.models import ClientLink, DetectorVersion
from tests.signing_in import PASSWORD, give_password, sign_in

PROVE = "/accounts/reauthenticate/"


@pytest.fixture
def late(db):
    """Six minutes after signing in."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield lambda: clock.shift(timedelta(minutes=6))


@pytest.fixture
def browser(mona):
    """Mona's, who has signed in by hand."""
    browser = Client()
    assert sign_in(browser, give_password(mona)).url == "/"
    return browser


@pytest.fixture
def deeds(dana, noor, vera, juniper, millrace):
    """Each deed that asks: where, what is sent, and a word of it that comes back."""
    version = current_version(millrace)
    rule = {"budget": "quiet", "use": version.use, "criterion": version.criterion}
    rule |= {"shown_choice": Choice(**rule).shown, "shown_version": version.code}
    settings = {"name": "Millrace at the weir", "zone": "Europe/Berlin", "language": "en"}
    return {
        "invite": ("/people/invite/", {"email": "ida@millrace.test", "name": "Ida Berg"}, "Ida Berg"),
        "assign": ("/people/assign/", {"supervisor": vera.code, "therapist": noor.code}, str(noor.code)),
        "roles": (f"/people/{dana.code}/", {"roles": ["manager"]}, ""),
        "end a place": (f"/people/{noor.code}/end/", {"when": "now"}, ""),
        "settle cases": (f"/people/practices/{millrace.code}/cases/", {"taker": "x"}, ""),
        "delivery": ("/people/settings/", settings, "Millrace at the weir"),
        "detection": ("/people/detection/", rule, ""),
        "what flags state": ("/figures/flags/stated/", {"deed": "use"}, ""),
        "emergency": ("/emergency/", {"therapist": dana.code, "client": "Juniper", "why": "She rang."}, "She rang."),
    }


def rows():
    kinds = (Membership, Supervision, EmergencyAccess, DetectorVersion, ClientLink)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


def on_record():
    return AuditEvent.objects.exclude(verb__in=("read", "listed", "denied")).count()


DEEDS = ("invite", "assign", "roles", "end a place", "settle cases")
DEEDS += ("delivery", "detection", "what flags state", "emergency")


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_asks_first_and_what_was_typed_comes_back(deed, deeds, browser, late):
    path, form, word = deeds[deed]
    page = browser.get(path).text
    shown = page.split('name="shown_form" value="')[1].split('"')[0] if "shown_form" in page else ""
    before, recorded = rows(), on_record()
    late()
    answer = browser.post(path, form | {"shown_form": shown})
    assert answer.url == f"{PROVE}?next={path.replace('/', '%2F')}"
    assert rows() == before
    assert on_record() == recorded
    assert "once more" in browser.get(answer.url).text
    answer = browser.post(PROVE, {"password": PASSWORD, "next": path})
    assert answer.url == path
    page = browser.get(path)
    assert page.status_code == 200
    assert word in unescape(page.text)
    assert PROVE not in browser.post(path, form).headers.get("Location", "")


def test_a_link_to_the_copy_asks_first(dana, juniper, late):
    browser = Client()
    sign_in(browser, give_password(dana))
    path = f"/cases/{juniper.code}/copy/"
    assert browser.get(path).status_code == 200
    late()
    assert browser.get(path).url.startswith(PROVE)
    assert browser.post(path).url.startswith(PROVE)
    assert not ClientLink.objects.exists()


@pytest.mark.parametrize("deed", ["hand-over", "cover"])
def test_a_case_goes_into_other_hands_only_then(deed, dana, noor, juniper, late):
    browser = Client()
    sign_in(browser, give_password(dana))
    path = f"/cases/{juniper.code}/{deed}/"
    form = {"colleague": str(noor.code), "extent": "this" if deed == "cover" else "nothing"}
    form |= {"first_day": "2100-01-01", "last_day": "2100-01-02"} if deed == "cover" else {}
    shown = browser.get(path).text.split('name="shown_form" value="')[1].split('"')[0]
    late()
    answer = browser.post(path, form | {"shown_form": shown})
    assert answer.url.startswith(PROVE)
    juniper.refresh_from_db()
    assert juniper.ends_at is None and not Cover.objects.exists()
    browser.post(PROVE, {"password": PASSWORD, "next": path})
    assert f'value="{noor.code}" selected' in browser.get(path).text


@pytest.mark.parametrize("deed", ["erase", "hold", "retention", "export"])
def test_nothing_is_erased_held_or_taken_out_before(deed, browser, juniper, millrace, late):
    path = {
        "erase": f"/people/records/{juniper.client.code}/",
        "hold": f"/people/records/{juniper.client.code}/hold/",
        "retention": f"/people/practices/{millrace.code}/retention/",
        "export": "/export/",
    }[deed]
    assert browser.get(path).status_code == 200
    late()
    recorded = on_record()
    reasons = {"reason": "For the yearly report.", "why": "A complaint.", "years": "10", "days": "3650"}
    assert browser.post(path, reasons).url.startswith(PROVE)
    assert on_record() == recorded


def test_an_assignment_ends_only_then(browser, sam, late):
    path = f"/people/assignments/{sam.supervisions_given.get().code}/end/"
    late()
    assert browser.post(path).url.startswith(PROVE)
    assert sam.supervisions_given.get().ends_at is None
    browser.post(PROVE, {"password": PASSWORD, "next": path})
    browser.post(path)
    assert sam.supervisions_given.get().ends_at is not None


def test_a_wrong_password_opens_nothing(deeds, browser, late):
    path, form, _word = deeds["invite"]
    late()
    browser.post(PROVE, {"password": "a guess of mine", "next": path})
    assert browser.post(path, form | {"roles": ["therapist"]}).url.startswith(PROVE)
    assert not Membership.objects.filter(user__email="ida@millrace.test").exists()


def test_whoever_may_not_is_told_so_and_not_asked(deeds, noor, late):
    browser = Client()
    sign_in(browser, give_password(noor))
    late()
    for deed in ("invite", "assign", "roles", "delivery", "detection", "emergency"):
        path, form, _word = deeds[deed]
        assert browser.post(path, form).status_code in (403, 404), deed


def test_reading_asks_nothing(browser, dana, late):
    late()
    for path in ("/people/", f"/people/{dana.code}/", "/people/settings/", "/people/detection/"):
        assert browser.get(path).status_code == 200
