"""The practice of the demo that takes part in a study: what its pages show, and that the other one stays as it is."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from alliance.models import Client, Consent, Episode, Practice, User
from ratings.demo.study import CODE, fill_study
from ratings.demo.write import today_there
from ratings.detection.shadow import is_in_shadow
from ratings.models import Rating, Rupture


@pytest.fixture
def study(instruments):
    return fill_study(today_there())


def signed_in(name):
    browser = Browser()
    browser.force_login(User.objects.get(email=f"{name}@demo.test"))
    return browser


def case(name):
    rows = Episode.objects.filter(client__practice__code=CODE).select_related("client__data_key")
    return next(row for row in rows if row.client.display_name == name)


def page_of(browser, path):
    return " ".join(browser.get(path, follow=True).text.split())


def test_one_answer_waits_for_the_own_rating(study):
    lena = signed_in("study-therapist")
    waiting = case("Sedge")
    today = page_of(lena, "/today/")
    assert "Sedge has answered after the last session" in today
    page = page_of(lena, reverse("ratings:case", args=[waiting.code]))
    answered = Rating.objects.filter(episode=waiting, rater="client").latest("answered_at")
    words = answered.comment.open(waiting.client.data_key)
    assert words not in page
    assert not Rating.objects.filter(therapy_session=answered.therapy_session, rater="therapist").exists()
    assert timezone.now() - answered.answered_at < timedelta(days=8)
    assert words in page_of(signed_in_shows(lena, waiting), reverse("ratings:case", args=[waiting.code]))


def signed_in_shows(browser, episode):
    """The same person, once they have looked without a rating."""
    latest = Rating.objects.filter(episode=episode, rater="client").latest("answered_at")
    browser.post(reverse("ratings:check-in-show", args=[latest.check_in.code]))
    return browser


def test_what_the_program_found_is_stored_and_shown_nowhere(study):
    assert is_in_shadow(study)
    hidden = Rupture.objects.get(episode=case("Osier"))
    assert (hidden.state, hidden.kept_back) == ("open", True)
    lena = signed_in("study-therapist")
    assert "The program shows no flags here at present" in page_of(
        lena, reverse("ratings:case", args=[case("Osier").code])
    )
    assert lena.get(reverse("ratings:rupture", args=[hidden.code])).status_code == 404


def test_two_of_three_agreed_to_the_study(study):
    agreed = Consent.objects.filter(purpose="study", withdrawn_at=None, client__practice=study)
    assert {row.client_id for row in agreed} == {case("Sedge").client_id, case("Osier").client_id}
    assert Client.objects.filter(practice=study).count() == 3


def test_a_manager_is_led_to_the_two_settings(study):
    pavel = signed_in("study-manager")
    page = page_of(pavel, "/people/")
    assert "takes part in a study of the flags" in page
    for route in ("ratings:detection-settings", "alliance:practice-settings"):
        assert pavel.get(reverse(route)).status_code == 200
        assert reverse(route) in page


def test_it_stands_beside_the_practice_of_the_stories(demo):
    clients = {row.pk: row.code for row in Client.objects.all()}
    call_command("seed_study_demo", stdout=StringIO())
    study = Practice.objects.get(code=CODE)
    assert {row.pk: row.code for row in Client.objects.exclude(practice=study)} == clients
    for name in ("therapist", "supervisor", "manager"):
        browser = signed_in(name)
        assert browser.get(reverse("ratings:case", args=[case("Sedge").code])).status_code == 404
        assert "Weir House" not in page_of(browser, "/")
    counted, said = (Client.objects.count(), User.objects.count()), StringIO()
    for command in ("seed_demo", "seed_study_demo"):
        call_command(command, stdout=said)
    assert (said.getvalue(), Client.objects.count(), User.objects.count()) == ("", *counted), "again nothing more"


def test_without_demo_data_it_is_refused(db, settings):
    with pytest.raises(CommandError, match="no demo data"):
        call_command("seed_study_demo")
    settings.LOCAL = False
    with pytest.raises(CommandError, match="don't belong there"):
        call_command("seed_study_demo")


def test_its_sign_ins_are_printed(study):
    said = StringIO()
    call_command("print_demo", stdout=said)
    assert "study-therapist@demo.test" in said.getvalue()
    assert "study-manager@demo.test" in said.getvalue()


def test_the_example_list_is_what_the_guide_says(demo):
    joan = signed_in("manager")
    path = reverse("ratings:client-list-upload")
    page = page_of(joan, path)
    assert "two new clients, one who is here already, and a line with a fault" in page
    assert 'href="/static/files/clients-of-the-demo.csv"' in page
    with open(finders.find("files/clients-of-the-demo.csv"), "rb") as file:
        upload = SimpleUploadedFile("clients.csv", file.read(), "text/csv")
    preview = page_of(joan, joan.post(path, {"file": upload}).url)
    assert "One line is wrong." in preview
    assert all(f"<bdi>{name}</bdi>" in preview for name in ("Cardoon", "Salsify", "Juniper"))
    assert preview.index("Salsify") < preview.index("Here already") < preview.index("<bdi>Juniper")
