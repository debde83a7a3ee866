"""Every page, in each of its states: looked at by axe, photographed narrow and wide, light and dark, and quiet."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from alliance.models import Episode, Membership
from ratings.cases.actions import end_episode
from ratings.check_in import links
from ratings.detection.reassess import reassess
from ratings.findings.scale import whole
from ratings.models import CheckIn
from sessions.plan import actions as plan_actions
from tests.e2e.conftest import PHONE, settle
from tests.factories import editor_of, make_episode, make_member, make_practice, make_therapy_session
from tests.ratings.importing.conftest import FILES

ONLY_TASKS = [3, 3, 1, 0, 3, 4]
COMMENT = "I did the sheet at home but I was not sure what it was for."


@pytest.fixture
def house(live_server, settings, millrace, dana, sam, mona, live_through):
    """A practice with a case in each state, and Dana's day."""
    settings.BASE_URL = live_server.url
    millrace.crisis_phone, millrace.emergency_phone = "01632 960 117", "112"
    millrace.shows_history = True
    millrace.save()
    flagged = make_episode(dana, "Juniper")
    plan_actions.agree_goal(
        editor=editor_of(flagged), text="We are working on saying no at work so that I can be home by six."
    )
    log = plan_actions.agree_task(editor=editor_of(flagged), activity="A thought log, every day.", modality="writing")
    plan_actions.adapt_task(
        editor=editor_of(flagged),
        task=log,
        activity="Voice notes, two a week.",
        modality="speaking",
        adapted_why="Writing felt like homework.",
        revision=1,
    )
    live_through(
        flagged, [3, 3, 4, [3, 4, 3, 3, 4, 3], 3, 3, 1, 1], comment=COMMENT, comment_for="supervisor", bring_up="gently"
    )
    flagged.client.consents.create(purpose="history", text_version="2026-11")
    live_through(make_episode(dana, "Bramble"), [3, 3, 4, 3, ONLY_TASKS])
    live_through(make_episode(dana, "Teasel"), [3, 3, 3, 3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3])
    live_through(make_episode(dana, "Alder"), [3, 3, None, None, None])
    live_through(make_episode(dana, "Sorrel"), [3, [3, 4, 3, 3, 2, 3], 3, [3, 3, 2, 3, 4, 3], 3, 3])
    ended = make_episode(dana, "Wren")
    live_through(ended, [3, 3])
    end_episode(editor=editor_of(ended), reason="completed")
    fresh = make_episode(dana, "Heron")
    reassess(fresh)
    now = timezone.now()
    make_therapy_session(flagged, starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(minutes=45))
    make_therapy_session(Episode.objects.get(pk=fresh.pk), starts_at=now, ends_at=now + timedelta(minutes=50))
    return {"flagged": flagged, "ended": ended, "fresh": fresh}


def test_the_pages_of_a_therapist(page, live_server, house, dana, sign_in, look, complaints):
    heard = complaints(page)
    sign_in(dana)
    for name, path in {
        "today": reverse("ratings:today"),
        "cases": reverse("ratings:cases"),
        "case-flagged": reverse("ratings:case", args=[house["flagged"].code]),
        "case-ended": reverse("ratings:case", args=[house["ended"].code]),
        "case-fresh": reverse("ratings:case", args=[house["fresh"].code]),
        "rupture": reverse("ratings:rupture", args=[house["flagged"].ruptures.get().code]),
        "import": reverse("ratings:import-upload"),
        "doubles": reverse("ratings:doubles"),
        "export-own": reverse("ratings:export-make"),
        "case-new": reverse("ratings:case-create"),
        "case-check-ins": reverse("ratings:check-in-settings", args=[house["flagged"].code]),
        "plan": reverse("ratings:plan", args=[house["flagged"].code]),
        "plan-empty": reverse("ratings:plan", args=[house["fresh"].code]),
        "goal-agree": reverse("ratings:goal-agree", args=[house["flagged"].code]),
        "goal-edit": reverse("ratings:goal-edit", args=[house["flagged"].goals.first().code]),
        "goal-end": reverse("ratings:goal-end", args=[house["flagged"].goals.first().code]),
        "task-agree": reverse("ratings:task-agree", args=[house["flagged"].code]),
        "task-edit": reverse("ratings:task-edit", args=[house["flagged"].tasks.first().code]),
        "task-end": reverse("ratings:task-end", args=[house["flagged"].tasks.first().code]),
        "phase-start": reverse("ratings:phase-start", args=[house["flagged"].code]),
        "case-end": reverse("ratings:episode-end", args=[house["flagged"].code]),
        "session-log": reverse("ratings:session-log", args=[house["flagged"].code]),
        "help": reverse("alliance:help"),
        "you": reverse("alliance:you"),
        "browsers": reverse("alliance:browsers"),
    }.items():
        page.goto(live_server.url + path)
        look(name)
    page.goto(live_server.url + reverse("ratings:case", args=[house["flagged"].code]))
    assert heard == []


