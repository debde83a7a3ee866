"""A manager has a record erased: asked for, agreed to by a second one, and done a day later."""

import json
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from alliance.access import Denied
from alliance.drafts.filling import Page
from alliance.keeping import check_keep
from alliance.models import AuditEvent, Client, Episode, Erasure, ErasureRequest, LegalHold, Membership
from alliance.people.role_actions import change_roles
from alliance.people.roles import MemberRole
from alliance.refusal import Refused
from ratings.rights import requests
from ratings.rights.erase import models_about_clients, what_would_go
from ratings.rights.holds import lift_hold, place_hold
from ratings.rights.kinds import KINDS
from ratings.rights.requests import agree_to_erase, ask_to_erase, erase_due, take_request_back
from tests.factories import days_ago, make_episode, make_member
from tests.signing_in import give_password, sign_in

pytestmark = pytest.mark.usefixtures("as_application")  # on PostgreSQL: where the database filters too

LIST = "/people/records/"


@pytest.fixture
def ida(millrace):
    return make_member(millrace, "Ida Berg", "manager")


@pytest.fixture
def preview(juniper):
    return reverse("ratings:record-erase", args=[juniper.client.code])


def asked(mona, juniper):
    return ask_to_erase(keeper=check_keep(mona.user, juniper.client.code), reason=Erasure.Reason.ASKED)


def agreed(mona, ida, juniper):
    request = asked(mona, juniper)
    agree_to_erase(keeper=check_keep(ida.user, juniper.client.code), request=request)
    return ErasureRequest.objects.get(pk=request.pk)


def a_day_passes():
    ErasureRequest.objects.update(due_at=days_ago(0.001))


def is_there(juniper):
    return Client.objects.filter(code=juniper.client.code).exists()


def test_every_kind_of_row_that_goes_has_a_line_in_the_preview():
    named = [model for _name, models in KINDS for model in models.split()]
    goes = {model._meta.label for model in models_about_clients()} | {"alliance.FormDraft", "alliance.ImportDraft"}
    assert sorted(named) == sorted(goes)


def test_from_the_code_to_the_certificate(http, mona, ida, dana, sam, juniper, preview, live_through, mailoutbox):
    live_through(juniper, [3, 1], comment="It was hard to say.")
    code = str(juniper.client.code)[:8]
    http.force_login(mona.user)
    found = http.post(LIST, {"code": str(juniper.code)[:8].upper()})
    assert found.url == preview
    page = http.get(preview).text
    assert "Answers and comments" in page and code in page and "Nothing has happened yet" in page
    for hidden in ("Juniper", "hard to say"):
        assert hidden not in page
    assert http.post(preview, {"reason": "asked", "code": code}).url == LIST
    assert {(mail.to[0], code in mail.body) for mail in mailoutbox} == {
        (dana.user.email, False), (sam.user.email, False), (ida.user.email, True),
    }  # fmt: skip
    assert all("Juniper" not in mail.body + mail.subject for mail in mailoutbox)
    assert str(juniper.code)[:8] in mailoutbox[0].body
    http.force_login(dana.user)
    assert "a day after a second manager agrees" in http.get(reverse("ratings:case", args=[juniper.code])).text
    http.force_login(ida.user)
    assert http.post(f"{preview}answer/", {"answer": "agree"}).status_code == 302
    call_command("send_due")
    assert is_there(juniper), "a day has not passed"
    a_day_passes()
    counts = what_would_go(juniper.client)
    call_command("send_due")
    assert not is_there(juniper)
    erasure = Erasure.objects.get()
    assert erasure.counts == counts
    certificate = http.get(reverse("ratings:erasure", args=[erasure.code])).text
    for told in (str(juniper.client.code), "Mona Reyes", "Ida Berg", "The client asked for it"):
        assert told in certificate
    assert "Juniper" not in certificate
    assert str(erasure.code) in http.get(LIST).text


def test_a_slip_in_the_code_asks_for_nothing_and_keeps_what_was_typed(http, mona, juniper, sorrel, preview):
    http.force_login(mona.user)
    other = str(sorrel.client.code)[:8]
    page = http.post(preview, {"reason": "time", "code": other})
    assert page.status_code == 422 and "This is not the code that stands above." in page.text and other in page.text
    assert not ErasureRequest.objects.exists()
    for typed, said in (
        ("", "Write the code."),
        ("abc", "first eight"),
        ("0" * 9, "No case has it."),
        ("z" * 8, "first"),
    ):
        page = http.post(LIST, {"code": typed})
        assert page.status_code == 422 and said in page.text


