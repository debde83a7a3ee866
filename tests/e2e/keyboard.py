"""A hand that has no mouse."""

from playwright.sync_api import expect

MOST_TABS = 120  # to anything on a page, from its top


def tab_to(page, place):
    """Goes to a link, a box or a button by Tab alone, from the top of the page: it is in sight then, with a ring."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    for _step in range(MOST_TABS):
        page.keyboard.press("Tab")
        if place.evaluate("place => place === document.activeElement"):
            break
    expect(place).to_be_focused()
    expect(place).to_be_in_viewport()
    assert place.evaluate("place => place.matches(':focus-visible')")


def press(page, place, key="Enter"):
    """Goes there, and on to the page that it leads to."""
    tab_to(page, place)
    with page.expect_navigation():
        page.keyboard.press(key)


def fill(page, place, text):
    """Goes to a box and types; what stood there is replaced."""
    tab_to(page, place)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)
