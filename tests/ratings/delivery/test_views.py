"""The therapist's list of unanswered check-ins, and how a client can be reached."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alliance.clients import actions as client_actions
from alliance.models import AuditEvent
from ratings.cases.actions import end_episode
from ratings.check_in import links
from ratings.check_in.actions import answer_check_in
from ratings.delivery import schedule
from ratings.delivery.forms import RenameForm
from ratings.detection.reassess import reassess
from ratings.models import CheckIn, ClientLink, Delivery
from sessions.models import TherapySession
from tests.courses import client_answers
from tests.factories import days_ago, editor_of, local_day, make_episode
from tests.ratings.pages import LIST, states


def deliver(check_in, **fields):
    delivery = schedule._add(check_in, fields.pop("kind", "first"), timezone.now() - timedelta(hours=2))
    for name, value in fields.items():
        setattr(delivery, name, value)
    delivery.save()
    return delivery


# --- The list ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?after=nonsense", "?after=00000000-0000-4000-8000-000000000000", "?page=%00"])
def test_the_list_is_paged_and_each_is_on_it_once(query, http, dana, waiting):
    first = waiting(make_episode(dana, "Juniper"))
    begun = [days_ago(2) - timedelta(minutes=30 * (n // 2)) for n in range(60)]  # two of each start, in two cases
    cases = [first.episode, make_episode(dana, "Sorrel")]
    reassess(cases[1])
    rows = TherapySession.objects.bulk_create(
        TherapySession(
            episode=cases[n % 2], starts_at=at, ends_at=at + timedelta(minutes=20), zone="UTC", attendance="attended"
        )
        for n, at in enumerate(begun)
    )
    CheckIn.objects.bulk_create(CheckIn(episode=row.episode, therapy_session=row, text=first.text) for row in rows)
    http.force_login(dana.user)
    page = http.get(f"/check-ins/{query}")
    assert "61 check-ins not answered yet" in page.text and "Next page" in page.text
    shown = page.context["page"]
    after = http.get(f"/check-ins/?after={shown.next}").context["page"]
    assert (len(shown.rows), len(after.rows), shown.is_first, after.is_first, after.next) == (50, 11, True, False, "")
    assert len({row.code for row in (*shown.rows, *after.rows)}) == 61
    assert AuditEvent.objects.filter(verb="listed").latest("pk").count == 11


def test_each_state_in_the_list(http, dana, waiting):
    now = timezone.now()
    http.force_login(dana.user)
    asked = {
        name: waiting(make_episode(dana, name), f"{name.lower()}@example.org")
        for name in (
            "Due",
            "Sent",
            "Expired",
            "Bounced",
            "Resent",
            "Reminded",
            "Stopped",
            "Paused",
            "Unsent",
            "Shown",
            "Answered",
        )
    }
    waiting(make_episode(dana, "Nowhere"))
    unasked = waiting(make_episode(dana, "Unasked"), "unasked@example.org").episode.client
    unasked.consents.filter(purpose="email").delete()
    deliver(asked["Due"])
    deliver(asked["Sent"], sent_at=now)
    deliver(asked["Expired"], sent_at=now - timedelta(days=8))
    deliver(asked["Bounced"], failed_at=now)
    deliver(asked["Resent"], failed_at=now - timedelta(days=1))
    deliver(asked["Resent"], kind="again", sent_at=now)
    deliver(asked["Reminded"], sent_at=now)
    deliver(asked["Reminded"], kind="reminder")
    deliver(asked["Stopped"], sent_at=now)
    for name in ("Sent", "Expired", "Shown", "Resent"):
        links.mint_check_in_link(check_in=asked[name], editor=None, channel="email")
    ClientLink.objects.filter(check_in=asked["Expired"]).update(expires_at=now - timedelta(days=1))
    asked["Stopped"].episode.client.consents.filter(purpose="email").update(withdrawn_at=now)
    asked["Paused"].episode.client.paused_until = now + timedelta(days=3)
    asked["Paused"].episode.client.save()
    answer_check_in(check_in=asked["Answered"], answers=client_answers(3), may_change=False)
    assert states(http) == {
        "Due": "due", "Sent": "sent", "Expired": "expired", "Bounced": "bounced", "Resent": "sent",
        "Reminded": "sent_and_due",
        "Stopped": "stopped", "Paused": "paused", "Unsent": "unsent", "Shown": "shown", "Nowhere": "no_email",
        "Unasked": "no_consent",
    }  # fmt: skip
    rows = {row.name: row for row in http.get(LIST).context["rows"]}
    assert {name for name, row in rows.items() if row.can_send} == {
        "Due", "Sent", "Expired", "Bounced", "Reminded", "Unsent", "Shown",
    }  # fmt: skip
    assert rows["Sent"].at == now
    page = http.get(LIST).text
    assert page.count('name="check_in"') == 7
    assert "once a day" in page
    assert "sent, next e-mail due" in page
    assert "refused by their mail server" in page
    shown = http.get(reverse("ratings:case", args=[asked["Answered"].episode.code])).context["page"].sessions
    assert [row.check_in.progress for row in shown] == ["answered"]


def test_whose_the_list_is(http, dana, noor, juniper, waiting):
    hers = waiting(juniper, "juniper@example.org")
    waiting(make_episode(noor, "Teasel"), "teasel@example.org")
    ended = make_episode(dana, "Wren")
    waiting(ended)
    end_episode(editor=editor_of(ended), reason="completed")
    http.force_login(dana.user)
    assert states(http) == {"Juniper": "unsent"}
    http.force_login(noor.user)
    assert states(http) == {"Teasel": "unsent"}
    assert http.post(LIST, {"check_in": [str(hers.code)]}).status_code == 404
    assert not Delivery.objects.exists()
    assert AuditEvent.objects.filter(verb="denied", subject_type="checkin", subject_code=hers.code).count() == 1
    assert AuditEvent.objects.filter(verb="listed", subject_type="checkin").count() == 2


def test_before_the_practice_is_live_nothing_is_said_to_go_out(http, dana, juniper, waiting):
    one = waiting(juniper, "juniper@example.org")
    http.force_login(dana.user)
    page = http.post(LIST, {"check_in": [str(one.code)]}, follow=True).text
    assert "Nothing goes out before the practice is live." in page and "message goes out" not in page
    assert Delivery.objects.count() == 1


@pytest.mark.usefixtures("live")
def test_where_no_mail_leaves_nothing_is_said_to_go_out(http, dana, juniper, waiting, settings):
    one = waiting(juniper, "juniper@example.org")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    http.force_login(dana.user)
    page = http.post(LIST, {"check_in": [str(one.code)]}, follow=True).text
    assert "Nothing leaves this machine" in page and "goes out" not in page


@pytest.mark.usefixtures("live")
def test_those_ticked_are_sent_again(http, dana, juniper, sorrel, waiting):
    one, other = waiting(juniper, "juniper@example.org"), waiting(sorrel, "sorrel@example.org")
    http.force_login(dana.user)
    response = http.post(LIST, {"check_in": [str(one.code), str(other.code)]}, follow=True)
    assert "2 messages go out. At night they wait for the morning." in response.text
    assert set(Delivery.objects.values_list("check_in", "kind")) == {(one.pk, "again"), (other.pk, "again")}
    again = http.post(LIST, {"check_in": [str(one.code)]}, follow=True)
    assert "Nothing new to send." in again.text
    assert Delivery.objects.count() == 2


def test_one_code_in_two_spellings_is_one(http, dana, juniper, waiting):
    code = str(waiting(juniper, "juniper@example.org").code)
    http.force_login(dana.user)
    assert http.post(LIST, {"check_in": [code, code.upper()]}).status_code == 302
    assert Delivery.objects.count() == 1


def test_a_nul_in_a_code_is_denied_and_on_record_without_it(http, dana):
    http.force_login(dana.user)
    assert http.post(LIST, {"check_in": ["a\x00b"]}).status_code == 404
    assert AuditEvent.objects.get(verb="denied", subject_type="checkin").subject_code == "ab"


@pytest.mark.parametrize(("data", "status"), [({}, 422), ({"check_in": ["nonsense"]}, 404)])
def test_nothing_ticked_and_nothing_known(data, status, http, dana, juniper, waiting):
    waiting(juniper, "juniper@example.org")
    http.force_login(dana.user)
    response = http.post(LIST, data)
    assert response.status_code == status
    assert not Delivery.objects.exists()


def test_a_practice_that_is_not_live_says_so(http, dana, juniper, waiting, millrace):
    waiting(juniper)
    http.force_login(dana.user)
    assert "the practice is not live" in http.get(LIST).text
    millrace.live_at, millrace.crisis_phone = timezone.now(), "01632 960 117"
    millrace.save()
    assert "the practice is not live" not in http.get(LIST).text


def test_the_list_asks_as_often_for_three_as_for_one(http, dana, waiting):
    http.force_login(dana.user)
    counts = []
    for names in (["Juniper"], ["Sorrel", "Bramble"]):
        for name in names:
            check_in = waiting(make_episode(dana, name), f"{name.lower()}@example.org")
            deliver(check_in, sent_at=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            assert http.get(LIST).status_code == 200
        counts.append(len(captured))
    assert counts == [8, 8]  # sign-in, user, places, check-ins, deliveries, consents, who reads, audit


# --- Contact and consent ----------------------------------------------------------------------------------------------


def given(**changes):
    return {"email": "juniper@example.org", "agrees_to_email": "on"} | changes


def test_contact_is_kept_sealed_and_on_record(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:client-contact", args=[juniper.code])
    data = given(phone="030 1234", zone="America/New_York", check_in_delay_minutes="30", therapist_may_be_named="on")
    assert http.post(path, data).status_code == 302
    client = juniper.client
    client.refresh_from_db()
    assert client.email.open(client.data_key) == "juniper@example.org"
    assert client.phone.open(client.data_key) == "030 1234"
    assert (client.zone, client.check_in_delay_minutes) == ("America/New_York", 30)
    assert client.therapist_may_be_named is True
    assert client.agreed_to == {"email"}
    changed = AuditEvent.objects.get(verb="changed", subject_type="client")
    assert (changed.actor_code, changed.subject_code) == (str(dana.user.code), str(client.code))
    page = http.get(path)
    assert 'value="juniper@example.org"' in page.text
    assert AuditEvent.objects.filter(verb="read", subject_type="client").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": ""}, "Without an address nobody can be written to."),
        ({"email": "not one"}, "Write an e-mail address, such as ada@example.org."),
        ({"phone": "<script>"}, "Write a phone number"),
        ({"zone": "Mars/Olympus"}, "Choose one of these."),
        ({"check_in_delay_minutes": "-1"}, "Enter 0 minutes or more."),
        ({"check_in_delay_minutes": "99999"}, "Write 10080 or less."),
    ],
)
def test_bad_contact_is_a_sentence_and_nothing_is_written(changes, sentence, http, dana, juniper):
    http.force_login(dana.user)
    response = http.post(reverse("ratings:client-contact", args=[juniper.code]), given(**changes))
    assert response.status_code == 422
    assert sentence in response.text
    juniper.client.refresh_from_db()
    assert juniper.client.email is None
    assert not juniper.client.consents.exists()


def test_a_form_from_before_the_client_stopped_does_not_write_to_them_again(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:client-contact", args=[juniper.code])
    http.post(path, given())
    shown = http.get(path)
    assert 'name="was_shown_agreed" value="True"' in shown.text
    client_actions.change_preferences(client=juniper.client, gets_email=False)
    response = http.post(path, given(was_shown_agreed="True", phone="030 1234"))
    assert (response.status_code, "E-mails were stopped meanwhile." in response.text) == (422, True)
    assert 'value="030 1234"' in response.text
    form = response.context["form"]
    assert not form["agrees_to_email"].value()
    assert not form["was_shown_agreed"].value()
    juniper.client.refresh_from_db()
    assert (juniper.client.phone, juniper.client.agreed_to) == (None, set())
    assert http.post(path, given(was_shown_agreed="")).status_code == 302  # ticked after that sentence
    assert juniper.client.agreed_to == {"email"}


def test_a_box_left_as_it_was_shown_says_nothing(http, dana, juniper):
    http.force_login(dana.user)
    path = reverse("ratings:client-contact", args=[juniper.code])
    http.post(path, given())  # agreed since the next form was shown without
    assert http.post(path, {"email": "juniper@example.org", "was_shown_agreed": ""}).status_code == 302
    assert juniper.client.agreed_to == {"email"}
    assert http.post(path, {"email": "juniper@example.org", "was_shown_agreed": "True"}).status_code == 302
    assert juniper.client.agreed_to == set()


# --- Another name -----------------------------------------------------------------------------------------------------

OLD, NEW = "Juniper", "Elderflower"


@pytest.fixture
def rename(http, dana, juniper):
    http.force_login(dana.user)
    return lambda name: http.post(reverse("ratings:client-rename", args=[juniper.code]), {"name": name})


def stored_texts():
    """Everything that the database holds, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield from map(str, row)


