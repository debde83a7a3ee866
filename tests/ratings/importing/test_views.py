"""Bringing in past ratings: who may, what the two pages show, and what stays behind."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from alliance.models import AuditEvent, Client, Episode, ImportBatch, ImportDraft
from ratings.importing.actions import drop_old_drafts
from ratings.models import Rating
from tests.ratings.importing.conftest import FILES

pytestmark = pytest.mark.usefixtures("instruments")
PAGE = "/import/"
OPENFIT = (FILES / "openfit.csv").read_bytes()
DAMAGED = OPENFIT.replace(b"8.1,7.9,8.0,8.2", b"8.1,11.5,8.0,8.2").replace(b"2025-01-14", b"2025-01-99")


def upload(http, place, data=OPENFIT, **fields):
    http.force_login(place.user)
    return http.post(PAGE, {"file": SimpleUploadedFile("past.csv", data, "text/csv")} | fields)


def said(response):
    return " ".join(response.content.decode().split())


def test_a_therapist_brings_in_own_cases_whoever_the_file_names(http, dana, noor):
    response = upload(http, dana)
    assert (response.status_code, Client.objects.count()) == (302, 0)
    page = said(http.get(response.url))
    assert "19 new sessions." in page and "Import 19 sessions" in page
    after = http.post(response.url, follow=True)
    assert after.redirect_chain[-1][0] == reverse("ratings:cases")
    assert "New sessions: 19; new ratings: 18; lines left out: 0." in said(after)
    assert set(Episode.objects.values_list("therapist", flat=True)) == {dana.pk}
    assert ImportBatch.objects.get().imported_by == dana
    assert "0042" in said(after) and "=7+1" in said(after)
    http.force_login(noor.user)
    assert "0042" not in said(http.get(reverse("ratings:cases")))


def test_the_case_page_draws_what_came_in(http, dana):
    http.post(upload(http, dana).url)
    episode = next(e for e in Episode.objects.all() if e.client.display_name == "0042")
    page = http.get(reverse("ratings:case", args=[episode.code]))
    assert page.status_code == 200
    assert said(page).count("11 Feb") >= 3  # the session of the first drop, in the table of each pillar


def test_a_manager_brings_in_for_the_therapists_whom_the_file_names_or_for_one(http, dana, noor, mona):
    upload(http, mona)
    http.post(reverse("ratings:import-preview", args=[ImportDraft.objects.get().code]))
    assert set(Episode.objects.values_list("therapist", flat=True)) == {dana.pk, noor.pk}
    only_noor = OPENFIT.replace(b"0042", b"0043").replace(b"=7+1", b"=8")
    response = upload(http, mona, only_noor, therapist=noor.code)
    assert "All rows become cases of <bdi>Noor Haddad</bdi>." in said(http.get(response.url))
    after = http.post(response.url, follow=True)
    assert after.redirect_chain[-1][0] == reverse("alliance:people")
    assert Episode.objects.filter(therapist=noor).count() == 3


def test_a_managers_preview_has_counts_and_lines_and_no_score(http, dana, noor, mona):
    page = said(http.get(upload(http, mona, DAMAGED).url))
    assert "2 lines are wrong." in page
    assert "Line 2: SRSQ2 is not a number from 0 to 10." in page
    assert "Line 3: Session_Date is not a date written as 2026-03-14." in page
    assert "Import the good rows, 17 sessions" in page
    body = page.split("<main")[1]
    for score in ("11.5", "8.1", "7.9", "8.325", "33.3", "18.2", "4.4"):  # all of them stand in the file
        assert score.encode() in DAMAGED and score not in body
    for name in ("0042", "=7+1"):
        assert name not in body


def test_nobody_else_opens_a_preview(http, dana, noor, mona, otis, sam):
    address = upload(http, dana).url
    assert http.get(address).status_code == 200
    for stranger in (noor, mona, otis):
        http.force_login(stranger.user)
        assert http.get(address).status_code == 404
        assert http.post(address).status_code == 404
    http.force_login(sam.user)
    assert http.get(address).status_code == 403
    assert http.get(PAGE).status_code == http.post(PAGE).status_code == 403
    assert (ImportDraft.objects.count(), Client.objects.count()) == (1, 0)
    denied = AuditEvent.objects.filter(verb="denied").values_list("subject_type", flat=True)
    assert sorted(denied) == ["import_page"] * 3 + ["importdraft"] * 6
    http.logout()
    assert http.get(PAGE).status_code == http.get(address).status_code == 302


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods(http, dana, method):
    address = upload(http, dana).url
    assert getattr(http, method)(PAGE).status_code == getattr(http, method)(address).status_code == 405


def test_a_therapist_of_another_practice_brings_nothing_here(http, millrace, otis):
    response = upload(http, otis)
    http.post(response.url)
    assert Client.objects.filter(practice=millrace).count() == 0
    assert Client.objects.filter(practice=otis.practice).count() == 2


def test_a_manager_cannot_choose_the_therapist_of_another_practice(http, mona, otis):
    response = upload(http, mona, therapist=otis.code)
    assert response.status_code == 422
    assert ImportDraft.objects.count() == 0


def test_a_therapist_does_not_reach_the_client_of_a_colleague(http, dana, noor):
    """A guessed reference would otherwise open an own case on that client's row, with its name and contact data."""
    http.post(upload(http, noor).url)
    guess = OPENFIT.splitlines(keepends=True)
    guess = guess[0] + guess[1].replace(b"0042,1,", b"0042,99,")
    response = upload(http, dana, guess)
    assert "Line 2: This client is with a colleague. Ask a manager to import this." in said(http.get(response.url))
    http.post(response.url, {"only_good": "yes"})
    assert Episode.objects.filter(therapist=dana).count() == 0


