"""Taking ratings out: who may, what the pages show, and what is on record afterwards."""

import csv
import io
import re
import zipfile
from contextlib import closing
from datetime import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from alliance import acting
from alliance.drafts.done import is_done
from alliance.models import AuditEvent, DataExport, Erasure, Membership
from ratings.check_in.actions import answer_check_in
from ratings.exchange import exported as reading
from ratings.exchange import views
from ratings.exchange.actions import make_export
from ratings.exchange.export_codebook import FLAGS, LONG, LONG_ITEMS, REPAIRS, WIDE
from ratings.models import Rupture
from ratings.rights.erase import erase_client
from ratings.ruptures.actions import say_step, set_rupture_aside
from tests.courses import answers, client_answers, consent, held
from tests.factories import days_ago, editor_of, make_episode, make_member
from tests.signing_in import give_password

PAGE = "/export/"


def files_of(response):
    """Name -> text of each file in an archive that was sent."""
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        return {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}


def table(files, name):
    return list(csv.DictReader(io.StringIO(files[name])))


def made(http, member, **given):
    """The address of a new export's page."""
    http.force_login(member.user)
    response = http.post(PAGE, {"reason": "quality"} | given)
    assert response.status_code == 302, response.content.decode()
    return response.url


@pytest.fixture
def lived(juniper, sorrel, live_through):
    live_through(juniper, [3, 3, 4, 3, 1, 1], comment="He never listens.", comment_for="supervisor")
    consent(juniper.client)
    check_in = held(juniper, 2, answers=answers(3), private_note="He cried.").check_in
    answer_check_in(
        check_in=check_in,
        answers=client_answers(3, tension=True, bring_up="gently", comment="Seven herons."),
        may_change=False,
    )
    rupture = Rupture.objects.filter(episode=juniper).first()
    say_step(editor=editor_of(juniper), rupture=rupture, step="ask", outcome="done", line="She wept.")
    live_through(sorrel, [3, 3])
    return juniper


def test_a_manager_gets_pseudonyms_and_nothing_that_tells_who_it_is(http, mona, dana, lived):
    page = made(http, mona)
    files = files_of(http.get(f"{page}ratings.zip"))
    assert len({row["client_pid"] for row in table(files, "ratings.csv")}) == 2
    assert {row["therapist_pid"] for name in ("ratings.csv", "flags.csv") for row in table(files, name)} == {""}
    text = "\n".join(files.values())
    for private in ("Juniper", "Dana", "Whitlock", "herons", "cried", "listens", "wept", "gently", dana.user.email):
        assert private not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", text)
    codes = [lived.code, lived.client.code, dana.code, lived.ruptures.first().code]
    assert not [code for code in codes if code.hex[:12] in text]
    starts = {datetime.fromisoformat(row["session_start_utc"]) for row in table(files, "ratings.csv")}
    assert starts.isdisjoint(row.starts_at for row in lived.therapy_sessions.all())


def test_the_time_of_each_client_is_shifted_as_a_whole(http, mona, lived):
    files = files_of(http.get(f"{made(http, mona)}ratings.zip"))
    by_client = {}
    for row in table(files, "ratings-wide.csv"):
        start = datetime.fromisoformat(row["session_start_utc"])
        by_client.setdefault(row["client_pid"], set()).add(start)
    real = sorted(row.starts_at for row in lived.therapy_sessions.all())
    (found,) = (sorted(starts) for starts in by_client.values() if len(starts) == len(real))
    shifts = {true - shifted for true, shifted in zip(real, found, strict=True)}
    assert len(shifts) == 1
    assert 30 <= shifts.pop().days < 365


def test_nobody_gets_a_key_to_cases_that_are_not_their_own(http, mona, lived):
    page = made(http, mona)
    assert "key.csv" not in http.get(page).content.decode()
    assert http.get(f"{page}key.csv").status_code == 403