def test_the_link_page_and_the_errors_of_a_therapist(page, live_server, house, dana, sign_in, look):
    sign_in(dana)
    alder = CheckIn.objects.filter(ratings__rater=None).latest("therapy_session__starts_at").episode
    page.goto(live_server.url + reverse("ratings:case", args=[alder.code]))
    page.get_by_role("button", name="Check-in link").click()
    look("check-in-link")
    page.goto(live_server.url + reverse("ratings:case", args=[house["flagged"].code]))
    page.get_by_role("button", name="Share their answers").click()
    look("history-link")
    page.goto(live_server.url + reverse("ratings:session-log", args=[house["flagged"].code]))
    page.get_by_text("Change").click()
    page.get_by_label("Day").fill("2031-01-01")
    page.get_by_label("Private note").fill("What was typed is kept.")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.locator("#errors")).to_be_focused()
    assert page.get_by_label("Private note").input_value() == "What was typed is kept."
    assert "This date is in the future." in page.get_by_role("alert").inner_text()
    look("session-log-error")
    page.goto(live_server.url + reverse("ratings:case-create"))
    page.locator("form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Open the case").click()
    look("case-new-error")
    page.goto(live_server.url + reverse("ratings:caseload"))
    look("not-yours")
    page.goto(live_server.url + "/cases/00000000-0000-4000-8000-000000000000/")
    look("not-found")


THERAPIST_ONLY = [
    {"source": "client", "points": -1.0, "seen": 80.0, "usual": 79.0},
    {"source": "therapist", "points": 14.0, "seen": 35.0, "usual": 72.0},
]


def test_each_kind_of_flag(page, live_server, house, dana, sign_in, look):
    """A flag reads like a colleague's remark, whichever way it leans."""
    sign_in(dana)
    rupture = house["flagged"].ruptures.get()
    evidence = rupture.evidence
    for name, change in {
        "withdrawal": {"kind": "withdrawal", "probability": 0.62},
        "confrontation": {"kind": "confrontation", "probability": 0.87},
        "unclear": {"kind": "unclear", "probability": 0.31},
        "one-pillar": {"kind": "", "pillars": ["goal"]},
        "therapist-only": {"kind": "", "pillars": [], "points": THERAPIST_ONLY},
    }.items():
        rupture.evidence = evidence | change
        rupture.save()
        page.goto(live_server.url + reverse("ratings:rupture", args=[rupture.code]))
        page.locator("summary").first.click()
        look(f"flag-{name}")


def test_each_note_that_is_no_flag(page, live_server, house, dana, sign_in, look, live_through):
    sign_in(dana)
    for name, levels, note in (
        ("ceiling", [4, 4, 4, 4], "these ratings cannot show strain"),
        ("early-low", [1, 1, 1], "lower than most clients' are"),
        ("gap", [3, 3, None, None, None, None], "Three sessions in a row without a check-in."),
    ):
        episode = make_episode(dana, name.title())
        live_through(episode, levels)
        page.goto(live_server.url + reverse("ratings:case", args=[episode.code]))
        assert note in page.inner_text("main")
        assert not episode.ruptures.exists()
        look(f"note-{name}")


def test_the_pages_of_a_supervisor(page, live_server, house, sam, sign_in, look):
    sign_in(sam)
    page.goto(live_server.url + reverse("ratings:caseload"))
    look("caseload")
    page.goto(live_server.url + reverse("ratings:caseload-all"))
    look("caseload-all")
    page.goto(live_server.url + reverse("ratings:caseload"))
    page.get_by_role("link", name="Juniper").first.click()
    assert COMMENT in page.inner_text("main")
    look("case-read-only")


def test_five_seconds_on_the_caseload(page, live_server, house, sam, sign_in):
    """The client, the therapist and the reason of what to talk about are on the first screen, on a phone and a desk."""
    sign_in(sam)
    for size in ({"width": 360, "height": 640}, {"width": 1280, "height": 720}):
        page.set_viewport_size(size)
        page.goto(live_server.url + reverse("ratings:caseload"))
        for entry in page.locator("#to-talk-about > li").all():
            assert entry.locator("header").inner_text().split("\n")[-1] == "Dana Whitlock"
            for said in (entry.locator("h2"), entry.locator("header .soft"), entry.locator(".mark")):
                box = said.bounding_box()
                assert box["y"] + box["height"] <= size["height"]