def test_the_new_name_stands_on_every_page_and_the_old_one_on_none(http, dana, sam, juniper, rename, live_through):
    live_through(juniper, [3, 3, 3, 3, 0])
    pages = ["ratings:case", "ratings:case-sheet", "ratings:session-list", "ratings:client-contact", "ratings:plan"]
    paths = [reverse(page, args=[juniper.code]) for page in pages]
    own = [*paths, "/today/", "/cases/", f"/week/?day={local_day(juniper.starts_at)}", "/check-ins/"]
    seen_before = [path for path in own if OLD in http.get(path).text]
    assert {"/cases/", *paths} <= set(seen_before)
    response = rename(NEW)
    assert response.status_code == 302
    assert f"Saved. You now see {NEW} everywhere." in http.get(response.url).text
    for path in own:
        page = http.get(path).text
        assert OLD not in page, path
        assert path not in seen_before or NEW in page, path
    http.force_login(sam.user)
    for path in ("/caseload/", *paths[:3]):
        page = http.get(path).text
        assert (OLD in page, NEW in page) == (False, True), path


def test_nobody_finds_the_old_name(http, juniper, sorrel, rename, live_through):
    live_through(juniper, [3])
    live_through(sorrel, [3])

    def found(name):
        return [row.name for row in http.post("/cases/", {"name": name}).context["page"].rows]

    assert found(OLD) == [OLD]
    rename(NEW)
    assert (found(OLD), found(NEW.upper())) == ([], [NEW])


def test_it_is_sealed_and_on_record(dana, juniper, rename):
    rename(NEW)
    client = juniper.client
    client.refresh_from_db()
    assert client.display_name == NEW
    assert not [text for text in stored_texts() if NEW in text or OLD in text]
    changed = AuditEvent.objects.get(verb="changed", subject_type="client")
    assert (changed.actor_code, changed.subject_code) == (str(dana.user.code), str(client.code))


@pytest.mark.parametrize("blank", ["", "   ", "\u200b"])
def test_a_blank_name_is_a_sentence(blank, juniper, rename):
    response = rename(blank)
    assert (response.status_code, "Enter a name." in response.text) == (422, True)
    juniper.client.refresh_from_db()
    assert juniper.client.display_name == OLD


def test_the_same_name_is_a_sentence_and_another_spelling_a_new_name(juniper, rename):
    response = rename(f" {OLD} ")
    assert response.status_code == 422
    assert "This is the name that you see already." in response.text
    assert not AuditEvent.objects.filter(verb="changed").exists()
    assert rename("Júniper").status_code == 302


def test_a_name_that_is_too_long_is_refused():
    assert not RenameForm({"name": "x" * 121}).is_valid()