def test_a_therapist_takes_the_own_cases_and_the_key_apart(http, dana, noor, lived, live_through):
    live_through(make_episode(noor, "Heron"), [3, 3])
    page = made(http, dana, is_shifted="on")
    files = files_of(http.get(f"{page}ratings.zip"))
    key = list(csv.DictReader(io.StringIO(http.get(f"{page}key.csv").content.decode("utf-8-sig"))))
    called = {row["name"]: row["pseudonym"] for row in key}
    assert called.keys() == {"Juniper", "Sorrel", "Dana Whitlock"}
    assert {row["client_pid"] for row in table(files, "ratings.csv")} == {called["Juniper"], called["Sorrel"]}
    http.force_login(noor.user)
    assert [http.get(page + name).status_code for name in ("", "ratings.zip", "key.csv")] == [404] * 3


def test_the_key_says_how_far_each_time_was_shifted(http, dana, lived):
    page = made(http, dana, is_shifted="on")
    rows = table(files_of(http.get(f"{page}ratings.zip")), "ratings-wide.csv")
    key = csv.DictReader(io.StringIO(http.get(f"{page}key.csv").content.decode("utf-8-sig")))
    (juniper,) = (row for row in key if row["name"] == "Juniper")
    first = lived.therapy_sessions.earliest("starts_at").starts_at
    shifted = min(
        datetime.fromisoformat(row["session_start_utc"]) for row in rows if row["client_pid"] == juniper["pseudonym"]
    )
    assert (first - shifted).total_seconds() == 60 * int(juniper["shifted_minutes"])


def test_names_and_true_days_go_out_only_where_they_are_asked_for(http, dana, lived):
    rows = table(files_of(http.get(f"{made(http, dana, keeps_names='on')}ratings.zip")), "ratings-wide.csv")
    assert {row["client_pid"] for row in rows} == {"Juniper", "Sorrel"}
    starts = {row.starts_at for row in lived.therapy_sessions.all()}
    assert starts <= {datetime.fromisoformat(row["session_start_utc"]) for row in rows}


def test_a_manager_who_sees_clients_gets_no_names_of_others(http, millrace, lived):
    both = make_member(millrace, "Ida Berg", "manager therapist")
    http.force_login(both.user)
    response = http.post(PAGE, {"cases": f"practice-{both.code}", "reason": "move", "keeps_names": "on"})
    assert response.status_code == 422
    assert "Only your own cases can go out with names." in response.content.decode()
    assert not DataExport.objects.exists()
    page = made(http, both, cases=f"practice-{both.code}")
    assert {row["client_pid"][:2] for row in table(files_of(http.get(f"{page}ratings.zip")), "flags.csv")} == {"C-"}


def test_a_reason_is_asked_and_kept(http, mona, lived):
    http.force_login(mona.user)
    response = http.post(PAGE, {"reason": ""})
    assert response.status_code == 422
    assert "Say why." in response.content.decode()
    made(http, mona, reason="asked")
    page = " ".join(http.get(PAGE).content.decode().split())
    assert "Somebody with a right to it has asked for it" in page.split("Taken out so far")[1]


def test_it_is_on_record_and_the_case_says_so(http, mona, dana, lived):
    page = made(http, mona)
    assert not AuditEvent.objects.filter(verb="exported").exists()
    files_of(http.get(f"{page}ratings.zip"))
    export = DataExport.objects.get()
    found = AuditEvent.objects.filter(verb="exported").values_list(
        "actor_code", "subject_type", "subject_code", "count"
    )
    assert (str(mona.user.code), "dataexport", str(export.code), 2) in found
    assert (str(mona.user.code), "episode", str(lived.code), 1) in found
    http.force_login(dana.user)
    told = http.get(reverse("ratings:who-looked", args=[lived.code])).content.decode()
    assert "Mona Reyes" in told and "took out in a file" in told


