"""Finding a case in a list: as one types, and with the button where there is no script."""

import pytest
from django.urls import reverse

from ratings import actions
from tests.factories import make_episode, make_supervision


@pytest.fixture
def house(live_server, dana, noor, sam, live_through):
    """Sam reads the cases of Dana and of Noor; one of Dana's is set aside, one has ended."""
    make_supervision(sam, therapist=noor)
    aside = make_episode(dana, "Juniper")
    live_through(aside, [3, 3, 3, 3, 3, 0, 0])
    actions.set_rupture_aside(rupture=aside.ruptures.get(), reason="She had moved house that week.", by=dana)
    live_through(make_episode(dana, "Sorrel"), [3, 3, 3, 3, 3])
    live_through(make_episode(noor, "Bramble"), [3, 3, None, None, None])
    ended = make_episode(dana, "Wren")
    live_through(ended, [3, 3, 3, 3, 3, 0, 0])
    actions.end_episode(episode=ended, reason="client", by=dana)


def names(page):
    return page.locator("#found th > a bdi, #found li a > span:first-child > bdi").all_inner_texts()


def test_the_list_narrows_as_one_types(page, live_server, house, sam, sign_in, complaints):
    heard = complaints(page)
    sign_in(sam)
    page.goto(live_server.url + reverse("ratings:caseload"))
    assert names(page) == ["Bramble", "Juniper", "Sorrel", "Wren"]
    page.evaluate("document.body.dataset.stayed = 'yes'")
    field = page.get_by_label("Find a case")
    field.press_sequentially("r")
    field.press_sequentially("e")
    page.wait_for_url("**/caseload/?name=re&therapist=")
    assert names(page) == ["Sorrel", "Wren"]
    assert page.get_by_role("status").inner_text() == "2 cases found."
    assert page.evaluate("[document.activeElement.id, document.body.dataset.stayed]") == ["find_name", "yes"]
    field.fill("")
    page.wait_for_url("**/caseload/?name=&therapist=")
    page.get_by_label("Therapist").select_option(label="Noor Haddad")
    page.wait_for_url("**/caseload/?name=&therapist=*-*")
    assert names(page) == ["Bramble"]
    assert page.evaluate("document.body.dataset.stayed") == "yes", "only the list was replaced"
    page.go_back()
    page.locator("#found").get_by_role("link", name="Juniper").wait_for()
    assert len(names(page)) == 4
    assert page.get_by_role("heading", level=1).count() == 1
    field.fill("wr")
    page.wait_for_url("**/caseload/?name=wr&therapist=")
    assert names(page) == ["Wren"]
    assert heard == []


def test_the_lists_with_a_search(page, live_server, house, sam, dana, sign_in, look):
    for member, pages in {
        sam: {"caseload-aside-ended": "/caseload/", "caseload-found-none": "/caseload/?name=x"},
        dana: {"cases-found": "/cases/?name=re"},
    }.items():
        sign_in(member)
        for name, path in pages.items():
            page.goto(live_server.url + path)
            look(name)


def test_without_a_script_the_button_does_it(browser, browser_context_args, live_server, house, dana, sign_in, page):
    sign_in(dana)
    context = browser.new_context(**browser_context_args | {"java_script_enabled": False})
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto(live_server.url + reverse("ratings:cases"))
    plain.get_by_label("Find a case").fill("sor")
    plain.get_by_role("button", name="Find").click()
    assert plain.url.endswith("/cases/?name=sor")
    assert plain.locator("#found th > a bdi").all_inner_texts() == ["Sorrel"]
    assert plain.get_by_label("Find a case").input_value() == "sor"
    context.close()
