"""The pages of a list of clients: who may, what a clerk reads there, and what is on record of it."""

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from alliance.models import AuditEvent, Client, Episode, ImportDraft, User
from ratings.importing.clients.reading import COLUMNS, read_clients
from tests.factories import days_ago, make_episode, make_member
from tests.ratings.importing.clients.conftest import HEADER
from tests.ratings.importing.test_views import said

PAGE = "/import/clients/"


def upload(http, place, *lines, header=HEADER, **fields):
    http.force_login(place.user)
    data = (header + "\n".join(lines) + "\n").encode()
    return http.post(PAGE, {"file": SimpleUploadedFile("clients.csv", data, "text/csv")} | fields)


def test_a_therapist_previews_and_imports_own_clients(http, dana):
    make_episode(dana, "Heron")
    response = upload(http, dana, ",Alder,,2026-01-05,,", ",Heron,,,,")
    page = said(http.get(response.url))
    assert "One new client." in page and "<bdi>Alder</bdi>" in page and "5 Jan 2026" in page
    assert "Here already" in page and "<bdi>Heron</bdi>" in page and "Import one client" in page
    after = http.post(response.url, follow=True)
    assert after.redirect_chain[-1][0] == reverse("ratings:cases")
    assert "Imported one client." in said(after) and "Alder" in said(after)
    case = Episode.objects.latest("pk")
    assert http.get(reverse("ratings:case", args=[case.code])).status_code == 200


def test_a_manager_goes_back_to_people_and_opens_no_case(http, dana, mona):
    response = upload(http, mona, ",Alder,dana@millrace.test,,,")
    assert "with <bdi>Dana Whitlock</bdi>" in said(http.get(response.url))
    after = http.post(response.url, follow=True)
    assert after.redirect_chain[-1][0] == reverse("alliance:people")
    assert http.get(reverse("ratings:case", args=[Episode.objects.get().code])).status_code == 404


def test_two_therapists_of_one_name_are_told_apart_in_the_preview(http, millrace, dana, mona):
    twin = make_member(millrace, "Dana Whitlock", user=User.objects.create_user("dana.w@millrace.test"))
    lines = ",Alder,dana@millrace.test,,,", ",Heron,dana.w@millrace.test,,,"
    page = said(http.get(upload(http, mona, *lines).url))
    assert "with <bdi>Dana Whitlock, dana@millrace.test</bdi>" in page
    assert "with <bdi>Dana Whitlock, dana.w@millrace.test</bdi>" in page
    page = said(http.get(upload(http, mona, ",Alder,,,,", therapist=str(twin.code)).url))
    assert "All become cases of <bdi>Dana Whitlock, dana.w@millrace.test</bdi>." in page


def test_wrong_lines_are_named_with_a_sentence_and_the_good_ones_offered(http, dana):
    address = upload(http, dana, ",Alder,,,,", ",Heron,,,nobody,", ",Wren,,,nowhere,").url
    page = said(http.get(address))
    assert "2 lines are wrong." in page and "Lines 3, 4: Email is not an e-mail address." in page
    refused = http.post(address)
    assert (refused.status_code, Client.objects.count()) == (422, 0)
    assert "Imported one client." in said(http.post(address, {"only_good": "yes"}, follow=True))


def test_the_same_list_again_has_nothing_to_import(http, dana):
    http.post(upload(http, dana, ",Alder,,,,").url)
    response = upload(http, dana, ",Alder,,,,")
    page = said(http.get(response.url))
    assert (
        "All clients of this list are here already." in page
        and "<button" not in page.split("<main")[1].split("</main")[0]
    )
    assert "Nothing was changed." in said(http.post(response.url, follow=True))
    assert Client.objects.count() == 1


def test_a_long_list_is_shown_in_part(http, dana):
    page = said(http.get(upload(http, dana, *(f",Client {n},,,," for n in range(130))).url))
    assert "130 new clients." in page and "And 30 more." in page and "Import 130 clients" in page


def test_the_order_of_day_and_month_is_asked(http, dana):
    address = upload(http, dana, ",Alder,,03/02/2026,,").url
    assert "can be read in two ways" in said(http.get(address))
    refused = http.post(address)
    assert (refused.status_code, Client.objects.count()) == (422, 0)
    assert http.post(f"{address}?dates=month-first").status_code == 302
    assert f"{Episode.objects.get().starts_at:%m}" == "03"


def test_a_file_of_another_kind_comes_back_with_a_sentence(http, dana):
    response = upload(http, dana, "7", header="Age\n")
    assert response.status_code == 422
    assert "Line 1: The first line names no column Name and none Client_ID." in said(response)
    assert "Choose a CSV file of at most 5 MB." in said(http.post(PAGE))
    assert ImportDraft.objects.count() == 0


def test_columns_that_are_not_read_and_lines_that_repeat_one_are_named(http, dana):
    page = said(http.get(upload(http, dana, "Alder,x", "ALDER,y", header="Name,Diagnosis\n").url))
    assert "Columns that are not read: <bdi>diagnosis</bdi>." in page
    assert "Line 3 has the same client as a line before." in page


def test_nobody_else_opens_a_preview(http, dana, noor, mona, otis, sam):
    address = upload(http, dana, ",Alder,,,,").url
    for stranger, status in ((noor, 404), (mona, 404), (otis, 404), (sam, 403)):
        http.force_login(stranger.user)
        assert http.get(address).status_code == http.post(address).status_code == status
    assert (ImportDraft.objects.count(), Client.objects.count()) == (1, 0)


def test_who_asks_which_clients_are_here_is_on_record(http, dana):
    make_episode(dana, "Alder")
    http.get(upload(http, dana, ",Alder,,,,", ",Heron,,,,").url)
    listed = AuditEvent.objects.get(verb="listed", subject_type="client")
    assert (listed.count, listed.actor_code) == (1, str(dana.user.code))


@pytest.mark.parametrize("persona", ["dana", "mona"])
def test_both_lists_lead_to_it(http, request, persona):
    http.force_login(request.getfixturevalue(persona).user)
    page = http.get(reverse("ratings:cases" if persona == "dana" else "alliance:people"))
    assert f'href="{PAGE}"' in said(page)


def test_the_empty_list_to_fill_in_has_columns_that_are_read(http, dana):
    http.force_login(dana.user)
    assert 'href="/static/files/clients.csv"' in said(http.get(PAGE))
    with open(finders.find("files/clients.csv"), "rb") as file:
        empty = file.read()
    listed = read_clients(
        empty + b"0042,Alder,dana@millrace.test,2026-01-05,a@example.org,030 5550117\r\n", days_ago(0)
    )
    assert (listed.errors, listed.not_read, listed.clients[0].name) == ((), (), "Alder")
    assert len(COLUMNS) - len(empty.split(b",")) == 2, "all but the two halves of a name"
