"""Finding a case in a list: as one types, and with the button where there is no script."""

import pytest
from django.urls import reverse

from ratings.cases.actions import end_episode
from ratings.ruptures.actions import set_rupture_aside
from tests.factories import editor_of, make_episode, make_supervision


@pytest.fixture
def house(live_server, dana, noor, sam, live_through):
    """Sam reads the cases of Dana and of Noor; one of Dana's is set aside, one has ended."""
    make_supervision(sam, therapist=noor)
    aside = make_episode(dana, "Juniper")
    live_through(aside, [3, 3, 3, 3, 3, 0, 0])
    set_rupture_aside(editor=editor_of(aside), rupture=aside.ruptures.get(), reason="She had moved house that week.")
    live_through(make_episode(dana, "Sorrel"), [3, 3, 3, 3, 3])
    live_through(make_episode(noor, "Bramble"), [3, 3, None, None, None])
    ended = make_episode(dana, "Wren")
    live_through(ended, [3, 3, 3, 3, 3, 0, 0])
    end_episode(editor=editor_of(ended), reason="client")


def names(page):
    return page.locator("#found th > a bdi, #found li a > span:first-child > bdi").all_inner_texts()


def test_the_list_narrows_as_one_types(page, live_server, house, sam, sign_in, complaints):
    heard = complaints(page)
    sign_in(sam)
    page.goto(live_server.url + reverse("ratings:caseload-all"))
    assert names(page) == ["Bramble", "Juniper", "Sorrel"]
    page.evaluate("document.body.dataset.stayed = 'yes'")
    address, field = page.url, page.get_by_label("Find a case")

    def answered(do):
        with page.expect_response(address) as answer:
            do()
        answer.value.finished()
        page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")

    answered(lambda: field.press_sequentially("re"))
    assert names(page) == ["Sorrel"]
    assert page.get_by_role("status").inner_text() == "One case found."
    assert page.evaluate("[document.activeElement.id, document.body.dataset.stayed]") == ["find_name", "yes"]
    answered(lambda: field.fill(""))
    assert page.evaluate("document.body.dataset.stayed") == "yes", "only the list was replaced"
    assert page.url == address, "a name stays out of the address"
    page.get_by_label("Therapist").select_option(label="Noor Haddad")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/caseload/all/?therapist=*")
    assert names(page) == ["Bramble"]
    assert heard == []


def test_the_lists_with_a_search(page, live_server, house, sam, dana, sign_in, look):
    for member, path, sought in ((sam, "/caseload/all/", ""), (sam, "/caseload/all/", "x"), (dana, "/cases/", "re")):
        sign_in(member)
        page.goto(live_server.url + path)
        if sought:
            page.get_by_label("Find a case").fill(sought)
            page.get_by_role("button", name="Find").click()
            page.get_by_role("status").wait_for()
        look(f"{path.strip('/')}-found-{sought or 'all'}")


def test_without_a_script_the_button_does_it(browser, browser_context_args, live_server, house, dana, sign_in, page):
    sign_in(dana)
    context = browser.new_context(**browser_context_args | {"java_script_enabled": False})
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto(live_server.url + reverse("ratings:cases"))
    plain.get_by_label("Find a case").fill("sor")
    plain.get_by_role("button", name="Find").click()
    assert plain.url.endswith("/cases/")
    assert plain.locator("#found th > a bdi").all_inner_texts() == ["Sorrel"]
    assert plain.get_by_label("Find a case").input_value() == "sor"
    context.close()


def test_the_slash_leads_to_the_search_until_it_is_switched_off(page, live_server, house, dana, sign_in, complaints):
    heard = complaints(page)
    sign_in(dana)
    page.goto(live_server.url + "/cases/")
    field = page.get_by_label("Find a case")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find_name"
    page.keyboard.type("n/")
    assert field.input_value() == "n/", "in a field it is a letter like any other"
    page.goto(live_server.url + "/cases/")
    page.keyboard.press("Control+/")
    assert page.evaluate("document.activeElement.id") != "find_name"
    page.get_by_role("link", name="Switch it off").click()
    page.get_by_role("button", name="Switch keys off").click()
    page.goto(live_server.url + "/cases/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "find_name"
    assert heard == []


def test_filter_and_order_stay_in_the_address_and_a_search_within_them(page, live_server, house, dana, sign_in, look):
    sign_in(dana)
    page.goto(live_server.url + "/cases/")
    page.get_by_role("link", name="Flagged").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/?only=flagged&sort=look")
    page.goto(live_server.url + "/cases/?only=all&sort=name")
    assert names(page) == ["Juniper", "Sorrel", "Wren"]
    with page.expect_response("**/cases/?only=all&sort=name"):
        page.get_by_label("Find a case").press_sequentially("wrén")
    page.get_by_role("status").wait_for()
    assert names(page) == ["Wren"]
    assert page.url.endswith("/cases/?only=all&sort=name"), "a name stays out of the address"
    page.goto(live_server.url + "/cases/?only=ended")
    look("cases-ended")