def test_the_files_are_there_for_one_day_and_as_long_as_the_role(http, mona, dana, lived):
    page = made(http, mona)
    DataExport.objects.update(made_at=days_ago(1.01))
    assert http.get(page).status_code == 404
    DataExport.objects.update(made_at=timezone.now())
    Membership.objects.filter(pk=mona.pk).update(is_manager=False, is_therapist=True)
    assert http.get(f"{page}ratings.zip").status_code == 404


def test_who_is_no_manager_any_more_makes_none(mona, lived):
    Membership.objects.filter(pk=mona.pk).update(is_manager=False, is_therapist=True)
    with pytest.raises(Exception) as denied:
        make_export(by=mona, extent="practice", reason="move")
    assert type(denied.value).__name__ == "Denied"
    assert not DataExport.objects.exists()


def test_the_password_is_asked_again(http, mona, lived):
    page = made(http, give_password(mona))
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=6)):
        for path in (PAGE, f"{page}ratings.zip"):
            assert "/reauthenticate/" in http.get(path).url


def test_who_neither_sees_clients_nor_manages_opens_none_of_it(http, dana, sam):
    page = made(http, dana)
    http.force_login(sam.user)
    assert [http.get(path).status_code for path in (PAGE, page, f"{page}ratings.zip", f"{page}key.csv")] == [403] * 4


def test_the_password_is_asked_again_before_the_key(http, dana, lived):
    page = made(http, give_password(dana))
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=6)):
        assert "/reauthenticate/" in http.get(f"{page}key.csv").url


@pytest.mark.parametrize(
    ("path", "name"), [("ratings.zip", r"alliance-[0-9a-f]{8}\.zip"), ("key.csv", r"key-[0-9a-f]{8}\.csv")]
)
def test_a_file_is_saved_under_a_name_of_its_own(http, dana, juniper, path, name):
    with closing(http.get(f"{made(http, dana)}{path}")) as response:
        assert re.fullmatch(f'attachment; filename="{name}"', response["Content-Disposition"])


def test_the_page_shows_the_newest_exports(http, mona, dana, monkeypatch):
    monkeypatch.setattr(views, "MOST_SHOWN", 2)
    for reason in ("asked", "move", "research"):
        make_export(by=dana, extent="own", reason=reason)
    http.force_login(mona.user)
    assert [row.reason for row in http.get(PAGE).context["made"]] == ["research", "move"]


@pytest.mark.parametrize(("member", "back"), [("mona", "/people/"), ("dana", "/cases/")])
def test_whoever_takes_nothing_goes_back_to_where_they_came_from(http, db, request, member, back):
    http.force_login(request.getfixturevalue(member).user)
    response = http.get(PAGE)
    assert response.status_code == 200
    assert re.search(f'<a href="{back}">Cancel</a>', response.text)


@pytest.mark.parametrize(("member", "section"), [("mona", "people"), ("dana", "cases")])
def test_the_files_of_a_practice_are_among_people_and_own_ones_among_cases(http, db, request, member, section):
    assert http.get(made(http, request.getfixturevalue(member))).context["section"] == section


def test_an_export_that_was_made_is_no_form_to_fill_in_again(http, dana):
    http.force_login(dana.user)
    assert is_done(http.post(PAGE, {"reason": "move"}).wsgi_request)


def test_answers_that_wait_for_an_own_rating_stay_in(http, millrace, dana, sorrel, lived):
    millrace.rates_first_since = days_ago(1)
    millrace.save()
    consent(sorrel.client)
    check_in = held(sorrel, 1).check_in
    answer_check_in(check_in=check_in, answers=client_answers(0), may_change=False)
    page = made(http, dana, keeps_names="on")
    assert "One case is left out" in http.get(page).content.decode()
    rows = table(files_of(http.get(f"{page}ratings.zip")), "ratings.csv")
    assert {row["client_pid"] for row in rows} == {"Juniper"}