def test_a_second_manager_agrees_who_was_there_before(mona, juniper, ida):
    request = asked(mona, juniper)
    late = make_member(mona.practice, "Kai Late", "manager", starts_at=timezone.now())
    made_one = make_member(mona.practice, "Nell Old", "therapist")
    change_roles(membership=made_one, roles=[MemberRole.THERAPIST, MemberRole.MANAGER], by=mona)
    for member in (mona, late, made_one):
        with pytest.raises(Denied):
            agree_to_erase(keeper=check_keep(member.user, juniper.client.code), request=request)
    request.refresh_from_db()
    assert request.due_at is None
    agree_to_erase(keeper=check_keep(ida.user, juniper.client.code), request=request)
    request.refresh_from_db()
    assert request.agreed_by == ida and request.due_at > timezone.now() + timedelta(hours=23)


def test_the_only_manager_waits_a_day(mona, juniper):
    request = asked(mona, juniper)
    assert request.due_at is not None and erase_due() == 0 and is_there(juniper)
    a_day_passes()
    assert erase_due() == 1 and not is_there(juniper)


def test_where_the_second_manager_left_it_says_what_to_do(http, mona, ida, dana, juniper, live_through):
    live_through(juniper, [3])
    asked(mona, juniper)
    said = "There is no second manager any more. Take it back and ask again"
    http.force_login(mona.user)
    assert said not in http.get(LIST).text
    Membership.objects.filter(pk=ida.pk).update(ends_at=days_ago(0.001))
    assert said in http.get(LIST).text
    take_request_back(keeper=check_keep(mona.user, juniper.client.code), request=ErasureRequest.objects.get())
    assert asked(mona, juniper).due_at
    assert said not in http.get(LIST).text


def test_a_second_manager_who_came_after_it_was_asked_for_alone_agrees(http, mona, dana, juniper, live_through):
    live_through(juniper, [3])
    asked(mona, juniper)
    kai = make_member(mona.practice, "Kai Late", "manager", starts_at=timezone.now())
    a_day_passes()
    assert erase_due() == 0 and is_there(juniper), "they are not passed over"
    http.force_login(kai.user)
    page = http.get(LIST).text
    assert "A second manager has to agree. It is erased a day after that." in page and "I agree" in page
    http.post(reverse("ratings:record-answer", args=[juniper.client.code]), {"answer": "agree"})
    assert "It is erased soon after" in http.get(LIST).text
    a_day_passes()
    assert erase_due() == 1 and not is_there(juniper)


def test_where_nobody_can_agree_who_is_here_now_it_says_what_to_do(http, mona, ida, dana, juniper, live_through):
    live_through(juniper, [3])
    asked(mona, juniper)
    Membership.objects.filter(pk=ida.pk).update(ends_at=days_ago(0.001))
    make_member(mona.practice, "Kai Late", "manager", starts_at=timezone.now())
    check_nothing_is_promised(pages(http, mona, dana, juniper), "nobody else was a manager a day before")


def test_where_the_program_may_not_erase_the_owner_does(mona, ida, juniper, monkeypatch, capsys):
    agreed(mona, ida, juniper)
    a_day_passes()
    with monkeypatch.context() as patch:
        patch.setattr(requests, "may_erase", lambda: False)
        call_command("send_due")
        assert is_there(juniper)
    call_command("erasures", due=True)
    assert not is_there(juniper) and json.loads(capsys.readouterr().out)["client"] == str(juniper.client.code)


def test_it_can_be_taken_back_until_it_is_done(http, mona, ida, juniper, preview):
    agreed(mona, ida, juniper)
    a_day_passes()
    http.force_login(mona.user)
    http.post(f"{preview}answer/", {"answer": "take-back"})
    assert erase_due() == 0 and is_there(juniper)
    http.post(f"{preview}answer/", {"answer": "take-back"})
    assert "Nothing is asked for any more." in http.get(LIST).text
    assert asked(mona, juniper).pk


def test_it_is_asked_for_once(mona, ida, juniper):
    asked(mona, juniper)
    with pytest.raises(Refused, match="already"):
        asked(ida, juniper)