def test_with_a_wrong_line_nothing_is_written_unless_the_good_rows_are_chosen(http, dana):
    address = upload(http, dana, DAMAGED).url
    refused = http.post(address)
    assert refused.status_code == 422 and "2 lines are wrong." in said(refused)
    assert Client.objects.count() == 0
    after = http.post(address, {"only_good": "yes"}, follow=True)
    assert "New sessions: 17; new ratings: 16; lines left out: 2." in said(after)


def test_where_no_row_is_good_none_are_offered(http, dana):
    first = b"\n".join(DAMAGED.splitlines()[:2])
    page = said(http.get(upload(http, dana, data=first).url))
    assert "One line is wrong." in page and "Correct the file and choose it again." in page
    assert "good rows" not in page


def test_the_same_file_again_has_nothing_to_import(http, dana):
    http.post(upload(http, dana).url)
    before = Rating.objects.count(), ImportBatch.objects.count()
    response = upload(http, dana)
    page = said(http.get(response.url))
    assert "Everything in this file is here already." in page and "<button" not in page.split("<main")[1]
    assert "Nothing was changed." in said(http.post(response.url, follow=True))
    assert (Rating.objects.count(), ImportBatch.objects.count()) == before


@pytest.mark.parametrize(
    "data,sentence",
    [
        (b"", "The file is empty."),
        (b"\x89PNG\r\n", "Line 1: The file is not UTF-8 from here on."),
        (b"name,age\nEve,7\n", "Line 1: The first line is not that of a layout this program can read."),
        (b"x" * (5 * 1024 * 1024 + 1), "Choose a CSV file of at most 5 MB."),
        (b"x" * (7 * 1024 * 1024), "Choose a CSV file of at most 5 MB."),  # more than the server reads at all
    ],
    ids=["empty", "picture", "other", "large", "huge"],
)
def test_a_file_that_cannot_be_read_comes_back_with_a_sentence(http, dana, data, sentence):
    response = upload(http, dana, data)
    assert response.status_code == 422
    assert sentence in said(response)
    assert ImportDraft.objects.count() == 0


def test_no_file(http, dana):
    http.force_login(dana.user)
    assert "Choose a CSV file of at most 5 MB." in said(http.post(PAGE))


def test_the_waiting_file_is_sealed_and_goes_after_its_import_or_a_day(http, dana, noor):
    response = upload(http, dana)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM alliance_importdraft")
        stored = cursor.fetchone()[0]
    assert stored.startswith("a1.") and "0042" not in stored and "Client_ID" not in stored
    second = upload(http, dana).url
    assert http.get(response.url).status_code == 404  # the second took its place
    http.post(second)
    assert ImportDraft.objects.count() == 0
    third = upload(http, noor).url
    ImportDraft.objects.update(created_at=ImportDraft.objects.get().created_at - timedelta(days=1, seconds=1))
    assert http.get(third).status_code == 404
    drop_old_drafts()
    assert ImportDraft.objects.count() == 0


def test_who_is_no_manager_any_more_imports_into_own_cases_only(http, dana, noor, mona):
    mona.is_therapist = True
    mona.save()
    response = upload(http, mona)
    mona.is_manager = False
    mona.save()
    http.post(response.url)
    assert set(Episode.objects.values_list("therapist", flat=True)) == {mona.pk}