def test_the_pages_of_a_manager(page, live_server, house, mona, dana, noor, sign_in, look):
    sign_in(mona)
    for name, path in {
        "people": reverse("alliance:people"),
        "detection": reverse("ratings:detection-settings"),
        "questionnaires": reverse("ratings:questionnaires"),
        "invite": reverse("alliance:member-invite"),
        "assign": reverse("alliance:supervision-assign"),
        "case-supervise": reverse("alliance:case-supervise", args=[dana.code]),
        "export": reverse("ratings:export-make"),
        "member": reverse("alliance:member", args=[noor.code]),
        "member-end": reverse("ratings:member-end", args=[noor.code]),
    }.items():
        page.goto(live_server.url + path)
        look(name)
    page.goto(live_server.url + reverse("ratings:detection-settings"))
    page.locator("input[value=quiet]").check()
    page.get_by_role("button", name="See what would change").click()
    page.get_by_role("heading", name="What would change").wait_for()
    look("detection-preview")
    page.get_by_role("button", name="Use this from now on").click()
    page.get_by_role("link", name="Go back to the settings before").click()
    page.get_by_role("heading", name="Go back to the settings before").wait_for()
    look("detection-back")
    page.goto(live_server.url + reverse("alliance:member-invite"))
    page.locator("main form").evaluate("form => form.noValidate = true")
    page.locator("main form button").click()
    borders = "els => els.map(el => getComputedStyle(el).borderTopWidth)"
    assert page.locator("input[aria-invalid=true][type=text], input[type=email]").evaluate_all(borders) == ["2px"] * 2
    look("invite-error")


def test_the_bar_of_three_roles_leaves_half_a_phone_in_large_letters(page, live_server, millrace, sign_in):
    sign_in(make_member(millrace, "Ida Berg", "therapist supervisor manager"))
    page.set_viewport_size(PHONE)
    page.goto(live_server.url + reverse("alliance:help"))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    bar = page.locator("header.bar")
    assert bar.get_by_role("link").count() >= 8
    assert bar.bounding_box()["height"] <= PHONE["height"] / 2


def test_an_import_from_the_file_to_the_chart(page, live_server, house, dana, sign_in, look, tmp_path):
    """A therapist's own past ratings: a preview with the bad lines, then the cases with their charts and ruptures."""
    damaged = tmp_path / "damaged.csv"
    damaged.write_bytes((FILES / "openfit.csv").read_bytes().replace(b"2025-01-14", b"2025-01-99"))
    sign_in(dana)
    for file, name in ((damaged, "import-preview-bad"), (FILES / "openfit.csv", "import-preview")):
        page.goto(live_server.url + reverse("ratings:import-upload"))
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Preview").click()
        look(name)
    page.get_by_label("End the therapies that were last seen").uncheck()  # what ended long ago is in no list
    page.get_by_role("button", name="Import 19 sessions").click()
    page.get_by_role("link", name="0042").click()
    look("case-imported")
    assert page.locator(".log .below, .log .mended").count() == 2
    assert "Completely" not in page.locator("[data-figure]").first.inner_text()


def test_empty_pages(page, live_server, db, settings, sign_in, look):
    empty = make_practice("Weir House")
    therapist = make_member(empty, "Ida Berg", "therapist supervisor manager")
    sign_in(therapist)
    for name, path in {"today": "/today/", "cases": "/cases/", "caseload": "/caseload/", "people": "/people/"}.items():
        page.goto(live_server.url + path)
        look(f"{name}-empty")


def test_signing_in(page, live_server, db, look):
    page.goto(live_server.url + "/accounts/login/")
    look("sign-in")
    page.get_by_label("E-mail").fill("nobody@millrace.test")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    look("sign-in-error")
    page.goto(live_server.url + "/accounts/password/reset/")
    look("password-reset")


def test_the_pages_of_a_client(phone, live_server, house, dana, look, complaints):
    """Without a word from the console, from the form to the thank-you, the change and the used link."""
    heard = complaints(phone)
    check_in = CheckIn.objects.filter(ratings__rater=None).latest("therapy_session__starts_at")
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    address = live_server.url + reverse("links:check-in", args=[token])
    phone.goto(address)
    assert phone.title() == "Check-in"
    look("check-in", phone)
    phone.set_viewport_size({"width": 360, "height": 640})
    for question in phone.locator("fieldset").all()[:5]:
        question.get_by_role("radio").nth(3).check()
    phone.get_by_label("This is my own phone").check()
    phone.get_by_role("button", name="Send").click()
    look("check-in-sent", phone)
    phone.get_by_role("link", name="Change your answers").click()
    assert phone.locator("input[type=radio]:checked").count() == 5
    look("check-in-change", phone)
    assert heard == []
    phone.context.clear_cookies()
    assert phone.goto(address).status == 404
    look("link-gone", phone)