def test_a_manager_who_left_meanwhile_erases_nothing(http, mona, ida, juniper):
    agreed(mona, ida, juniper)
    a_day_passes()
    Membership.objects.filter(pk=mona.pk).update(ends_at=timezone.now())
    assert erase_due() == 0 and is_there(juniper)
    http.force_login(ida.user)
    page = http.get(LIST).text
    assert "Nothing is erased as it stands." in page and "Only managers of the client" in page


# --- What keeps it ----------------------------------------------------------------------------------------------------


def hold(mona, client):
    return place_hold(keeper=check_keep(mona.user, client.code), reason="The court asked for it.")


def joined_into(kept, dana):
    """A case of another record of the same client, joined to this one."""
    return make_episode(dana, "Juniper", ends_at=timezone.now(), end_reason="other", joined_into=kept)


def pages(http, mona, dana, case):
    """What the manager and the therapist read of it."""
    http.force_login(mona.user)
    yield http.get(LIST).text
    yield http.get(reverse("ratings:record-erase", args=[case.client.code])).text
    http.force_login(dana.user)
    yield http.get(reverse("ratings:case", args=[case.code])).text


def check_nothing_is_promised(shown, why):
    for page in shown:
        assert "Nothing is erased as it stands." in page and why in page
        assert "It is erased soon after" not in page and "I agree" not in page


def test_a_hold_that_came_after_the_agreement_is_told(http, mona, ida, dana, juniper, live_through):
    live_through(juniper, [3])
    agreed(mona, ida, juniper)
    assert all("It is erased soon after" in page for page in pages(http, mona, dana, juniper))
    hold(mona, juniper.client)
    check_nothing_is_promised(pages(http, mona, dana, juniper), "The court asked for it.")


def test_a_hold_on_a_record_that_was_joined_to_it_is_told_by_its_code(http, mona, ida, dana, juniper, live_through):
    live_through(juniper, [3])
    agreed(mona, ida, juniper)
    other = joined_into(juniper, dana).client
    hold(mona, other)
    check_nothing_is_promised(
        pages(http, mona, dana, juniper), f"The record {other.short_code} was joined to this one."
    )
    a_day_passes()
    assert erase_due() == 0 and is_there(juniper)


def test_a_manager_who_left_is_told_to_the_therapist_too(http, mona, ida, dana, juniper, live_through):
    live_through(juniper, [3])
    agreed(mona, ida, juniper)
    Membership.objects.filter(pk=ida.pk).update(ends_at=timezone.now())
    check_nothing_is_promised(pages(http, mona, dana, juniper), "Only managers of the client")


def test_a_record_that_was_joined_to_another_one_names_that_one(http, mona, dana, juniper, sorrel, preview):
    names = f"joined to another one, {sorrel.client.short_code}, and is erased with that one"
    asked(mona, juniper)
    Episode.objects.filter(pk=juniper.pk).update(joined_into=sorrel)
    http.force_login(mona.user)
    for page in (http.get(LIST).text, http.get(preview).text):
        assert "Nothing is erased as it stands." in page and names in page
    ErasureRequest.objects.all().delete()
    assert "Ask for it" not in http.get(preview).text
    refused = http.post(preview, {"reason": "asked", "code": juniper.client.short_code})
    assert refused.status_code == 422 and names in refused.text
    assert not ErasureRequest.objects.exists()


def test_two_cases_of_one_record_that_were_joined_do_not_keep_it(mona, dana, juniper):
    make_episode(dana, client=juniper.client, ends_at=timezone.now(), end_reason="other", joined_into=juniper)
    asked(mona, juniper)
    a_day_passes()
    assert erase_due() == 1 and not is_there(juniper)
    assert Erasure.objects.count() == 1


def test_nobody_agrees_to_what_is_kept(mona, ida, juniper):
    request = asked(mona, juniper)
    hold(mona, juniper.client)
    with pytest.raises(Refused, match="legal hold"):
        agree_to_erase(keeper=check_keep(ida.user, juniper.client.code), request=request)
    request.refresh_from_db()
    assert request.agreed_by is None


@pytest.mark.parametrize("on_joined", [False, True])
def test_what_was_agreed_on_is_erased_a_day_after_the_hold_is_lifted(on_joined, mona, ida, dana, juniper):
    agreed(mona, ida, juniper)
    held = joined_into(juniper, dana).client if on_joined else juniper.client
    hold(mona, held)
    a_day_passes()
    lift_hold(keeper=check_keep(mona.user, held.code))
    due_at = ErasureRequest.objects.get().due_at
    assert due_at == LegalHold.objects.get().lifted_at + timedelta(hours=24)
    assert erase_due() == 0 and is_there(juniper)
    a_day_passes()
    assert erase_due() == 1 and not is_there(juniper)


