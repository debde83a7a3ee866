"""Bringing in past ratings: who may, what the two pages show, and what stays behind."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from alliance.models import AuditEvent, Client, Episode, ImportBatch, ImportDraft
from ratings.importing.actions import drop_old_drafts
from ratings.models import Rating
from tests.factories import local_day, make_member
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
    assert "Line 2: SRSQ2 must be from 0 to 10." in page
    assert "Line 3: Session_Date is not a date written as 2026-03-14 or 14.03.2026." in page
    assert "Import the good rows, 17 sessions" in page
    body = re.sub(r"<[^>]*>", " ", page.split("<main")[1])  # without the random keys of the form
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
    theirs = set(Client.objects.values_list("pk", flat=True))
    guess = OPENFIT.splitlines(keepends=True)
    http.post(upload(http, dana, guess[0] + guess[1].replace(b"0042,1,", b"0042,99,")).url)
    assert Episode.objects.get(therapist=dana).client_id not in theirs


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
    assert (
        "Everything in this file is here already." in page
        and "<button" not in page.split("<main")[1].split("</main")[0]
    )
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
    assert stored.startswith("a2.") and "0042" not in stored and "Client_ID" not in stored
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


# --- What only a person can say ---------------------------------------------------------------------------------------

HEADER = b"Client_ID,Case_ID,Session_ID,Session_Date,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,Total_SRS\n"


def rows_of(*days):
    return HEADER + b"".join(b"C%d,1,1,%s,N,8.1,7.9,8.0,8.2,32.2\n" % (n, day.encode()) for n, day in enumerate(days))


def test_the_order_of_day_and_month_is_asked_once_where_the_file_does_not_tell(http, dana):
    address = upload(http, dana, rows_of("03/05/2025", "04/05/2025")).url
    page = http.get(address)
    assert (page.status_code, said(page).count("can be read in two ways")) == (200, 1)
    assert "What is wrong" not in said(page) and "Import 2 sessions" not in said(page)
    refused = http.post(address)
    assert (refused.status_code, Client.objects.count()) == (422, 0)
    assert "can be read in two ways" in said(http.get(address, {"dates": "year-first"}))
    answered = f"{address}?dates=month-first"
    assert "Dates are read as month/day/year." in said(http.get(answered))
    assert http.post(answered).status_code == 302
    starts = sorted(f"{s.starts_at:%Y-%m-%d}" for e in Episode.objects.all() for s in e.therapy_sessions.all())
    assert starts == ["2025-03-05", "2025-04-05"]


def test_the_preview_says_how_it_read_the_dates(http, dana):
    assert "Dates are read as day.month.year." in said(http.get(upload(http, dana, rows_of("31/05/2025")).url))
    assert "Dates are read as" not in said(http.get(upload(http, dana, rows_of("2025-05-31")).url))


def test_the_preview_offers_to_end_therapies_that_are_over(http, dana):
    today = local_day()
    address = upload(http, dana, rows_of("2021-01-07", "2021-02-07", today.isoformat())).url
    page = http.get(address)
    assert "2 cases were last seen before" in said(page)
    assert "for 365 days after its last session" in said(page)
    proposed = page.context["form"]["last_seen_before"].value()
    assert (today - proposed).days == 90 and "checked" in str(page.context["form"]["end_old"])
    response = http.post(address, {"end_old": "on", "last_seen_before": "soon"})
    assert (response.status_code, Client.objects.count()) == (422, 0)
    assert "Write the day as " in said(response) and 'value="soon"' in said(response)
    response = http.post(address, {"end_old": "on", "last_seen_before": ""})
    assert "Write the day, or take the tick away." in said(response)
    assert http.post(address, {"end_old": "on", "last_seen_before": "2021-02-01"}).status_code == 302
    assert Episode.objects.filter(ends_at=None).count() == 2


def test_without_the_tick_no_therapy_ends(http, dana):
    address = upload(http, dana, rows_of("2021-01-07")).url
    http.post(address, {"last_seen_before": "2026-01-01"})
    assert Episode.objects.get().ends_at is None


def test_therapies_of_these_weeks_are_not_asked_about(http, dana):
    page = said(http.get(upload(http, dana, rows_of(local_day().isoformat())).url))
    assert "last seen before" not in page and "Import one session" in page


def test_one_sentence_stands_once_with_its_lines(http, dana):
    page = said(http.get(upload(http, dana, rows_of(*["7 Jan 2025"] * 48)).url))
    assert page.count("is not a date written as") == 1
    assert "Lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11:" in page and "And 38 more lines." in page


def test_a_workbook_gets_a_sentence_that_says_what_to_do(http, dana):
    response = upload(http, dana, b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00")
    assert response.status_code == 422
    assert "This is a workbook. Open it, choose “Save as”, then “CSV UTF-8”, and take that file." in said(response)


def test_a_file_in_utf_16_is_kept_for_its_preview(http, dana):
    response = upload(http, dana, OPENFIT.decode().encode("utf-16"))
    assert "19 new sessions." in said(http.get(response.url))


def test_two_therapists_of_one_name_are_told_apart(http, mona, dana, sam, millrace):
    twin = make_member(millrace, "Dāna Whitlock", "therapist")
    http.force_login(mona.user)
    page = said(http.get(PAGE))
    assert "Dana Whitlock, dana@millrace.test" in page and "Dāna Whitlock, dāna@millrace.test" in page
    page = said(http.get("/people/assign/"))
    assert "Dana Whitlock, dana@millrace.test" in page and "Dāna Whitlock, dāna@millrace.test" in page
    twin.ends_at = timezone.now()
    twin.save()
    assert "Dana Whitlock</option>" in said(http.get(PAGE)), "alone, the name is enough"