def test_a_manager_reads_no_such_answers_of_their_own_cases_in_a_file_of_the_practice(
    http, millrace, dana, sorrel, lived
):
    millrace.rates_first_since = days_ago(1)
    millrace.save()
    Membership.objects.filter(pk=dana.pk).update(is_manager=True)
    consent(sorrel.client)
    check_in = held(sorrel, 1).check_in
    answer_check_in(check_in=check_in, answers=client_answers(0), may_change=False)
    page = made(http, dana, cases=f"practice-{dana.code}")
    assert "One case is left out" in http.get(page).text
    rows = table(files_of(http.get(f"{page}ratings.zip")), "ratings.csv")
    assert len({row["client_pid"] for row in rows}) == 1


def test_an_erasure_meanwhile_lets_nothing_out(http, millrace, mona, sorrel, lived, monkeypatch):
    ida = make_member(millrace, "Ida Berg", "manager")
    page = made(http, mona)
    read = reading._cases

    def erase_after_the_first(keys, names):
        for position, case in enumerate(read(keys, names)):
            yield case
            if position == 0:
                with acting.acting_as(acting.NOBODY):  # the owner's job erases, and not the role that answers requests
                    erase_client(client=case.episode.client, reason=Erasure.Reason.ASKED, asked_by=mona, agreed_by=ida)

    monkeypatch.setattr(reading, "_cases", erase_after_the_first)
    response = http.get(f"{page}ratings.zip", follow=True)
    assert response.redirect_chain[-1][0] == page
    assert "was erased or joined meanwhile" in response.content.decode()
    assert not AuditEvent.objects.filter(verb="exported").exists()
    monkeypatch.setattr(reading, "_cases", read)
    files = files_of(http.get(f"{page}ratings.zip"))
    assert len({row["client_pid"] for row in table(files, "ratings.csv")}) == 1


def test_what_is_set_aside_without_a_reason_can_be_set_aside_again(dana, juniper, live_through):
    live_through(juniper, [3, 3, 4, 3, 1])
    rupture = Rupture.objects.get(episode=juniper)
    set_rupture_aside(editor=editor_of(juniper), rupture=rupture, reason="A bad week.")
    Rupture.objects.update(aside_reason=None)
    with pytest.raises(Exception) as over:
        set_rupture_aside(editor=editor_of(juniper), rupture=rupture, reason="Another.")
    assert type(over.value).__name__ == "RuptureOver"


def test_the_codebook_has_every_column_and_none_beside(http, dana, lived):
    files = files_of(http.get(f"{made(http, dana)}ratings.zip"))
    header = {name: text.splitlines()[0].split(",") for name, text in files.items() if name.endswith(".csv")}
    del header["codebook.csv"]
    told = {name: [row["column"] for row in table(files, "codebook.csv") if row["file"] == name] for name in header}
    assert {name: [one for one in columns if "item: " not in one] for name, columns in told.items()} == header
    items = {row["item"] for row in table(files, "ratings.csv") if row["rater"] in ("session", "case", "rupture")}
    assert items <= {column.removeprefix("item: ") for column in told["ratings.csv"]}


def test_the_codebook_says_what_was_asked_and_what_each_number_stands_for(http, dana, lived):
    files = files_of(http.get(f"{made(http, dana)}ratings.zip"))
    told = {row["column"]: row for row in table(files, "codebook.csv")}
    assert told["alliance_6_1_task_sense"]["meaning"].startswith("What we did today made sense to me.")
    assert told["alliance_6_1_task_sense"]["unit and range"].startswith("0-4; 0: Not at all; 1: A little; ")
    assert told["wai_sr_client_1_item_2"]["unit and range"] == "1-5", "its sentences are not part of this program"


def test_the_page_about_the_files_says_what_the_codebook_says(settings):
    page = (settings.BASE_DIR / "docs" / "reference" / "export.md").read_text()
    for columns in (LONG, LONG_ITEMS, WIDE, FLAGS, REPAIRS):
        for column in columns:
            assert f"| `{column.name}` | {column.meaning} | {column.values} | {column.missing} |" in page