def test_who_is_no_manager_any_more_asks_agrees_and_takes_back_nothing(mona, ida, juniper):
    keepers = {member: check_keep(member.user, juniper.client.code) for member in (mona, ida)}
    request = asked(mona, juniper)
    Membership.objects.filter(pk=ida.pk).update(is_manager=False, is_supervisor=True)
    for write in (agree_to_erase, take_request_back):
        with pytest.raises(Denied):
            write(keeper=keepers[ida], request=request)
    with pytest.raises(Denied):
        ask_to_erase(keeper=keepers[ida], reason=Erasure.Reason.ASKED)


def test_the_password_is_asked_for_first(http, mona, preview, juniper, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    sign_in(http, give_password(mona))
    asks = re.compile("/accounts/reauthenticate/")
    assert asks.match(http.get(preview).url)
    assert asks.match(http.post(preview, {"reason": "asked", "code": str(juniper.client.code)[:8]}).url)
    assert asks.match(http.post(f"{preview}answer/", {"answer": "agree"}).url)
    assert not ErasureRequest.objects.exists()


def test_a_manager_of_another_practice_finds_nothing(http, mona, otis, juniper, preview):
    olga = make_member(otis.practice, "Olga Weir", "manager")
    http.force_login(olga.user)
    assert http.get(preview).status_code == 404
    assert http.post(LIST, {"code": str(juniper.code)[:8]}).status_code == 422
    asked(mona, juniper)
    assert str(juniper.client.code)[:8] not in http.get(LIST).text


def test_the_audit_says_who_asked_agreed_and_took_back(http, mona, ida, juniper, preview):
    http.force_login(mona.user)
    http.get(preview)
    request = agreed(mona, ida, juniper)
    take_request_back(keeper=check_keep(ida.user, juniper.client.code), request=request)
    events = AuditEvent.objects.filter(subject_type__in=["client", "erasurerequest"]).order_by("pk")
    assert [(event.verb, event.subject_type, event.actor_code) for event in events] == [
        ("read", "client", str(mona.user.code)),
        ("created", "erasurerequest", str(mona.user.code)),
        ("changed", "erasurerequest", str(ida.user.code)),
        ("ended", "erasurerequest", str(ida.user.code)),
    ]


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_asks_as_often_for_three_as_for_one(n, http, mona, ida, dana, django_assert_num_queries):
    for name in ("Alder", "Bramble", "Coltsfoot")[:n]:
        agreed(mona, ida, make_episode(dana, name))
        Erasure.objects.create(
            practice_code=dana.practice.code, client_code=name, reason="time", asked_by_code=mona.user.code
        )
    http.force_login(mona.user)
    with django_assert_num_queries(12):
        http.get(LIST)


def test_what_was_looked_for_and_found_does_not_wait_as_not_saved(http, mona, juniper, preview):
    http.force_login(mona.user)
    form = Page(http.get(LIST).text, LIST).form_for(LIST, {"code": [""]})
    sent = {control.name: control.value for control in form.controls if control.name}
    assert http.post(LIST, sent | {"code": str(juniper.code)[:8]}).url == preview
    assert "What you typed at" not in http.get(LIST).text


def test_the_certificate_counts_as_the_preview_did_and_the_request_apart(http, mona, ida, juniper, preview):
    http.force_login(mona.user)
    before = http.get(preview).context["record"].kinds
    agreed(mona, ida, juniper)
    a_day_passes()
    erase_due()
    page = http.get(reverse("ratings:erasure", args=[Erasure.objects.get().code]))
    after = {kind.name: kind.count for kind in page.context["certificate"].kinds}
    assert after.pop(KINDS[3][0]) == 1
    assert after == {kind.name: kind.count for kind in before}


def test_a_manager_reads_of_an_erasure_as_one(http, mona, ida, juniper):
    agreed(mona, ida, juniper)
    a_day_passes()
    erase_due()
    http.force_login(mona.user)
    page = " ".join(http.get("/people/audit/").text.split())
    assert f"erased: <bdi>client {str(juniper.client.code)[:8]}</bdi>" in page