def test_what_a_client_may_get_wrong(phone, live_server, house, dana, look):
    check_in = CheckIn.objects.filter(ratings__rater=None).latest("therapy_session__starts_at")
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    address = live_server.url + reverse("links:check-in", args=[token])
    phone.goto(address)
    phone.get_by_role("button", name="Send").click()
    assert phone.title() == "Error: Check-in"
    look("check-in-error", phone)
    other_tab = phone.context.browser.new_context().new_page()
    other_tab.goto(address)
    phone.goto(address)
    for tab, answer in ((phone, 3), (other_tab, 0)):
        tab.locator("fieldset").first.get_by_role("radio").nth(answer).check()
        tab.get_by_label("Anything you want to say?").fill("<b>Not markup</b>")
        tab.get_by_role("button", name="Send").click()
    assert "already sent" in other_tab.get_by_role("heading", level=1).inner_text()
    assert "<b>Not markup</b>" in other_tab.inner_text("main")
    look("check-in-already", other_tab)
    other_tab.context.close()


def test_a_check_in_that_nobody_reads_any_more(phone, live_server, house, dana, look):
    """The therapist leaves while the client types: nothing is sent, nothing is lost, and there is somebody to call."""
    check_in = CheckIn.objects.filter(ratings__rater=None).latest("therapy_session__starts_at")
    token = links.mint_check_in_link(check_in=check_in, editor=None, channel="screen")
    phone.goto(live_server.url + reverse("links:check-in", args=[token]))
    phone.locator("fieldset").first.get_by_role("radio").nth(3).check()
    phone.get_by_label("Anything you want to say?").fill("I am not sure about the sheet.")
    Membership.objects.filter(pk=dana.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    phone.get_by_role("button", name="Send").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "Nobody reads this check-in any more."
    assert "I am not sure about the sheet." in phone.inner_text("main")
    assert phone.get_by_role("link", name="Call the practice").is_visible()
    look("check-in-unread-for-good", phone)


def test_the_charts_draw_in_silence_and_offer_no_upload(page, live_server, house, dana, sign_in, complaints):
    """Under the strict policy, with no button at all: the bundle's own default offers to share the chart."""
    heard = complaints(page)
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[house["flagged"].code]))
    settle(page)
    charts = page.locator("[data-figure]")
    assert charts.count() == 3
    assert page.locator(".modebar-btn").count() == 0
    assert "Chart Studio" not in page.locator("body").inner_text()
    for chart in charts.all():
        assert chart.get_attribute("role") == "img"
        assert chart.get_attribute("aria-label")
        options = chart.evaluate("el => ({...el._context})")
        assert (options["showSendToCloud"], options["plotlyServerURL"], options["displaylogo"]) == (False, "", False)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    assert heard == []


def test_the_table_below_a_chart_holds_the_same_points(page, live_server, house, dana, sign_in):
    sign_in(dana)
    page.goto(live_server.url + reverse("ratings:case", args=[house["flagged"].code]))
    settle(page)
    for chart, table in zip(page.locator("[data-figure]").all(), page.locator(".pillar table").all(), strict=True):
        drawn = chart.evaluate("el => el.data.find(t => t.name === 'client' && t.mode === 'lines').y")
        cells = [row.locator("td").first.text_content().strip() for row in table.locator("tbody tr").all()]
        assert [whole(value) for value in drawn] == cells


def test_signing_in_once_more(page, live_server, dana, sign_in, look):
    """What is asked before the way of signing in changes, and the pages behind it."""
    dana.user.set_password("seven calm herons")
    dana.user.save()
    sign_in(dana)
    page.goto(live_server.url + "/accounts/2fa/totp/activate/")
    look("sign-in-again")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.get_by_role("button", name="Go on").click()
    look("sign-in-again-error")
    page.get_by_label("Password", exact=True).fill("seven calm herons")
    page.get_by_role("button", name="Go on").click()
    look("two-step-on")
    TOTP.activate(dana.user, generate_totp_secret())
    page.goto(live_server.url + "/accounts/2fa/reauthenticate/?next=/accounts/2fa/totp/deactivate/")
    look("sign-in-again-by-app")
    page.get_by_label("Code", exact=True).fill("12345678")
    page.get_by_role("button", name="Go on").click()
    look("sign-in-again-by-app-error")
    for name in ("totp/deactivate", "recovery-codes/generate"):
        page.goto(f"{live_server.url}/accounts/2fa/{name}/")
        look(f"two-step-{name.partition('/')[2]}")
    for path, name in {"reauthenticate/code/": "by-mail-refused", "password/change/": "password-change"}.items():
        page.goto(f"{live_server.url}/accounts/{path}")
        look(f"sign-in-{name}")
    page.goto(live_server.url + "/accounts/reauthenticate/")
    for _ in range(8):  # ten a minute, with the three above
        page.get_by_label("Password", exact=True).fill("not this one")
        page.get_by_role("button", name="Go on").click()
    look("sign-in-too-often")
